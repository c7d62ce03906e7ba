// SPDX-License-Identifier: Apache-2.0
// Maps from names that the user chooses: checked, filled, written, overridden, described and compared entry by entry.
#include "document.h"

#include "config/help.h"
#include "config/option_reference.h"
#include "config/override.h"
#include "config/read.h"
#include "config/tree.h"
#include "config/write.h"

typedef struct place {
  const char *from;
  sp_strings file;
} place;

static const sp_option place_table[] = {{"from", SP_OPTION_STRING, offsetof(place, from), .help = "its name"},
                                        {"file", SP_OPTION_STRINGS, offsetof(place, file),
                                         .flags = SP_OPTION_OPTIONAL | SP_OPTION_CHANGEABLE, .help = "its files"},
                                        {0}};

typedef struct column {
  const place *place;
} column;

static const sp_option column_entry[] = {{"NAME", SP_OPTION_SECTION, offsetof(column, place), .flags = SP_OPTION_SHORT,
                                          .fields = place_table, .fields_size = sizeof(place), .help = "a column"},
                                         {0}};

typedef struct input {
  sp_shape shape;
} input;

static const sp_option input_entry[] = {
    {"NAME", SP_OPTION_SHAPE, offsetof(input, shape), .flags = SP_OPTION_OPTIONAL, .help = "an input"}, {0}};

typedef struct example {
  sp_entries columns, inputs;
} example;

static const sp_option table[] = {
    {"columns", SP_OPTION_ENTRIES, offsetof(example, columns), .flags = SP_OPTION_OPTIONAL, .fields = column_entry,
     .fields_size = sizeof(column), .help = "the columns"},
    {"inputs", SP_OPTION_ENTRIES, offsetof(example, inputs), .flags = SP_OPTION_OPTIONAL, .fields = input_entry,
     .fields_size = sizeof(input), .help = "the inputs"},
    {0}};

static const place *place_of(const example *e, int i) { return ((const column *)e->columns.item)[i].place; }

static void check_values(const example *e) {
  const input *in = e->inputs.item;
  assert_int_equal(e->columns.count, 2);
  assert_string_equal(e->columns.name[0], "weight");
  assert_string_equal(place_of(e, 0)->from, "/w");
  assert_int_equal(place_of(e, 0)->file.count, 0);
  assert_string_equal(e->columns.name[1], "Meta_2");
  assert_string_equal(place_of(e, 1)->from, "/m");
  assert_string_equal(place_of(e, 1)->file.item[0], "m.h5");
  assert_int_equal(e->inputs.count, 2);
  assert_string_equal(e->inputs.name[0], "a");
  assert_int_equal(in[0].shape.rank, 2);
  assert_int_equal(in[0].shape.extent[1], 5);
  assert_string_equal(e->inputs.name[1], "b");
  assert_int_equal(in[1].shape.rank, -1);  // unset
}

static void entries_are_filled_and_written(void **state) {
  (void)state;
  sp_document *resolved =
      resolve_with(table, "columns: {weight: /w, Meta_2: {from: /m, file: m.h5}, gone: ~}\ninputs: {a: [4, 5], b: ~}");
  example e;
  sp_text out = {0};
  sp_document_read(resolved, table, &e);
  check_values(&e);
  sp_document_write(resolved, &out);
  assert_non_null(strstr(out.data, "weight:\n    from: /w\n"));
  assert_non_null(strstr(out.data, "b: null"));
  sp_document *again = resolve_with(table, out.data);  // what is written says the same
  sp_document_read(again, table, &e);
  check_values(&e);
  sp_text_free(&out);
  sp_document_free(again);
  sp_document_free(resolved);

  resolved = resolve_with(table, "{}");
  sp_document_read(resolved, table, &e);
  assert_int_equal(e.columns.count, 0);
  assert_null(sp_document_find(resolved, "columns"));
  sp_document_free(resolved);
}

static void assert_set(const char *text, const char *assignment, const char *from, const char *file) {
  sp_document *document = NULL, *resolved = NULL;
  example e;
  assert_ok(sp_document_parse(text, strlen(text), "x.yaml", &document));
  assert_ok(sp_document_set(document, table, assignment));
  assert_ok(sp_document_resolve(document, table, &resolved));
  sp_document_read(resolved, table, &e);
  assert_int_equal(e.columns.count, from ? 1 : 0);
  if (from) assert_string_equal(place_of(&e, 0)->from, from);
  if (file) assert_string_equal(place_of(&e, 0)->file.item[0], file);
  sp_document_free(document);
  sp_document_free(resolved);
}

