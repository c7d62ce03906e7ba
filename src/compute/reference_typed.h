// The reference product of one type: a template, see compute/each_real.h.
// May include: nothing.

// Row i of C, one row of B after the other.
SP_HOT static void TYPED(row_by_rows)(const sp_product_shape *s, const REAL *a, int64_t a_step, const REAL *restrict b,
                                      int64_t b_step, REAL *restrict c) {
  for (int64_t l = 0; l < s->k; l++) {
    REAL factor = a[l * a_step];
    for (int64_t j = 0; j < s->n; j++) c[j] += factor * b[l * b_step + j];
  }
}

// The same where B lies transposed, as (n, k).
static void TYPED(row_by_columns)(const sp_product_shape *s, const REAL *a, int64_t a_step, const REAL *restrict b,
                                  REAL *restrict c) {
  for (int64_t j = 0; j < s->n; j++) {
    REAL sum = 0;
    for (int64_t l = 0; l < s->k; l++) sum += a[l * a_step] * b[j * s->k + l];
    c[j] = sum;
  }
}

static void TYPED(product)(const sp_product_shape *s, const sp_product_shape *whole, const REAL *a, const REAL *b,
                           const REAL *bias, REAL *c) {
  int64_t row_step = s->a_transposed ? 1 : s->k, step = s->a_transposed ? whole->m : 1;
  if (s->n == 0) return;
  for (int64_t i = 0; i < s->m; i++, c += whole->n) {
    for (int64_t j = 0; j < s->n; j++) c[j] = 0;
    if (s->b_transposed) {
      TYPED(row_by_columns)(s, a + i * row_step, step, b, c);
    } else {
      TYPED(row_by_rows)(s, a + i * row_step, step, b, whole->n, c);
    }
    for (int64_t j = 0; s->bias && j < s->n; j++) c[j] += bias[j];
  }
}
