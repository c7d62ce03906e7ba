// SPDX-License-Identifier: Apache-2.0
// Schedules: cases without reference values of PyTorch (see golden/schedules.c), and errors.
#include "schedules.h"

enum { STEPS = 100 };

static double factor_at(const sp_schedule_options *schedule, int64_t step, int64_t reductions) {
  return sp_schedule_factor(schedule, &(sp_schedule_place){step, 10, STEPS, reductions});
}

static void by_hand(void **unused) {
  (void)unused;
  const sp_schedule_options *s;
  sp_document *document = read_schedule(
      "{inverse_sqrt: {scale: 25 steps}, warmup: 1 epoch, warmup_from: 0.01, warmup_shape: exponential}", &s);
  assert_near(factor_at(s, 0, 0), 0.01, 1e-15);
  assert_near(factor_at(s, 5, 0), 0.1, 1e-15);
  assert_true(factor_at(s, 10, 0) == 1);
  assert_near(factor_at(s, 85, 0), 0.5, 1e-15);
  sp_document_free(document);
  document = read_schedule("{}", &s);
  assert_true(sp_schedule_is_constant(s));
  assert_true(factor_at(s, 7, 3) == 1);
  sp_document_free(document);
}

/// No update is made with a learning rate of 0, and the last one of the warm-up has all of it.
static void a_warmup_from_0_wastes_no_step(void **unused) {
  (void)unused;
  const sp_schedule_options *s;
  sp_document *document = read_schedule("{warmup: 4 steps, warmup_from: 0}", &s);
  const double expected[] = {0.25, 0.5, 0.75, 1, 1};
  for (int step = 0; step < 5; step++) assert_true(factor_at(s, step, 0) == expected[step]);
  sp_document_free(document);
}

/// When a run is made longer, a schedule with a length is unchanged and keeps its last value; one without is stretched.
static void a_length_is_independent_of_the_run(void **unused) {
  (void)unused;
  static const struct {
    const char *free, *fixed;
    double last;
  } cases[] = {
      {"{cosine: {end: 0.1}, warmup: 1 epoch}", "{cosine: {end: 0.1, length: 90 steps}, warmup: 1 epoch}", 0.1},
      {"{polynomial: {end: 0.2, power: 2}}", "{polynomial: {end: 0.2, power: 2, length: 10 epochs}}", 0.2},
      {"one_cycle", "{one_cycle: {length: 100 steps}}", 4e-6},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const sp_schedule_options *s, *fixed;
    sp_document *document = read_schedule(cases[i].free, &s), *other = read_schedule(cases[i].fixed, &fixed);
    assert_ok(sp_schedule_check(fixed));
    for (int64_t step = 0; step < STEPS; step++) {
      sp_schedule_place longer = {step, 10, 3 * STEPS, 0};
      double factor = factor_at(s, step, 0);
      assert_true(sp_schedule_factor(fixed, &longer) == factor);
      if (step == STEPS / 2) assert_true(sp_schedule_factor(s, &longer) != factor);
    }
    for (int64_t step = STEPS; step < 3 * STEPS; step += 7) {
      assert_near(sp_schedule_factor(fixed, &(sp_schedule_place){step, 10, 3 * STEPS, 0}), cases[i].last, 1e-15);
    }
    sp_document_free(document);
    sp_document_free(other);
  }
}

static void plateau_remembers_and_waits(void **unused) {
  (void)unused;
  const sp_schedule_options *s;
  sp_document *document = read_schedule("{plateau: {factor: 0.5, patience: 1, threshold: 0.1}}", &s);
  assert_true(sp_schedule_follows_scores(s));
  for (int higher = 0; higher < 2; higher++) {  // scores below 0: worse ones are not better
    static const double falling[] = {-1, -1.05, -1.2, -1.1, -1.1}, rising[] = {-1, -0.95, -0.8, -0.85, -0.85};
    sp_plateau_state state = {.best = (double)NAN};
    for (int i = 0; i < 5; i++) sp_schedule_observe(s, higher ? rising[i] : falling[i], higher, &state);
    assert_true(state.best == (higher ? -0.8 : -1.2));
    assert_int_equal(state.reductions, 1);
    state.bad = 0;
    sp_schedule_observe(s, higher ? -0.85 : -1.15, higher, &state);
    assert_true(state.best == (higher ? -0.8 : -1.2));
    assert_int_equal(state.bad, 1);
    sp_schedule_observe(s, (double)NAN, higher, &state);  // no score is better than none
    assert_int_equal(state.reductions, 2);
    assert_true(factor_at(s, 0, state.reductions) == 0.25);
  }
  sp_document_free(document);
}

