// SPDX-License-Identifier: Apache-2.0
// The update of a statistic for one type: a template, see compute/each_real.h. See statistics.h for the formula.

SP_HOT static void TYPED(observe)(double momentum, double scale, int64_t n, REAL *restrict p,
                                  const REAL *restrict sum) {
  for (int64_t i = 0; i < n; i++) {
    double before = (double)p[i];
    p[i] = (REAL)(before + momentum * (scale * (double)sum[i] - before));
  }
}
