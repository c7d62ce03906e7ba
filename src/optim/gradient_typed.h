// SPDX-License-Identifier: Apache-2.0
// The gradient that is passed to a rule, for one type: a template, see compute/each_real.h.

SP_HOT static void TYPED(make)(int64_t n, const sp_gradient_form *form, const REAL *restrict p,
                               const REAL *restrict sum, REAL *restrict g) {
  const REAL scale = (REAL)form->scale, l1 = (REAL)form->l1, most = (REAL)form->clip_value;
  for (int64_t i = 0; i < n; i++) {
    REAL sign = (REAL)((p[i] > 0) - (p[i] < 0)), value = scale * sum[i] + l1 * sign;
    value = value < -most ? -most : value;
    g[i] = value > most ? most : value;
  }
}
