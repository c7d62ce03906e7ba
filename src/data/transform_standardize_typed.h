// SPDX-License-Identifier: Apache-2.0
// The transform `standardize` of one type: a template, see compute/each_real.h.

/// x = (x - mean) inverse, where `inverse` is 1 / deviation.
SP_HOT static void TYPED(standardize)(REAL *restrict x, int64_t n, const REAL *restrict mean,
                                      const REAL *restrict inverse) {
  for (int64_t i = 0; i < n; i++) x[i] = (x[i] - mean[i]) * inverse[i];
}
