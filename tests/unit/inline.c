// SPDX-License-Identifier: Apache-2.0
// A variant whose name is a key next to the other options of its section.
#include "document.h"

#include "config/compare.h"
#include "config/read.h"
#include "config/write.h"

typedef struct rule_options {
  double lr;
} rule_options;

static const sp_option rule_table[] = {
    {"lr", SP_OPTION_REAL, offsetof(rule_options, lr), "0.1", "(0, inf)", .help = "learning rate"}, {0}};
static const sp_variant fast = {
    .name = "fast", .help = "a rule", .options = rule_table, .options_size = sizeof(rule_options)};
static const sp_variant plain = {.name = "plain", .help = "a rule without options"};
static const sp_variant *const rules[] = {&fast, &plain, NULL};

typedef struct steering {
  sp_selected rule;
  double clip;
} steering;

static const sp_option steering_table[] = {
    {"rule", SP_OPTION_VARIANT, offsetof(steering, rule), "fast", .flags = SP_OPTION_INLINE, .variants = rules},
    {"clip", SP_OPTION_REAL, offsetof(steering, clip), "none", "none|(0, inf)", .flags = SP_OPTION_CHANGEABLE},
    {0}};

typedef struct example {
  const steering *optimizer;
} example;

static const sp_option table[] = {{"optimizer", SP_OPTION_SECTION, offsetof(example, optimizer),
                                   .fields = steering_table, .fields_size = sizeof(steering)},
                                  {0}};

static sp_document *resolve(const char *text) { return resolve_with(table, text); }

static void assert_resolves(const char *text, const char *name, const char *written) {
  sp_document *resolved = resolve(text);
  example e;
  sp_text out = {0};
  sp_document_read(resolved, table, &e);
  assert_string_equal(e.optimizer->rule.type->name, name);
  assert_string_equal(e.optimizer->rule.path, "optimizer");
  sp_document_write(resolved, &out);
  assert_string_equal(sp_text_string(&out), written);
  sp_document *again = resolve(out.data);  // what is written says the same
  sp_text_free(&out);
  sp_document_write(again, &out);
  assert_string_equal(sp_text_string(&out), written);
  sp_text_free(&out);
  sp_document_free(again);
  sp_document_free(resolved);
}

static void names_stand_beside_options(void **state) {
  (void)state;
  const char *fast_written = "optimizer:\n  fast:\n    lr: 0.1\n  clip: none\n";
  assert_resolves("{}", "fast", fast_written);
  assert_resolves("optimizer: fast", "fast", fast_written);
  assert_resolves("optimizer: {}", "fast", fast_written);
  assert_resolves("optimizer: {fast: ~}", "fast", fast_written);
  assert_resolves("optimizer: {fast: 0.5}", "fast", "optimizer:\n  fast:\n    lr: 0.5\n  clip: none\n");
  assert_resolves("optimizer: {clip: 2, fast: {lr: 3}}", "fast", "optimizer:\n  fast:\n    lr: 3\n  clip: 2\n");
  assert_resolves("optimizer: {plain: ~, clip: 2}", "plain", "optimizer:\n  plain: {}\n  clip: 2\n");
  assert_resolves("optimizer: plain", "plain", "optimizer:\n  plain: {}\n  clip: none\n");
}

static void refused(const char *text, const char *message) { assert_refused(table, text, message); }

static void what_is_wrong_has_its_place(void **state) {
  (void)state;
  refused("optimizer: {fast: {lr: 0}}", "x.yaml:1:20: optimizer.fast.lr: expected a number in (0, inf), got 0");
  refused("optimizer: {fast: ~, plain: ~}",
          "x.yaml:1:22: optimizer.plain: 'fast' is selected already, expected only one of them");
  refused("optimizer: {fats: {lr: 1}}", "x.yaml:1:13: optimizer.fats: unknown key (did you mean 'fast'?)");
  refused("optimizer: fats", "x.yaml:1:1: optimizer: expected one of fast, plain, got 'fats' (did you mean 'fast'?)");
  refused("optimizer: {rule: fast}", "x.yaml:1:13: optimizer.rule: unknown key (known: fast, plain, clip)");
  refused("optimizer: {plain: 3}", "x.yaml:1:13: optimizer.plain: takes no options");
  refused("optimizer: [fast]", "x.yaml:1:1: optimizer: expected a map, got a list");
}

static void differences_are_found(void **state) {
  (void)state;
  assert_differ(table, "optimizer: fast", "optimizer: {fast: {lr: 1.0e-1}}", "");
  assert_differ(table, "optimizer: fast", "optimizer: {fast: 2, clip: 3}",
                "optimizer.fast.lr: 0.1 -> 2\noptimizer.clip: none -> 3 (changeable)\n");
  assert_differ(table, "optimizer: plain", "optimizer: plain", "");
  sp_document *a = resolve("optimizer: plain"), *b = resolve("optimizer: fast");
  sp_text found = {0};
  sp_document_compare(a, b, table, add_difference, &found);
  assert_non_null(strstr(sp_text_string(&found), "optimizer: "));
  sp_text_free(&found);
  sp_document_free(a);
  sp_document_free(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_stand_beside_options),
      cmocka_unit_test(what_is_wrong_has_its_place),
      cmocka_unit_test(differences_are_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
