// SPDX-License-Identifier: Apache-2.0
// Demands on every update rule, with every combination of its options.
#include "rules.h"

#include <float.h>

#include "base/memory.h"
#include "compute/normal.h"

enum { VALUES = 131, STEPS = 50, MOST_PIECES = 7 };

static const sp_dtype precisions[] = {SP_FLOAT32, SP_FLOAT64};

/// A second value for an option: the other truth, the last word; 0 where the range starts with it, else inside.
static const char *other_value(const sp_option *option) {
  if (option->kind == SP_OPTION_BOOL) return strcmp(option->preset, "true") == 0 ? "false" : "true";
  if (option->kind == SP_OPTION_CHOICE) return strrchr(option->range, '|') + 1;
  if (option->kind == SP_OPTION_INT) return "2";
  return option->range[0] == '[' && strtod(option->preset, NULL) != 0 ? "0" : "0.25";
}

/// Call `demand` with every rule, every combination of defaults and other values, and both precisions.
static void with_every_rule(void (*demand)(const chosen_rule *, sp_dtype)) {
  int tried = 0;
  for (const sp_variant *const *type = sp_rules; *type; type++) {
    unsigned options = 0;
    while ((*type)->options[options].name) options++;
    for (unsigned others = 0; others < 1u << options; others++) {
      chosen_rule rule;
      choose_defaults(*type, &rule);
      for (unsigned i = 0; i < options; i++) {
        const sp_option *option = &(*type)->options[i];
        if (others >> i & 1) set_option(&rule, option->name, other_value(option));
      }
      if (sp_rule_check(&rule.selected) != SP_OK) continue;
      for (int p = 0; p < 2; p++) demand(&rule, precisions[p]);
      tried++;
    }
  }
  assert_true(tried > 1);
}

/// One array for everything a rule changes: VALUES of p, then VALUES of each slot.
static void *make_state(const chosen_rule *rule, sp_dtype precision, sp_update *update, int64_t *values) {
  int slots = sp_rule_of(&rule->selected)->slots(rule->options);
  assert_in_range(slots, 0, SP_MAX_SLOTS);
  void *state = NULL;
  *values = (slots + 1) * VALUES;
  assert_ok(sp_allocate(*values, sp_dtype_size(precision), "state", &state));
  *update = (sp_update){.n = VALUES, .p = state, .scale = 1.0 / 32, .lr_factor = 1};
  for (int s = 0; s < slots; s++) {
    update->slot[s] = (char *)state + (size_t)((s + 1) * VALUES) * sp_dtype_size(precision);
    sp_rule_start_slot(&rule->selected, precision, s, VALUES, update->slot[s]);
  }
  return state;
}

static void fill_normal(sp_dtype precision, void *array, uint64_t stream) {
  sp_random_key key = sp_random_key_make(7, SP_RANDOM_DATA, stream);
  for (int64_t i = 0; i < VALUES; i++) set_value(precision, array, i, sp_normal(key, (uint64_t)i));
}

/// p and slots after STEPS steps from a fixed start; the caller frees them. Every ninth gradient is 0.
static void *run(const chosen_rule *rule, sp_dtype precision, int pieces, int64_t *values) {
  static double start[2][VALUES], gradients[2][STEPS][VALUES];
  int kind = precision == SP_FLOAT64;
  if (value_at(precision, start[kind], 0) == 0) {
    fill_normal(precision, start[kind], 0);
    for (int t = 0; t < STEPS; t++) {
      fill_normal(precision, gradients[kind][t], (uint64_t)t + 1);
      for (int64_t i = 0; i < VALUES; i += 9) set_value(precision, gradients[kind][t], i, 0);
    }
  }

  sp_update update;
  void *state = make_state(rule, precision, &update, values);
  memcpy(state, start[kind], VALUES * sp_dtype_size(precision));
  for (int t = 0; t < STEPS; t++) {
    update.gradient = (sp_addends){gradients[kind][t], NULL};
    update.step = t + 1;
    update_in_pieces(rule, precision, &update, pieces);
  }
  return state;
}

/// Nor on how often it is computed.
static void bits_do_not_depend_on_pieces(const chosen_rule *rule, sp_dtype precision) {
  int64_t values = 0;
  void *whole = run(rule, precision, 1, &values);
  for (int pieces = 1; pieces <= MOST_PIECES; pieces++) {
    void *cut = run(rule, precision, pieces, &values);
    assert_memory_equal(whole, cut, (size_t)values * sp_dtype_size(precision));
    free(cut);
  }
  free(whole);
}

static void parameters_stay_finite(const chosen_rule *rule, sp_dtype precision) {
  int64_t values = 0;
  void *state = run(rule, precision, 1, &values);
  for (int64_t i = 0; i < values; i++) assert_true(isfinite(value_at(precision, state, i)));
  free(state);
}

