// SPDX-License-Identifier: Apache-2.0
// Counter-based random numbers: the published Philox values, a permutation that is one, and plausible moments.
#include "base/random.h"

#include "check.h"
#include "compute/normal.h"

static void philox_known_answers(void **state) {  // from Random123's kat_vectors
  (void)state;
  uint32_t bits[4];
  sp_random_bits((sp_random_key){{0, 0}}, 0, 0, bits);
  assert_int_equal(bits[0], 0x6627e8d5u);
  assert_int_equal(bits[1], 0xe169c58du);
  assert_int_equal(bits[2], 0xbc57ac4cu);
  assert_int_equal(bits[3], 0x9b00dbd8u);
  sp_random_bits((sp_random_key){{0xa4093822u, 0x299f31d0u}}, 0x85a308d3243f6a88u, 0x0370734413198a2eu, bits);
  assert_int_equal(bits[0], 0xd16cfe09u);
  assert_int_equal(bits[1], 0x94fdccebu);
  assert_int_equal(bits[2], 0x5001e420u);
  assert_int_equal(bits[3], 0x24126ea1u);
}

static void permutation_is_a_bijection(void **state) {
  (void)state;
  static const int64_t counts[] = {1, 2, 3, 5, 16, 17, 1000, 4097};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    int64_t count = counts[i];
    char *seen = calloc((size_t)count, 1);
    sp_random_key key = sp_random_key_make(7, SP_RANDOM_ORDER, (uint64_t)count);
    for (int64_t index = 0; index < count; index++) {
      int64_t to = sp_random_permute(key, count, index);
      assert_in_range(to, 0, count - 1);
      assert_int_equal(seen[to]++, 0);
      assert_int_equal(sp_random_unpermute(key, count, to), index);
    }
    free(seen);
  }
}

static void permutation_is_uniform(void **state) {  // each of 10 places is reached from place 3 about as often
  (void)state;
  int hits[10] = {0};
  for (uint64_t epoch = 0; epoch < 10000; epoch++) {
    hits[sp_random_permute(sp_random_key_make(1, SP_RANDOM_ORDER, epoch), 10, 3)]++;
  }
  for (int i = 0; i < 10; i++) assert_in_range(hits[i], 850, 1150);
}

static void moments(void **state) {
  (void)state;
  sp_random_key key = sp_random_key_make(3, SP_RANDOM_INITIAL, 0);
  double sum = 0, squares = 0, uniform = 0;
  const int n = 100000;
  for (int i = 0; i < n; i++) {
    double x = sp_normal(key, (uint64_t)i);
    sum += x;
    squares += x * x;
    uniform += sp_random_uniform(key, (uint64_t)i);
  }
  assert_near(sum / n, 0, 0.02);
  assert_near(squares / n, 1, 0.02);
  assert_near(uniform / n, 0.5, 0.005);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(philox_known_answers),
      cmocka_unit_test(permutation_is_a_bijection),
      cmocka_unit_test(permutation_is_uniform),
      cmocka_unit_test(moments),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
