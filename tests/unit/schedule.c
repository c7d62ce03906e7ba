// Schedules against torch.optim.lr_scheduler of PyTorch 1.13 (StepLR, MultiStepLR, ExponentialLR, CosineAnnealingLR,
// CosineAnnealingWarmRestarts, OneCycleLR, LinearLR, SequentialLR, ReduceLROnPlateau), a step an epoch of theirs.
#include <math.h>

#include "check.h"
#include "config/document.h"
#include "optim/schedule.h"

enum { PICKED = 12, STEPS = 100 };

typedef struct example {
  const sp_schedule_options *schedule;
} example;

static const sp_option table[] = {{"schedule", SP_OPTION_SECTION, offsetof(example, schedule), .fields = sp_schedule_fields,
                                   .fields_size = sizeof(sp_schedule_options)},
                                  {0}};

/// The document owns the options.
static sp_document *read_schedule(const char *text, example *out) {
  sp_document *document = NULL, *resolved = NULL;
  assert_ok(sp_document_parse(text, strlen(text), "x.yaml", &document));
  assert_ok(sp_document_resolve(document, table, &resolved));
  sp_document_free(document);
  sp_document_read(resolved, table, out);
  return resolved;
}

static double factor_at(const sp_schedule_options *schedule, int64_t step, int64_t reductions) {
  return sp_schedule_factor(schedule, &(sp_schedule_place){step, 10, STEPS, reductions});
}

