// SPDX-License-Identifier: Apache-2.0
// Random masks: Philox4x32-10 for 16 counters at a time, so that the compiler can use vector instructions.
#include "compute/mask.h"

#include <string.h>

#define SP_TEMPLATE "compute/mask_typed.h"
#include "compute/each_real.h"

enum { COUNTERS = 16, UNITS = 4 * COUNTERS };

// The masks of UNITS units: the rounds of sp_random_bits.
SP_HOT static void draw(sp_random_key key, uint64_t first, uint64_t row, uint32_t threshold, uint8_t *keep) {
  uint32_t c0[COUNTERS], c1[COUNTERS], c2[COUNTERS], c3[COUNTERS];
  uint32_t k0 = key.word[0], k1 = key.word[1];
  for (int j = 0; j < COUNTERS; j++) {
    c0[j] = (uint32_t)(first + (uint64_t)j);
    c1[j] = (uint32_t)((first + (uint64_t)j) >> 32);
    c2[j] = (uint32_t)row;
    c3[j] = (uint32_t)(row >> 32);
  }
  for (int round = 0; round < 10; round++) {
    for (int j = 0; j < COUNTERS; j++) {
      uint64_t p0 = (uint64_t)0xd2511f53u * c0[j], p1 = (uint64_t)0xcd9e8d57u * c2[j];
      c0[j] = (uint32_t)(p1 >> 32) ^ c1[j] ^ k0;
      c1[j] = (uint32_t)p1;
      c2[j] = (uint32_t)(p0 >> 32) ^ c3[j] ^ k1;
      c3[j] = (uint32_t)p0;
    }
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  for (int j = 0; j < COUNTERS; j++) keep[j] = c0[j] >= threshold;
  for (int j = 0; j < COUNTERS; j++) keep[COUNTERS + j] = c1[j] >= threshold;
  for (int j = 0; j < COUNTERS; j++) keep[2 * COUNTERS + j] = c2[j] >= threshold;
  for (int j = 0; j < COUNTERS; j++) keep[3 * COUNTERS + j] = c3[j] >= threshold;
}

void sp_mask_draw(sp_random_key key, int64_t row, int64_t n, uint32_t threshold, uint8_t *keep) {
  uint8_t last[UNITS];
  int64_t whole = n / UNITS * UNITS;
  for (int64_t u = 0; u < whole; u += UNITS) draw(key, (uint64_t)(u / 4), (uint64_t)row, threshold, keep + u);
  if (n == whole) return;
  draw(key, (uint64_t)(whole / 4), (uint64_t)row, threshold, last);
  memcpy(keep + whole, last, (size_t)(n - whole));
}

void sp_mask_apply(sp_dtype precision, int64_t n, double factor, const uint8_t *keep, const void *x, void *y) {
  precision == SP_FLOAT32 ? apply_float(n, (float)factor, keep, x, y) : apply_double(n, factor, keep, x, y);
}
