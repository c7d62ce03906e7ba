// SPDX-License-Identifier: Apache-2.0
// train.deadline and SLURM_JOB_END_TIME: their meaning, and when a run stops.
#include "supervise/deadline.h"

#include "base/files.h"
#include "base/log.h"
#include "check.h"

static void texts(void **state) {
  (void)state;
  static const char *const right[] = {"auto",
                                      "none",
                                      "90 minutes",
                                      "1 minute",
                                      "0.5 hours",
                                      "2 days",
                                      "45 seconds",
                                      "2026-11-21 18:00:00",
                                      "2026-11-21T18:00",
                                      "2026-11-21T18:00:00Z",
                                      "2026-11-21 18:00:00 +01:00",
                                      "2028-02-29 00:00",
                                      "2026-11-21T18:00-0330"};
  static const char *const wrong[] = {"",
                                      "soon",
                                      "90",
                                      "minutes",
                                      "-5 minutes",
                                      "0 days",
                                      "nan minutes",
                                      "inf hours",
                                      "1e300 days",
                                      "90 minutes!",
                                      "90 fortnights",
                                      "2026-11-21",
                                      "2026-02-30 12:00",
                                      "2026-11-21 25:00",
                                      "2026-11-21 12:60",
                                      "2026-11-21 12:00:61",
                                      "2026-11-21x12:00",
                                      "2026-11-21 18:00:00 CET",
                                      "2026-11-21 18:00:00+1:0:0",
                                      "2026-11-21 18:00:00+99:00"};
  for (size_t i = 0; i < sizeof right / sizeof *right; i++) assert_ok(sp_deadline_check(right[i]));
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_fails(sp_deadline_check(wrong[i]), SP_ERR_CONFIG, "expected auto, none, a duration");
  }
}

static double end_of(const char *text) {
  sp_deadline deadline;
  assert_ok(sp_deadline_set(text, &deadline));
  assert_string_equal(deadline.source, strcmp(text, "auto") == 0 ? "SLURM_JOB_END_TIME" : "train.deadline");
  return deadline.end;
}

static void times(void **state) {
  (void)state;
  unsetenv("SLURM_JOB_END_TIME");
  double now = sp_clock_calendar();
  assert_true(isinf(end_of("none")));
  assert_true(isinf(end_of("auto")));
  assert_near(end_of("90 minutes"), now + 5400, 60);
  assert_near(end_of("2 days"), now + 172800, 60);
  assert_true(end_of("2999-01-01T00:00:00Z") == 32472144000.0);
  assert_true(end_of("2999-01-01 00:00 +01:30") == 32472144000.0 - 5400);
  setenv("TZ", "EAT-3", 1);  // three hours east
  assert_true(end_of("2999-01-01 00:00:00") == 32472144000.0 - 10800);
  sp_deadline deadline;
  assert_fails(sp_deadline_set("2020-01-01 00:00", &deadline), SP_ERR_CONFIG, "has passed");
}

static void slurm(void **state) {
  (void)state;
  char text[32];
  long long later = (long long)sp_clock_calendar() + 1000;
  snprintf(text, sizeof text, "%lld", later);
  setenv("SLURM_JOB_END_TIME", text, 1);
  assert_true(end_of("auto") == (double)later);
  assert_true(isinf(end_of("none")));
  static const char *const wrong[] = {"", "Unknown", "12x", "-5", "1000", "99999999999999999999", " 4000000000", "nan"};
  sp_log_set_level(SP_LOG_SILENT);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    setenv("SLURM_JOB_END_TIME", wrong[i], 1);
    assert_true(isinf(end_of("auto")));
  }
  sp_log_set_level(SP_LOG_INFO);
}

static void near(void **state) {
  (void)state;
  double now = sp_clock_calendar();
  char text[160];
  sp_deadline none, far = {.end = now + 3600, .source = "train.deadline"}, close = {.end = now + 5, .source = "here"};
  assert_ok(sp_deadline_set("none", &none));
  assert_false(sp_deadline_near(&none, 1e9));
  assert_false(sp_deadline_near(&far, 0));
  assert_true(sp_deadline_near(&close, 0));
  assert_true(sp_deadline_near(&far, 1800));  // two times what saving takes
  far.looked -= 1800;                         // or what a step takes
  assert_true(sp_deadline_near(&far, 0));
  assert_near(far.longest, 1800, 300);
  assert_non_null(strstr(sp_deadline_text(&far, text), " (train.deadline), "));
  assert_non_null(strstr(text, " before it"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(texts), cmocka_unit_test(times), cmocka_unit_test(slurm),
                                     cmocka_unit_test(near)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