static void reductions_may_be_many_and_far_apart(void **unused) {
  (void)unused;
  const sp_schedule_options *s;
  sp_document *document = read_schedule(
      "{multistep: {at: [1, 2, 3, 4, 5, 6, 7, 8, 9000000000, 9000000001, 9000000000000000000], "
      "unit: steps, factor: 0.5}}",
      &s);
  assert_true(factor_at(s, 0, 0) == 1);
  assert_true(factor_at(s, 8, 0) == 1.0 / 256);
  assert_true(factor_at(s, 9000000000, 0) == 1.0 / 512);
  assert_true(factor_at(s, 9000000001, 0) == 1.0 / 1024);
  sp_document_free(document);
}

static sp_document *read_kind(const char *name, const char *warmup, const sp_schedule_options **out) {
  char text[128];
  snprintf(text, sizeof text, "{%s: %s%s}", name, strcmp(name, "multistep") == 0 ? "{at: 3}" : "~", warmup);
  return read_schedule(text, out);
}

static void a_constant_schedule_says_so(void **unused) {
  (void)unused;
  for (const sp_variant *const *kind = sp_schedules; *kind; kind++) {
    const sp_schedule_options *s;
    sp_document *document = read_kind((*kind)->name, "", &s);
    bool constant = true;
    for (int64_t step = 0; step < 3000; step += 37) constant &= factor_at(s, step, 2) == 1;
    assert_int_equal(sp_schedule_is_constant(s), constant);
    sp_document_free(document);
  }
}

static void beyond_the_end_nothing_breaks(void **unused) {
  (void)unused;
  for (const sp_variant *const *kind = sp_schedules; *kind; kind++) {
    const sp_schedule_options *s;
    sp_document *document = read_kind((*kind)->name, ", warmup: 1000 steps", &s);
    for (int64_t step = 0; step < 3000; step += 37) {
      double factor = factor_at(s, step, 2);
      assert_true(isfinite(factor) && factor >= 0 && factor <= 1);
    }
    sp_document_free(document);
  }
}

static void refused(const char *text, const char *message) {
  const sp_schedule_options *s;
  sp_document *document = read_schedule(text, &s);
  assert_int_equal(sp_schedule_check(s), SP_ERR_CONFIG);
  assert_string_equal(sp_error_message(), message);
  sp_document_free(document);
}

/// What no range says; contract/options.c has the ranges.
static void what_does_not_fit_is_refused(void **unused) {
  (void)unused;
  refused("{warmup: 3 minutes}", "schedule.warmup: expected steps or epochs, got minutes");
  refused("{step: {every: 3 minutes}}", "schedule.step.every: expected steps or epochs, got minutes");
  refused("{exponential: {every: 3 minutes}}", "schedule.exponential.every: expected steps or epochs, got minutes");
  refused("{polynomial: {length: 3 minutes}}", "schedule.polynomial.length: expected steps or epochs, got minutes");
  refused("{cosine: {period: 3 minutes}}", "schedule.cosine.period: expected steps or epochs, got minutes");
  refused("{cosine: {length: 3 minutes}}", "schedule.cosine.length: expected steps or epochs, got minutes");
  refused("{one_cycle: {length: 3 minutes}}", "schedule.one_cycle.length: expected steps or epochs, got minutes");
  refused("{inverse_sqrt: {scale: 3 minutes}}", "schedule.inverse_sqrt.scale: expected steps or epochs, got minutes");
  refused("{cosine: {multiplier: 1.05}}", "schedule.cosine.multiplier: expected 1 or at least 1.1, got 1.05");
  refused("{cosine: {period: 1 epoch, length: 3 epochs}}",
          "schedule.cosine.length: cannot be combined with a period, whose restarts continue to the end of the run");
  refused("{multistep: {at: [3, 3]}}", "schedule.multistep.at: expected ascending numbers, got 3 after 3");
  refused("{warmup: 3 steps, warmup_from: 0, warmup_shape: exponential}",
          "schedule.warmup_from: expected more than 0 for warmup_shape exponential, got 0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(by_hand),
      cmocka_unit_test(a_warmup_from_0_wastes_no_step),
      cmocka_unit_test(a_length_is_independent_of_the_run),
      cmocka_unit_test(plateau_remembers_and_waits),
      cmocka_unit_test(reductions_may_be_many_and_far_apart),
      cmocka_unit_test(a_constant_schedule_says_so),
      cmocka_unit_test(beyond_the_end_nothing_breaks),
      cmocka_unit_test(what_does_not_fit_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
