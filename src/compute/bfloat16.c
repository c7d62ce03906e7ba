// SPDX-License-Identifier: Apache-2.0
// Rounding to bfloat16 in plain C, which gives the same bits with all instruction sets.
#include "compute/bfloat16.h"

#include <string.h>

#include "compute/hot.h"

// Adds half a unit, or just less than half if the last remaining bit is 0; a carry goes into the exponent, up to
// infinity. NaN is truncated instead, with the quiet bit set: otherwise a NaN with a payload in the lower half only
// would become infinity.
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