static void no_values_are_legal(const chosen_rule *rule, sp_dtype precision) {
  const sp_update none = {.n = 0, .scale = 1, .lr_factor = 1, .step = 1};
  update_in_pieces(rule, precision, &none, 1);
}

/// STEPS steps without any gradient, from p as it is.
static void run_without_gradient(const chosen_rule *rule, sp_dtype precision, sp_update *update) {
  static const double zeros[VALUES];
  update->gradient = (sp_addends){zeros, NULL};
  for (update->step = 1; update->step <= STEPS; update->step++) update_in_pieces(rule, precision, update, 1);
}

static bool decays(const chosen_rule *rule) {
  for (const sp_option *option = rule->selected.type->options; option->name; option++) {
    if (strcmp(option->name, "weight_decay") == 0) return *(const double *)(rule->options + option->offset) > 0;
  }
  return false;
}

/// Without weight decay, what never has a gradient keeps its bits.
static void no_gradient_no_change(const chosen_rule *rule, sp_dtype precision) {
  if (decays(rule)) return;
  int64_t values = 0;
  sp_update update;
  double before[VALUES];
  void *state = make_state(rule, precision, &update, &values);
  fill_normal(precision, state, 0);
  memcpy(before, state, VALUES * sp_dtype_size(precision));
  run_without_gradient(rule, precision, &update);
  assert_memory_equal(state, before, VALUES * sp_dtype_size(precision));
  free(state);
}

/// The gaps between tensors are zeros with zero gradients: they stay so with any options.
static void padding_stays_zero(const chosen_rule *rule, sp_dtype precision) {
  int64_t values = 0;
  sp_update update;
  void *state = make_state(rule, precision, &update, &values);
  run_without_gradient(rule, precision, &update);
  for (int64_t i = 0; i < VALUES; i++) assert_true(value_at(precision, state, i) == 0);
  sp_update fresh;
  void *start = make_state(rule, precision, &fresh, &values);
  assert_memory_equal(state, start, (size_t)values * sp_dtype_size(precision));
  free(start);
  free(state);
}

/// A resumed run computes the memo directly, or from that of a later step, with the same bits as step by step.
static void memos_depend_on_the_step_alone(const chosen_rule *rule, sp_dtype precision) {
  (void)precision;
  sp_rule_memo each = {0}, back = {0};
  for (int64_t step = 1; step <= 2 * STEPS; step++) {
    sp_rule_memo once = {0};
    sp_rule_advance(&rule->selected, step, &each);
    sp_rule_advance(&rule->selected, step, &once);
    assert_memory_equal(&each, &once, sizeof(once));
    sp_rule_advance(&rule->selected, 3 * STEPS, &back);
    sp_rule_advance(&rule->selected, step, &back);
    assert_memory_equal(&each, &back, sizeof(back));
  }
}

/// p and slots after five steps with a factor of lr; the caller frees them.
static void *run_with_factor(const chosen_rule *rule, sp_dtype precision, double factor, int64_t *values) {
  sp_update update;
  double gradient[VALUES];
  void *state = make_state(rule, precision, &update, values);
  fill_normal(precision, state, 0);
  fill_normal(precision, gradient, 1);
  update.gradient = (sp_addends){gradient, NULL};
  update.lr_factor = factor;
  for (update.step = 1; update.step <= 5; update.step++) update_in_pieces(rule, precision, &update, 1);
  return state;
}

/// The schedule's factor counts as part of lr, in weight decay too: two ways to halve lr end in the same bits, and not
/// in those of the whole lr.
static void the_factor_of_lr_is_part_of_it(const chosen_rule *rule, sp_dtype precision) {
  chosen_rule halved = *rule;
  const sp_option *lr = rule->selected.type->options;
  halved.selected.options = halved.options;
  assert_string_equal(lr->name, "lr");
  *(double *)(void *)(halved.options + lr->offset) *= 0.5;

  int64_t values = 0;
  void *by_factor = run_with_factor(rule, precision, 0.5, &values),
       *by_lr = run_with_factor(&halved, precision, 1, &values);
  void *whole = run_with_factor(rule, precision, 1, &values);
  assert_memory_equal(by_factor, by_lr, (size_t)values * sp_dtype_size(precision));
  assert_memory_not_equal(by_factor, whole, VALUES * sp_dtype_size(precision));
  free(by_factor);
  free(by_lr);
  free(whole);
}

static void slots_have_names_of_their_own(const chosen_rule *rule, sp_dtype precision) {
  (void)precision;
  const sp_rule *about = sp_rule_of(&rule->selected);
  int slots = about->slots(rule->options);
  for (int a = 0; a < slots; a++) {
    for (int b = 0; b < a; b++) {
      assert_string_not_equal(about->slot_name(rule->options, a), about->slot_name(rule->options, b));
    }
  }
}

