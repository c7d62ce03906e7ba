// SPDX-License-Identifier: Apache-2.0
// The reference product of one type: a template, see compute/each_real.h.

static void TYPED(product)(const sp_product_part *p, const REAL *a, const REAL *b, const REAL *bias, REAL *c) {
  const sp_product_shape *s = &p->shape;
  int64_t a_row = s->a_transposed ? 1 : p->a_step, a_k = s->a_transposed ? p->a_step : 1;
  int64_t b_k = s->b_transposed ? 1 : p->b_step, b_column = s->b_transposed ? p->b_step : 1;
  for (int64_t i = 0; i < s->m; i++) {
    for (int64_t j = 0; j < s->n; j++) {
      REAL sum = 0;
      for (int64_t begin = 0; begin < s->k; begin += SP_PRODUCT_BLOCK) {
        REAL block = 0;
        for (int64_t l = begin; l < s->k && l < begin + SP_PRODUCT_BLOCK; l++) {
          block = REAL_FMA(a[i * a_row + l * a_k], b[l * b_k + j * b_column], block);
        }
        sum = begin == 0 ? block : sum + block;
      }
      c[i * p->c_step + j] = s->bias ? sum + bias[j] : sum;
    }
  }
}
