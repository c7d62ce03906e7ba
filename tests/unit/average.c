// SPDX-License-Identifier: Apache-2.0
// The moving average of the parameters: by hand, and against its definition.
#include <float.h>

#include "base/random.h"
#include "check.h"
#include "optim/moving_average.h"

enum { N = 1000, UPDATES = 300 };

/// Parameters that wander, between -1 and 1 times a scale from 1e-6 to 1e6.
static double parameter(int update, int i) {
  sp_random_key key = sp_random_key_make(5, SP_RANDOM_DATA, (uint64_t)update);
  return (2 * sp_random_uniform(key, (uint64_t)i) - 1) * pow(10, i % 13 - 6);
}

static void a_step_by_hand(void **state) {
  (void)state;
  const double p[] = {3, 4, 0, -2}, expected[] = {1.5, 1, -6, -2};
  double average[] = {1, 0, -8, -2};
  float p32[] = {3, 4, 0, -2}, average32[] = {1, 0, -8, -2};
  sp_average_update(SP_FLOAT64, 0.75, 4, average, p);
  sp_average_update(SP_FLOAT32, 0.75, 4, average32, p32);
  for (int i = 0; i < 4; i++) {
    assert_true(average[i] == expected[i]);
    assert_true(average32[i] == (float)expected[i]);
  }
  sp_average_update(SP_FLOAT64, 0.75, 0, average, p);
  for (int i = 0; i < 4; i++) assert_true(average[i] == expected[i]);
}

static void many_steps_are_the_weighted_sum_of_the_definition(void **state) {
  (void)state;
  const double decays[] = {0.1, 0.5, 0.9, 0.999};
  for (int d = 0; d < 4; d++) {
    double average[N], p[N], decay = decays[d];
    for (int i = 0; i < N; i++) average[i] = parameter(0, i);
    for (int t = 1; t <= UPDATES; t++) {
      for (int i = 0; i < N; i++) p[i] = parameter(t, i);
      sp_average_update(SP_FLOAT64, decay, N, average, p);
    }
    for (int i = 0; i < N; i++) {
      double sum = pow(decay, UPDATES) * parameter(0, i);
      for (int t = 1; t <= UPDATES; t++) sum += (1 - decay) * pow(decay, UPDATES - t) * parameter(t, i);
      assert_near(average[i], sum, 1e-13 * pow(10, i % 13 - 6));
    }
  }
}

static void float32_is_the_definition_rounded_once(void **state) {
  (void)state;
  const double decays[] = {0.5, 0.999, 0.99999};
  for (int d = 0; d < 3; d++) {
    float average[N], before[N], p[N];
    for (int i = 0; i < N; i++) before[i] = average[i] = (float)parameter(0, i), p[i] = (float)parameter(1, i);
    sp_average_update(SP_FLOAT32, decays[d], N, average, p);
    for (int i = 0; i < N; i++) {
      double exact = decays[d] * (double)before[i] + (1 - decays[d]) * (double)p[i];
      double size = fmax(fabs((double)before[i]), fabs((double)p[i]));
      assert_near(average[i], exact, 0.5 * (double)FLT_EPSILON * fabs(exact) + 1e-15 * size);
    }
  }
}

static void what_stands_still_keeps_its_bits(void **state) {
  (void)state;
  float average[N], p[N];
  for (int i = 0; i < N; i++) average[i] = p[i] = (float)parameter(0, i);
  for (int t = 0; t < 1000; t++) sp_average_update(SP_FLOAT32, 0.999, N, average, p);
  assert_memory_equal(average, p, sizeof p);
}

static void it_fades_to_0_and_not_into_denormal_numbers(void **state) {
  (void)state;
  float average[] = {FLT_MIN, -FLT_MIN, 0}, p[] = {0, 0, 0};
  double wide[] = {DBL_MIN, -DBL_MIN, 0}, none[] = {0, 0, 0};
  sp_average_update(SP_FLOAT32, 0.9, 3, average, p);
  sp_average_update(SP_FLOAT64, 0.9, 3, wide, none);
  for (int i = 0; i < 3; i++) {
    assert_true(average[i] == 0);
    assert_true(wide[i] == 0);
  }
}

static void pieces_have_the_bits_of_the_whole(void **state) {
  (void)state;
  const int pieces[] = {1, 3, 16, 333};
  float whole[N], p[N];
  double whole64[N], p64[N];
  for (int i = 0; i < N; i++) {
    whole64[i] = parameter(0, i), p64[i] = parameter(1, i);
    whole[i] = (float)whole64[i], p[i] = (float)p64[i];
  }
  float start[N], cut[N];
  double start64[N], cut64[N];
  memcpy(start, whole, sizeof start);
  memcpy(start64, whole64, sizeof start64);
  sp_average_update(SP_FLOAT32, 0.99, N, whole, p);
  sp_average_update(SP_FLOAT64, 0.99, N, whole64, p64);
  for (int k = 0; k < 4; k++) {
    memcpy(cut, start, sizeof cut);
    memcpy(cut64, start64, sizeof cut64);
    for (int i = 0; i < N; i += pieces[k]) {
      int n = i + pieces[k] < N ? pieces[k] : N - i;
      sp_average_update(SP_FLOAT32, 0.99, n, cut + i, p + i);
      sp_average_update(SP_FLOAT64, 0.99, n, cut64 + i, p64 + i);
    }
    assert_memory_equal(cut, whole, sizeof cut);
    assert_memory_equal(cut64, whole64, sizeof cut64);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_step_by_hand),
      cmocka_unit_test(many_steps_are_the_weighted_sum_of_the_definition),
      cmocka_unit_test(float32_is_the_definition_rounded_once),
      cmocka_unit_test(what_stands_still_keeps_its_bits),
      cmocka_unit_test(it_fades_to_0_and_not_into_denormal_numbers),
      cmocka_unit_test(pieces_have_the_bits_of_the_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
