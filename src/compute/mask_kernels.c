// SPDX-License-Identifier: Apache-2.0
// Random masks: drawing one, and applying it in either precision.
#include "compute/mask.h"

#include <string.h>

#include "compute/philox.h"

#define SP_TEMPLATE "compute/mask_typed.h"
#include "compute/each_real.h"

enum { UNITS = 4 * SP_PHILOX_COUNTERS };

static void draw_units(sp_random_key key, int64_t unit, int64_t row, uint32_t threshold, uint8_t *keep) {
  enum { COUNTERS = SP_PHILOX_COUNTERS };
  uint32_t word[4][COUNTERS];
  sp_philox_draw(key, (uint64_t)(unit / 4), (uint64_t)row, word);
  for (int w = 0; w < 4; w++) {
    for (int j = 0; j < COUNTERS; j++) keep[w * COUNTERS + j] = word[w][j] >= threshold;
  }
}

static void draw(sp_random_key key, int64_t row, int64_t n, uint32_t threshold, uint8_t *keep) {
  uint8_t last[UNITS];
  int64_t whole = n / UNITS * UNITS;
  for (int64_t u = 0; u < whole; u += UNITS) draw_units(key, u, row, threshold, keep + u);
  if (n == whole) return;
  draw_units(key, whole, row, threshold, last);
  memcpy(keep + whole, last, (size_t)(n - whole));
}

static void apply(sp_dtype precision, int64_t n, double factor, const uint8_t *keep, const void *x, void *y) {
  precision == SP_FLOAT32 ? apply_float(n, (float)factor, keep, x, y) : apply_double(n, factor, keep, x, y);
}

const sp_mask_kernels SP_KERNELS(sp_mask_kernels) = {.draw = draw, .apply = apply};
