// SPDX-License-Identifier: Apache-2.0
// The curve of a learning-rate range test: its rates, its moving average, when it ends, and what curves made by hand
// suggest.
#include "train/lr_curve.h"
#include "check.h"
#include "compute/normal.h"

enum { STEPS = 200 };
static const double FROM = 1e-7, TO = 10;

/// A loss as a function of the decimal logarithm of the learning rate.
typedef double (*shape)(double x);

static double flat(double x) { return 2.3 + 0 * x; }
static double rising(double x) { return 2.3 + (x + 7); }
/// Falls from 2.3 to 0.3, most steeply at 1e-3, and grows without bound beyond 1e-1.
static double valley(double x) { return 1.3 - tanh((x + 3) / 0.7) + (x > -1 ? exp(5 * (x + 1)) - 1 : 0); }
/// The same until a spike at 1e-1, from which it comes back to where it began.
static double spike(double x) { return x < -1 ? valley(x) : x < -0.8 ? 8 : 2.3; }
static double falling(double x) { return 2.3 - exp(x - 1); }
static double below_zero(double x) { return valley(x) - 5; }

/// Of a counter, so that a test is the same every time.
static double noise(uint64_t seed, int64_t i) {
  return sp_normal(sp_random_key_make(seed, SP_RANDOM_DATA, 0), (uint64_t)i);
}

static sp_lr_curve make(shape loss, double size, uint64_t seed, int64_t steps) {
  sp_lr_curve c;
  assert_ok(sp_lr_curve_create(FROM, TO, steps, &c));
  while (c.count < c.steps) {
    sp_lr_curve_add(&c, loss(log10(sp_lr_curve_rate(&c, c.count))) + size * noise(seed, c.count));
    if (sp_lr_curve_diverged(&c)) break;
  }
  return c;
}

static void rates_rise_by_one_factor(void **unused) {
  (void)unused;
  sp_lr_curve c;
  assert_ok(sp_lr_curve_create(1e-4, 1, 5, &c));
  const double expected[] = {1e-4, 1e-3, 1e-2, 1e-1, 1};
  for (int i = 0; i < 5; i++) assert_near(sp_lr_curve_rate(&c, i) / expected[i], 1, 1e-14);
  assert_true(sp_lr_curve_rate(&c, 0) == 1e-4);
  assert_true(sp_lr_curve_rate(&c, 4) == 1);
  sp_lr_curve_free(&c);
  assert_ok(sp_lr_curve_create(1e-300, 1e300, 13, &c));  // whose ratio is more than a double holds
  for (int i = 0; i < 13; i++) assert_near(sp_lr_curve_rate(&c, i) / pow(10, 50 * i - 300), 1, 1e-12);
  sp_lr_curve_free(&c);
}

static void the_average_is_corrected_for_its_start(void **unused) {
  (void)unused;
  sp_lr_curve c;
  const double loss[] = {3, 1, 2};
  assert_ok(sp_lr_curve_create(FROM, TO, STEPS, &c));
  for (int i = 0; i < 3; i++) sp_lr_curve_add(&c, loss[i]);
  assert_near(c.point[0].smoothed, 3, 1e-15);
  assert_near(c.point[1].smoothed, (0.95 * 3 + 1) / 1.95, 1e-14);
  assert_near(c.point[2].smoothed, (0.95 * 0.95 * 3 + 0.95 * 1 + 2) / (0.95 * 0.95 + 0.95 + 1), 1e-14);
  sp_lr_curve_free(&c);
}

static void a_loss_that_grows_ends_it(void **unused) {
  (void)unused;
  sp_lr_curve c = make(valley, 0, 0, STEPS);
  assert_in_range(c.count, 100, STEPS - 1);
  assert_true(c.point[c.count - 1].smoothed > 4 * c.point[c.least].smoothed);
  assert_true(c.point[c.count - 2].smoothed <= 4 * c.point[c.least].smoothed);
  sp_lr_curve_free(&c);
  c = make(flat, 0.5, 1, STEPS);
  assert_int_equal(c.count, STEPS);
  sp_lr_curve_free(&c);
  c = make(below_zero, 0, 0, STEPS);  // 4 times the least would be below it
  assert_in_range(c.count, 100, STEPS - 1);
  assert_true(c.point[c.count - 1].smoothed > -2 * c.point[c.least].smoothed);
  sp_lr_curve_free(&c);
  assert_ok(sp_lr_curve_create(FROM, TO, STEPS, &c));  // a first batch that is easy by chance
  for (int i = 0; i < 50; i++) {
    sp_lr_curve_add(&c, i == 0 ? 0.001 : 2.3);
    assert_false(sp_lr_curve_diverged(&c));
  }
  sp_lr_curve_free(&c);
}

