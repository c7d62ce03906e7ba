// SPDX-License-Identifier: Apache-2.0
// Rounding to bfloat16 in plain C, so that all instruction sets give the same bits.
#include "compute/bfloat16.h"

#include <string.h>

#include "compute/hot.h"

// Half a unit is added, or just less than half where the last bit that stays is 0; a carry goes into the exponent, up to
// infinity. What is not a number is cut off instead, and kept quiet: its lower half may be all that tells it from one.
static inline uint32_t upper_half(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16, cut = bits >> 16 | 0x40;
  return (bits & 0x7fffffff) > 0x7f800000 ? cut : rounded;
}

SP_HOT void sp_bfloat16_from(int64_t n, const float *restrict x, uint16_t *restrict y) {
  for (int64_t i = 0; i < n; i++) y[i] = (uint16_t)upper_half(x[i]);
}

SP_HOT void sp_bfloat16_round(int64_t n, const float *restrict x, float *restrict y) {
  for (int64_t i = 0; i < n; i++) {
    uint32_t bits = upper_half(x[i]) << 16;
    memcpy(&y[i], &bits, sizeof bits);
  }
}
