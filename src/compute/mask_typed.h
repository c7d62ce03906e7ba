// SPDX-License-Identifier: Apache-2.0
// Applying a mask to values of one type: a template, see compute/each_real.h.

static void TYPED(apply)(int64_t n, REAL factor, const uint8_t *keep, const REAL *x, REAL *y) {
  SP_SAME_OR_APART
  for (int64_t i = 0; i < n; i++) y[i] = x[i] * (keep[i] ? factor : 0);
}