static void the_steepest_descent_is_found(void **unused) {
  (void)unused;
  const shape shapes[] = {valley, spike, below_zero};
  for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
    for (uint64_t seed = 0; seed < 20; seed++) {
      sp_lr_suggestion s;
      sp_lr_curve c = make(shapes[k], seed == 0 ? 0 : 0.15, seed, STEPS);
      assert_true(sp_lr_curve_suggest(&c, &s));
      assert_near(log10(s.steepest), -3, seed == 0 ? 0.05 : 0.4);
      assert_in_range((int64_t)(1000 * (log10(s.tenth) + 10)), 7000, 8000);  // of 1e-2 to 1e-1
      assert_false(s.at_end);
      sp_lr_curve_free(&c);
    }
  }
}

static void a_descent_at_the_end_is_told(void **unused) {
  (void)unused;
  sp_lr_suggestion s;
  sp_lr_curve c = make(falling, 0, 0, STEPS);
  assert_true(sp_lr_curve_suggest(&c, &s));
  assert_true(s.at_end);
  assert_true(s.steepest > 1 && s.steepest < TO);
  sp_lr_curve_free(&c);
}

static void where_nothing_falls_nothing_is_suggested(void **unused) {
  (void)unused;
  sp_lr_suggestion s = {1, 2, true};
  const shape shapes[] = {flat, rising};
  int wrong = 0;
  for (size_t k = 0; k < 2; k++) {
    for (uint64_t seed = 0; seed < 100; seed++) {
      sp_lr_curve c = make(shapes[k], seed == 0 ? 0 : 0.25, seed, STEPS);
      bool found = sp_lr_curve_suggest(&c, &s);
      if (seed == 0) assert_false(found);
      wrong += found;
      sp_lr_curve_free(&c);
    }
  }
  assert_in_range(wrong, 0, 4);                   // of 198, by chance
  for (int64_t count = 0; count <= 6; count++) {  // fewer losses than a window
    sp_lr_curve c;
    assert_ok(sp_lr_curve_create(FROM, TO, SP_LR_CURVE_FEWEST, &c));
    for (int64_t i = 0; i < count; i++) sp_lr_curve_add(&c, 2.0 - (double)i);
    assert_false(sp_lr_curve_suggest(&c, &s));
    sp_lr_curve_free(&c);
  }
}

static void the_table_has_every_bit(void **unused) {
  (void)unused;
  sp_text text = {0};
  sp_lr_curve c = make(valley, 0.1, 3, 20);
  sp_lr_curve_write(&c, &text);
  const char *line = strchr(text.data, '\n');
  assert_memory_equal(text.data, "step,lr,loss,smoothed\n", 22);
  for (int64_t i = 0; i < c.count; i++, line = strchr(line + 1, '\n')) {
    int step;
    sp_lr_point p;
    assert_int_equal(sscanf(line, "%d,%lf,%lf,%lf", &step, &p.lr, &p.loss, &p.smoothed), 4);
    assert_int_equal(step, i + 1);
    assert_true(p.lr == c.point[i].lr && p.loss == c.point[i].loss && p.smoothed == c.point[i].smoothed);
  }
  assert_string_equal(line, "\n");
  sp_text_free(&text);
  sp_lr_curve_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rates_rise_by_one_factor),     cmocka_unit_test(the_average_is_corrected_for_its_start),
      cmocka_unit_test(a_loss_that_grows_ends_it),    cmocka_unit_test(the_steepest_descent_is_found),
      cmocka_unit_test(a_descent_at_the_end_is_told), cmocka_unit_test(where_nothing_falls_nothing_is_suggested),
      cmocka_unit_test(the_table_has_every_bit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