static void factors_are_those_of_pytorch(void **unused) {
  (void)unused;
  static const int64_t step[PICKED] = {0, 1, 5, 9, 10, 11, 29, 30, 31, 59, 79, 99};
  static const struct {
    const char *text;
    double expected[PICKED];
  } cases[] = {
      {"schedule: {step: {every: 10 steps, factor: 0.3}}",
      {1.0, 1.0, 1.0, 1.0, 0.3, 0.3, 0.09, 0.027, 0.027, 0.00243, 0.00021869999999999998,
       1.9682999999999998e-05}},
      {"schedule: {step: {every: 1 epoch, factor: 0.3}}",
      {1.0, 1.0, 1.0, 1.0, 0.3, 0.3, 0.09, 0.027, 0.027, 0.00243, 0.00021869999999999998,
       1.9682999999999998e-05}},
      {"schedule: {multistep: {at: [10, 30, 31], unit: steps, factor: 0.5}}",
      {1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.125, 0.125, 0.125, 0.125}},
      {"schedule: {exponential: {every: 1 step, factor: 0.97}}",
      {1.0, 0.97, 0.8587340256999999, 0.7602310586545651, 0.7374241268949281, 0.7153014030880802,
       0.4134093490135645, 0.4010070685431576, 0.38897685648686287, 0.16578007115626464,
       0.09015026486477029, 0.049023204046809966}},
      {"schedule: {cosine: {end: 0.01}}",
      {1.0, 0.9997557473810371, 0.9939057285945931, 0.9803453744100868, 0.975772975566101,
       0.9707359806323416, 0.8083889915582234, 0.7959536998847743, 0.7832312720368046, 0.3668994025105815,
       0.1138732688740332, 0.010244252618962857}},
      {"schedule: {cosine: {end: 0.05, period: 10 steps, multiplier: 2}}",
      {1.0, 0.976751845240198, 0.525, 0.07324815475980208, 1.0, 0.9941519617826905, 0.05584803821730962,
       1.0, 0.9985357335232359, 0.21651217704316283, 0.97064088456318, 0.7238633753302783}},
      {"schedule: {cosine: {end: 0.05, period: 1 epoch}}",
      {1.0, 0.976751845240198, 0.525, 0.07324815475980208, 1.0, 0.976751845240198, 0.07324815475980208,
       1.0, 0.976751845240198, 0.07324815475980208, 0.07324815475980208, 0.07324815475980208}},
      {"schedule: one_cycle",
      {0.040000000000000036, 0.042813780565907456, 0.10870855543955726, 0.25063020862605645,
       0.29516394846410077, 0.34233368543684106, 1.0, 0.9994965352845243, 0.9979871550490316,
       0.6112620219362893, 0.18825834605023697, 4e-06}},
      {"schedule: {polynomial: {power: 1}}",
      {1.0, 0.99000000000001, 0.9500000000000499, 0.91000000000009, 0.9000000000000999, 0.8900000000001099,
       0.7100000000002897, 0.7000000000002998, 0.6900000000003098, 0.4100000000005895, 0.21000000000078975,
       0.010000000000989977}},
      {"schedule: {exponential: {every: 1 step, factor: 0.9}, warmup: 10 steps, warmup_from: 0.1}",
      {0.1, 0.19, 0.55, 0.9100000000000001, 1.0, 0.9, 0.13508517176729928, 0.12157665459056936,
       0.10941898913151243, 0.005726416897022355, 0.0006961986091308866, 8.464149782874061e-05}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    example e;
    sp_document *document = read_schedule(cases[i].text, &e);
    assert_ok(sp_schedule_check(e.schedule));
    assert_false(sp_schedule_is_constant(e.schedule));
    for (int j = 0; j < PICKED; j++) {
      double got = factor_at(e.schedule, step[j], 0), want = cases[i].expected[j];
      if (!(fabs(got - want) <= 1e-11)) fail_msg("%s, step %d: %.17g, expected %.17g", cases[i].text, (int)step[j], got, want);
    }
    sp_document_free(document);
  }
}

static void plateau_is_that_of_pytorch(void **unused) {
  (void)unused;
  static const double score[] = {1.0, 0.9, 0.9, 0.9, 0.95, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4};
  static const double expected[] = {1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.125, 0.1};
  example e;
  sp_document *document = read_schedule("schedule: {plateau: {factor: 0.5, patience: 2, threshold: 1.0e-4, cooldown: 1, least: 0.1}}", &e);
  const sp_plateau_options *plateau = sp_schedule_plateau(e.schedule);
  sp_plateau_state state = {.best = NAN}, higher = {.best = NAN};
  assert_non_null(plateau);
  for (size_t i = 0; i < sizeof score / sizeof *score; i++) {
    assert_true(fabs(factor_at(e.schedule, 0, state.reductions) - expected[i]) < 1e-15);
    sp_plateau_epoch(plateau, score[i], false, &state);
    sp_plateau_epoch(plateau, 1 / score[i], true, &higher);
    assert_int_equal(state.reductions, higher.reductions);
  }
  int64_t bad = state.bad;
  sp_plateau_epoch(plateau, NAN, false, &state);  // no score is better than none
  assert_true(state.best == 0.4 && (state.bad == bad + 1 || state.cooldown == 1));
  sp_document_free(document);
}

static void by_hand(void **unused) {
  (void)unused;
  example e;
  sp_document *document = read_schedule("schedule: {inverse_sqrt: {scale: 25 steps}, warmup: 1 epoch, warmup_from: 0.01, warmup_shape: exponential}", &e);
  assert_true(fabs(factor_at(e.schedule, 0, 0) - 0.01) < 1e-15);
  assert_true(fabs(factor_at(e.schedule, 5, 0) - 0.1) < 1e-15);
  assert_true(factor_at(e.schedule, 10, 0) == 1);
  assert_true(fabs(factor_at(e.schedule, 85, 0) - 0.5) < 1e-15);
  sp_document_free(document);
  document = read_schedule("{}", &e);
  assert_true(sp_schedule_is_constant(e.schedule));
  assert_true(factor_at(e.schedule, 7, 3) == 1);
  sp_document_free(document);
}

static void beyond_the_end_nothing_breaks(void **unused) {
  (void)unused;
  for (const sp_variant *const *kind = sp_schedules; *kind; kind++) {
    char text[128];
    example e;
    bool times = strcmp((*kind)->name, "multistep") == 0;
    snprintf(text, sizeof text, times ? "schedule: {%s: {at: 3}, warmup: 1000 steps}" : "schedule: {%s: ~, warmup: 1000 steps}",
             (*kind)->name);
    sp_document *document = read_schedule(text, &e);
    for (int64_t step = 0; step < 3000; step += 37) {
      double factor = factor_at(e.schedule, step, 2);
      assert_true(isfinite(factor) && factor >= 0 && factor <= 1);
    }
    sp_document_free(document);
  }
}

static void refused(const char *text, const char *message) {
  example e;
  sp_document *document = read_schedule(text, &e);
  assert_int_equal(sp_schedule_check(e.schedule), SP_ERR_CONFIG);
  assert_string_equal(sp_error_message(), message);
  sp_document_free(document);
}

static void what_does_not_fit_is_refused(void **unused) {
  (void)unused;
  refused("schedule: {warmup: 3 minutes}", "schedule.warmup: expected steps or epochs, got minutes");
  refused("schedule: {step: {every: 3 minutes}}", "schedule.step.every: expected steps or epochs, got minutes");
  refused("schedule: {exponential: {every: 3 minutes}}", "schedule.exponential.every: expected steps or epochs, got minutes");
  refused("schedule: {cosine: {period: 3 minutes}}", "schedule.cosine.period: expected steps or epochs, got minutes");
  refused("schedule: {cosine: {multiplier: 1.05}}", "schedule.cosine.multiplier: expected 1 or at least 1.1, got 1.05");
  refused("schedule: {inverse_sqrt: {scale: 3 minutes}}", "schedule.inverse_sqrt.scale: expected steps or epochs, got minutes");
  refused("schedule: {multistep: {at: [3, 3]}}", "schedule.multistep.at: expected numbers that rise, got 3 after 3");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(factors_are_those_of_pytorch), cmocka_unit_test(plateau_is_that_of_pytorch),
      cmocka_unit_test(by_hand),                      cmocka_unit_test(beyond_the_end_nothing_breaks),
      cmocka_unit_test(what_does_not_fit_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
