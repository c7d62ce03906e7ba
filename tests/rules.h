// SPDX-License-Identifier: Apache-2.0
// Shared by the tests of update rules: selecting a rule by its text in a configuration, and running it on a vector in
// several parts.
#ifndef SP_TESTS_RULES_H
#define SP_TESTS_RULES_H

#include <stdbool.h>

#include "base/share.h"
#include "check.h"
#include "optim/rule.h"

/// A rule with its options. `selected.options` points into it, so it is not copied.
typedef struct chosen_rule {
  sp_selected selected;
  _Alignas(max_align_t) char options[512];
} chosen_rule;

static inline void set_option(chosen_rule *rule, const char *name, const char *value) {
  const sp_option *option = rule->selected.type->options;
  while (option->name && strcmp(option->name, name) != 0) option++;
  if (!option->name) fail_msg("%s has no option %s", rule->selected.type->name, name);

  void *member = rule->options + option->offset;
  if (option->kind == SP_OPTION_REAL) {
    *(double *)member = strtod(value, NULL);
  } else if (option->kind == SP_OPTION_INT) {
    *(int64_t *)member = strtoll(value, NULL, 10);
  } else if (option->kind == SP_OPTION_BOOL) {
    *(bool *)member = strcmp(value, "true") == 0;
  } else if (option->kind == SP_OPTION_CHOICE) {
    const char *found = strstr(option->range, value);
    assert_non_null(found);
    *(int *)member = 0;
    for (const char *c = option->range; c < found; c++) *(int *)member += *c == '|';
  } else {
    fail_msg("option %s is of a kind that no rule has had so far", name);
  }
}

static inline void choose_defaults(const sp_variant *type, chosen_rule *out) {
  assert_true(type->options_size <= sizeof(out->options));
  memset(out, 0, sizeof(*out));
  out->selected = (sp_selected){.type = type, .options = out->options, .path = "optimizer"};
  for (const sp_option *option = type->options; option->name; option++) set_option(out, option->name, option->preset);
}

/// "rmsprop: {momentum: 0.9, centered: true}"; what is not named has its default.
static inline void choose_rule(const char *text, chosen_rule *out) {
  char copy[512], *rest = NULL;
  assert_true(strlen(text) < sizeof(copy));
  memcpy(copy, text, strlen(text) + 1);

  const char *name = strtok_r(copy, " :{},", &rest);
  const sp_variant *type = NULL;
  for (const sp_variant *const *v = sp_rules; *v; v++) type = strcmp((*v)->name, name) == 0 ? *v : type;
  assert_non_null(type);
  choose_defaults(type, out);
  for (const char *key; (key = strtok_r(NULL, " :{},", &rest));) {
    const char *value = strtok_r(NULL, " :{},", &rest);
    assert_non_null(value);
    set_option(out, key, value);
  }
}

/// One step over n values, made in `pieces` calls. slot[i] holds n values.
static inline void update_in_pieces(const chosen_rule *rule, sp_dtype precision, const sp_update *whole, int pieces) {
  size_t size = sp_dtype_size(precision);
  int slots = sp_rule_of(&rule->selected)->slots(rule->selected.options);
  sp_rule_memo memo = {0};
  sp_rule_advance(&rule->selected, whole->step, &memo);
  for (int i = 0; i < pieces; i++) {
    int64_t begin = sp_share_begin(whole->n, pieces, i), end = sp_share_begin(whole->n, pieces, i + 1);
    sp_update piece = *whole;
    piece.memo = &memo;
    piece.n = end - begin;
    piece.p = (char *)whole->p + (size_t)begin * size;
    piece.gradient = sp_addends_from(whole->gradient, (size_t)begin * size);
    for (int s = 0; s < slots; s++) piece.slot[s] = (char *)whole->slot[s] + (size_t)begin * size;
    sp_rule_update(&rule->selected, precision, &piece);
  }
}

/// Element i of an array of the precision.
static inline double value_at(sp_dtype precision, const void *array, int64_t i) {
  return precision == SP_FLOAT32 ? (double)((const float *)array)[i] : ((const double *)array)[i];
}

static inline void set_value(sp_dtype precision, void *array, int64_t i, double value) {
  if (precision == SP_FLOAT32) {
    ((float *)array)[i] = (float)value;
  } else {
    ((double *)array)[i] = value;
  }
}

#endif