static void entries_are_overridden(void **state) {
  (void)state;
  assert_set("{}", "columns.weight=/w", "/w", NULL);
  assert_set("columns: {weight: /v}", "columns.weight=/w", "/w", NULL);
  assert_set("columns: {weight: /v}", "columns.weight.file=b.h5", "/v", "b.h5");  // the short form is written out
  assert_set("columns: {weight: values}", "columns.weight.file=b.h5", "values", "b.h5");
  assert_set("columns: {weight: '5'}", "columns.weight.from=/w", "/w", NULL);
  assert_set("columns: {weight: {from: /v, file: a.h5}}", "columns.weight.file=b.h5", "/v", "b.h5");
  assert_set("columns: {weight: /v}", "columns.weight=~", NULL, NULL);
}

static void refused(const char *text, const char *message) { assert_refused(table, text, message); }

static void what_is_wrong_has_its_place(void **state) {
  (void)state;
  refused("columns: [a]", "x.yaml:1:1: columns: expected a map of names and values, got a list");
  refused("columns: a", "x.yaml:1:1: columns: expected a map of names and values, got 'a'");
  refused("columns:\n  w: [a]", "x.yaml:2:3: columns.w: expected a string or a map, got a list");
  refused("columns:\n  w: {}", "x.yaml:2:3: columns.w.from: missing, expected a string");
  refused("columns: {w: {from: /w, fiel: a}}", "x.yaml:1:25: columns.w.fiel: unknown key (did you mean 'file'?)");
  refused("columns: {a-b: /w}", "x.yaml:1:11: columns.a-b: expected a name of 1 to 63 letters, digits and _");
  refused(
      "columns: {a1234567890123456789012345678901234567890123456789012345678901234: /w}",
      "x.yaml:1:11: columns.a1234567890123456789012345678901234567890123456789012345678901234: expected a name of 1 "
      "to 63 letters, digits and _");
  refused("inputs: {a: [0]}", "x.yaml:1:14: inputs.a[0]: expected an integer in [1, inf), got 0");
}

static void differences_are_found(void **state) {
  (void)state;
  assert_differ(table, "columns: {a: /a, b: /b}", "columns: {b: {from: /b}, a: /a}", "");
  assert_differ(table, "columns: {a: /a}", "columns: {a: /b, c: /c}",
                "columns.a.from: /a -> /b\ncolumns.c: (none) -> {from: /c}\n");
  assert_differ(table, "columns: {a: {from: /a, file: a.h5}}", "columns: {a: {from: /a, file: b.h5}}",
                "columns.a.file: [a.h5] -> [b.h5] (changeable)\n");
  assert_differ(table, "columns: {a: /a, b: /b}", "columns: {a: /a}", "columns.b: {from: /b} -> (none)\n");
  assert_differ(table, "inputs: {a: ~, b: 2, c: ~}", "inputs: {a: 2, b: ~, c: ~}",
                "inputs.a: null -> [2]\ninputs.b: [2] -> null\n");
}

static void entries_are_described(void **state) {
  (void)state;
  sp_text help = {0}, reference = {0};
  sp_options_help(&help, table, 0);
  assert_non_null(strstr(help.data, "columns   map of names and values, optional\n"));
  assert_non_null(strstr(help.data, "NAME      string or a map\n"));
  assert_non_null(strstr(help.data, "from      string, required\n"));
  assert_ok(sp_options_reference(&reference, table, "inputs: {a: [4, 5], b: ~}"));
  assert_non_null(strstr(reference.data, "# columns:"));
  assert_non_null(strstr(reference.data, "#   NAME:"));
  assert_non_null(strstr(reference.data, "#     from:"));
  assert_non_null(strstr(reference.data, "\n  a: [4, 5]"));
  assert_non_null(strstr(reference.data, "\n  b: null"));
  sp_document_free(resolve_with(table, reference.data));  // valid
  sp_text_free(&help);
  sp_text_free(&reference);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(entries_are_filled_and_written), cmocka_unit_test(entries_are_overridden),
      cmocka_unit_test(what_is_wrong_has_its_place),    cmocka_unit_test(differences_are_found),
      cmocka_unit_test(entries_are_described),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
