// SPDX-License-Identifier: Apache-2.0
// The reference product of one type: a template, see compute/each_real.h.

// Compute row i of C from one row of B after another.
SP_HOT static void TYPED(row_by_rows)(const sp_product_part *p, const REAL *a, int64_t a_step, const REAL *restrict b,
                                      REAL *restrict c) {
  for (int64_t l = 0; l < p->shape.k; l++) {
    REAL factor = a[l * a_step];
    for (int64_t j = 0; j < p->shape.n; j++) c[j] += factor * b[l * p->b_step + j];
  }
}

// The same if B is stored transposed, as (n, k).
static void TYPED(row_by_columns)(const sp_product_part *p, const REAL *a, int64_t a_step, const REAL *restrict b,
                                  REAL *restrict c) {
  for (int64_t j = 0; j < p->shape.n; j++) {
    REAL sum = 0;
    for (int64_t l = 0; l < p->shape.k; l++) sum += a[l * a_step] * b[j * p->b_step + l];
    c[j] = sum;
  }
}

static void TYPED(product)(const sp_product_part *p, const REAL *a, const REAL *b, const REAL *bias, REAL *c) {
  const sp_product_shape *s = &p->shape;
  int64_t row_step = s->a_transposed ? 1 : p->a_step, step = s->a_transposed ? p->a_step : 1;
  if (s->n == 0) return;
  for (int64_t i = 0; i < s->m; i++, c += p->c_step) {
    for (int64_t j = 0; j < s->n; j++) c[j] = 0;
    if (s->b_transposed) {
      TYPED(row_by_columns)(p, a + i * row_step, step, b, c);
    } else {
      TYPED(row_by_rows)(p, a + i * row_step, step, b, c);
    }
    for (int64_t j = 0; s->bias && j < s->n; j++) c[j] += bias[j];
  }
}