/// Make one step from a fixed start, and return whether all sums are finite. The caller frees the state.
static bool step_with(const chosen_rule *rule, sp_dtype precision, sp_addends gradient, void **state, int64_t *values) {
  sp_update update;
  sp_rule_memo memo = {0};
  *state = make_state(rule, precision, &update, values);
  fill_normal(precision, *state, 0);
  sp_rule_advance(&rule->selected, 1, &memo);
  update.memo = &memo;
  update.step = 1;
  update.gradient = gradient;
  return sp_rule_update(&rule->selected, precision, &update);
}

/// A step with two addends gives the same bits as one with their sum.
static void the_last_addition_is_that_of_the_precision(const chosen_rule *rule, sp_dtype precision) {
  double a[VALUES], b[VALUES], sum[VALUES];
  void *added, *whole;
  int64_t values = 0;
  fill_normal(precision, a, 1);
  fill_normal(precision, b, 2);
  set_value(precision, a, 0, -0.0), set_value(precision, b, 0, -0.0);
  for (int64_t i = 0; i < VALUES; i++) {
    set_value(precision, sum, i, value_at(precision, a, i) + value_at(precision, b, i));
  }
  assert_true(step_with(rule, precision, (sp_addends){a, b}, &added, &values));
  assert_true(step_with(rule, precision, (sp_addends){sum, NULL}, &whole, &values));
  assert_memory_equal(added, whole, (size_t)values * sp_dtype_size(precision));
  free(added);
  free(whole);
}

/// One sum of many that is not finite is reported, wherever it is, and counts as 0.
static void a_sum_that_is_not_finite_counts_as_0(const chosen_rule *rule, sp_dtype precision) {
  const double largest = precision == SP_FLOAT32 ? FLT_MAX : DBL_MAX;
  const double pairs[][2] = {{NAN, 1}, {1, -NAN}, {INFINITY, 1}, {-1, -INFINITY}, {largest, largest}};
  for (int64_t place = 0; place < VALUES; place += 13) {
    const double *pair = pairs[place / 13 % 5];
    double a[VALUES], b[VALUES];
    void *broken, *zero;
    int64_t values = 0;
    fill_normal(precision, a, 1);
    fill_normal(precision, b, 2);
    set_value(precision, a, place, pair[0]), set_value(precision, b, place, pair[1]);
    assert_false(step_with(rule, precision, (sp_addends){a, b}, &broken, &values));
    set_value(precision, a, place, 0), set_value(precision, b, place, 0);
    assert_true(step_with(rule, precision, (sp_addends){a, b}, &zero, &values));
    assert_memory_equal(broken, zero, (size_t)values * sp_dtype_size(precision));
    free(broken);
    free(zero);
  }
}

#define EVERY_RULE(demand)                    \
  static void rules_##demand(void **unused) { \
    (void)unused;                             \
    with_every_rule(demand);                  \
  }

EVERY_RULE(bits_do_not_depend_on_pieces)
EVERY_RULE(parameters_stay_finite)
EVERY_RULE(no_values_are_legal)
EVERY_RULE(no_gradient_no_change)
EVERY_RULE(padding_stays_zero)
EVERY_RULE(slots_have_names_of_their_own)
EVERY_RULE(memos_depend_on_the_step_alone)
EVERY_RULE(the_factor_of_lr_is_part_of_it)
EVERY_RULE(the_last_addition_is_that_of_the_precision)
EVERY_RULE(a_sum_that_is_not_finite_counts_as_0)

/// By default p falls where the gradient is positive, and rises where it is negative.
static void rules_go_downhill(void **unused) {
  (void)unused;
  for (const sp_variant *const *type = sp_rules; *type; type++) {
    for (int k = 0; k < 2; k++) {
      int64_t values = 0;
      sp_update update;
      chosen_rule rule;
      double gradient[VALUES];
      choose_defaults(*type, &rule);
      void *state = make_state(&rule, precisions[k], &update, &values);
      fill_normal(precisions[k], gradient, 0);
      update.gradient = (sp_addends){gradient, NULL};
      update.step = 1;
      update_in_pieces(&rule, precisions[k], &update, 1);
      for (int64_t i = 0; i < VALUES; i++) {
        assert_true(value_at(precisions[k], state, i) * value_at(precisions[k], gradient, i) < 0);
      }
      free(state);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rules_bits_do_not_depend_on_pieces),
      cmocka_unit_test(rules_parameters_stay_finite),
      cmocka_unit_test(rules_no_values_are_legal),
      cmocka_unit_test(rules_no_gradient_no_change),
      cmocka_unit_test(rules_padding_stays_zero),
      cmocka_unit_test(rules_slots_have_names_of_their_own),
      cmocka_unit_test(rules_memos_depend_on_the_step_alone),
      cmocka_unit_test(rules_the_factor_of_lr_is_part_of_it),
      cmocka_unit_test(rules_the_last_addition_is_that_of_the_precision),
      cmocka_unit_test(rules_a_sum_that_is_not_finite_counts_as_0),
      cmocka_unit_test(rules_go_downhill),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
