// SPDX-License-Identifier: Apache-2.0
// A list of sections: checked, filled, written and compared item by item.
#include "document.h"

#include "config/read.h"
#include "config/write.h"

typedef struct group {
  const char *name;
  double lr;
} group;

static const sp_option group_table[] = {
    {"name", SP_OPTION_STRING, offsetof(group, name), .help = "its name"},
    {"lr", SP_OPTION_REAL, offsetof(group, lr), "0.5", "[0, inf)", .help = "learning rate"},
    {0}};

typedef struct example {
  sp_section_list groups;
} example;

static const sp_option table[] = {{"groups", SP_OPTION_SECTIONS, offsetof(example, groups), "[]", .fields = group_table,
                                   .fields_size = sizeof(group)},
                                  {0}};

static sp_document *resolve(const char *text) { return resolve_with(table, text); }

static void items_are_filled_and_written(void **state) {
  (void)state;
  sp_document *resolved = resolve("groups: [{name: a}, {lr: 2, name: b}]");
  example e;
  sp_text out = {0};
  sp_document_read(resolved, table, &e);
  const group *item = e.groups.item;
  assert_int_equal(e.groups.count, 2);
  assert_string_equal(item[0].name, "a");
  assert_true(item[0].lr == 0.5);
  assert_string_equal(item[1].name, "b");
  assert_true(item[1].lr == 2);
  sp_document_write(resolved, &out);
  sp_document *again = resolve(out.data);  // what is written says the same
  assert_non_null(strstr(out.data, "lr: 0.5"));
  sp_text_free(&out);
  sp_document_read(again, table, &e);
  assert_int_equal(e.groups.count, 2);
  sp_document_free(again);
  sp_document_free(resolved);

  resolved = resolve("{}");
  sp_document_read(resolved, table, &e);
  assert_int_equal(e.groups.count, 0);
  sp_document_free(resolved);
}

static void refused(const char *text, const char *message) { assert_refused(table, text, message); }

static void what_is_wrong_has_its_place(void **state) {
  (void)state;
  refused("groups: {name: a}", "x.yaml:1:1: groups: expected a list of maps, got a map");
  refused("groups: a", "x.yaml:1:1: groups: expected a list of maps, got 'a'");
  refused("groups: [a]", "x.yaml:1:10: groups[0]: expected a map, got 'a'");
  refused("groups: [{name: a}, {lr: 1}]", "x.yaml:1:21: groups[1].name: missing, expected a string");
  refused("groups: [{name: a, lr: -1}]", "x.yaml:1:20: groups[0].lr: expected a number in [0, inf), got -1");
  refused("groups: [{name: a, rl: 1}]", "x.yaml:1:20: groups[0].rl: unknown key (did you mean 'lr'?)");
}

static void differences_are_found(void **state) {
  (void)state;
  assert_differ(table, "groups: [{name: a}]", "groups: [{name: a, lr: 5.0e-1}]", "");
  assert_differ(table, "groups: [{name: a}]", "groups: [{name: b, lr: 1}]",
                "groups[0].name: a -> b\ngroups[0].lr: 0.5 -> 1\n");
  assert_differ(table, "groups: []", "groups: [{name: b, lr: 1}]", "groups: [] -> [{name: b, lr: 1}]\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(items_are_filled_and_written),
      cmocka_unit_test(what_is_wrong_has_its_place),
      cmocka_unit_test(differences_are_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
