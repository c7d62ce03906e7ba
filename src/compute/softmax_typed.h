// SPDX-License-Identifier: Apache-2.0
// Softmax of one type: a template, see compute/each_real.h. It needs compute/softmax_powers_typed.h.

static void TYPED(divide)(int64_t n, REAL *x, double divisor) {
  for (int64_t i = 0; i < n; i++) x[i] = (REAL)((double)x[i] / divisor);
}

static void TYPED(softmax)(int64_t rows, int64_t n, REAL *x) {
  double largest[SP_SOFTMAX_ROWS], sum[SP_SOFTMAX_ROWS];
  for (int64_t row = 0; row < rows; row += SP_SOFTMAX_ROWS) {
    int64_t count = rows - row < SP_SOFTMAX_ROWS ? rows - row : SP_SOFTMAX_ROWS;
    TYPED(powers)(count, n, x, x, largest, sum);
    for (int64_t i = 0; i < count; i++, x += n) TYPED(divide)(n, x, sum[i]);
  }
}

static void TYPED(softmax_backward)(int64_t rows, int64_t n, const REAL *y, const REAL *dy, REAL *dx) {
  for (int64_t i = 0; i < rows; i++, y += n, dy += n, dx += n) {
    double sum;
    SP_ROW_SUM(sum, j, n, (double)y[j] * (double)dy[j]);
    SP_SAME_OR_APART
    for (int64_t j = 0; j < n; j++) dx[j] = (REAL)((double)y[j] * ((double)dy[j] - sum));
  }
}
