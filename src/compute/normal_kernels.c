// SPDX-License-Identifier: Apache-2.0
// Normally distributed random numbers by the method of Box and Muller.
#include "compute/normal.h"

#include "compute/cosine.h"
#include "compute/philox.h"

enum { COUNTERS = SP_PHILOX_COUNTERS };

/// Returns the upper 53 of 64 bits as a number in [0, 1). They are added to 1 as its last bits in two steps, because few
/// processors convert 64 bits at a time.
static inline double unit(uint32_t high, uint32_t low) {
  double upper = sp_from_bits_double(UINT64_C(0x3ff0000000000000) | (uint64_t)high << 20) - 1;
  double lower = sp_from_bits_double(UINT64_C(0x3ff0000000000000) | (uint64_t)(low >> 11) << 31) - 1;
  return upper + lower * 0x1p-32;
}

static void draw(sp_random_key key, uint64_t first, double *x) {
  uint32_t word[4][COUNTERS];
  sp_philox_draw(key, first, 0, word);
  for (int j = 0; j < COUNTERS; j++) {
    double u = unit(word[0][j], word[1][j]), v = unit(word[2][j], word[3][j]);
    x[j] = sqrt(-2 * sp_log_double(1 - u)) * sp_cos_turns(v);
  }
}

static void normals(sp_random_key key, uint64_t first, int64_t n, double *x) {
  double last[COUNTERS];
  int64_t whole = n / COUNTERS * COUNTERS;
  for (int64_t i = 0; i < whole; i += COUNTERS) draw(key, first + (uint64_t)i, x + i);
  if (n == whole) return;
  draw(key, first + (uint64_t)whole, last);
  memcpy(x + whole, last, (size_t)(n - whole) * sizeof *x);
}

const sp_normal_kernels SP_KERNELS(sp_normal_kernels) = {.normals = normals};
