// SPDX-License-Identifier: Apache-2.0
// Numerical derivatives of functions whose derivatives are known.
#include "base/derivative.h"

#include "check.h"

static double sine(void *context, double *x) { return (++*(int *)context, sin(*x)); }
static double single(void *context, double *x) {
  (void)context;
  float rounded = (float)*x;
  *x = (double)rounded;
  return (double)(rounded / logf(rounded));
}
static double bent(void *context, double *x) { return *x > *(double *)context ? 3 * *x : 3 * *(double *)context; }
static double logarithm(void *context, double *x) { return (void)context, log(*x); }
static double nowhere(void *context, double *x) { return (void)context, (void)x, (double)NAN; }

static void smooth(void **state) {
  (void)state;
  int calls = 0;
  for (int i = -20; i <= 20; i++) {
    sp_derivative d = sp_derivative_of(sine, &calls, i, 0.1, 1e-16, 1e-7);
    assert_near(d.value, cos(i), 1e-11);
    assert_true(fabs(d.value - cos(i)) <= d.error && d.error < 1e-9);
  }
  assert_true(calls < 41 * 20);
}

static void in_float32(void **state) {
  (void)state;
  const double at[] = {1.5, 2, 30, 364, 1e6};
  for (int i = 0; i < 5; i++) {
    double x = at[i], l = log(x), right = 1 / l - 1 / (l * l);
    sp_derivative d = sp_derivative_of(single, NULL, x, 0.1 * x, 1e-7 * x / l, 1e-3);
    assert_true(fabs(d.value - right) <= d.error && d.error < 2e-4);
  }
}

static void near_what_is_not_smooth(void **state) {
  (void)state;
  double kink = 0.99;
  sp_derivative d = sp_derivative_of(bent, &kink, 1, 0.1, 1e-16, 1e-7);
  assert_near(d.value, 3, 1e-9);
  kink = 1;
  d = sp_derivative_of(bent, &kink, 1, 0.1, 1e-16, 1e-7);  // there is none: the mean of those from either side
  assert_near(d.value, 1.5, 1e-9);
  d = sp_derivative_of(logarithm, NULL, 0.01, 0.1, 1e-16, 1e-7);  // has no values on the left of 0
  assert_near(d.value, 100, 1e-6);
  d = sp_derivative_of(nowhere, NULL, 1, 0.1, 1e-16, 1e-7);
  assert_true(isinf(d.error));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(smooth), cmocka_unit_test(in_float32),
                                     cmocka_unit_test(near_what_is_not_smooth)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
