// Softmax of one type: a template, see compute/each_real.h. Sums in float64, in the order of the columns.
// May include: nothing.

static void TYPED(softmax)(int64_t rows, int64_t n, REAL *x) {
  for (int64_t i = 0; i < rows; i++, x += n) {
    REAL largest = x[0];
    for (int64_t j = 1; j < n; j++) largest = x[j] > largest ? x[j] : largest;
    double sum = 0;
    for (int64_t j = 0; j < n; j++) {
      x[j] = REAL_EXP(x[j] - largest);
      sum += (double)x[j];
    }
    for (int64_t j = 0; j < n; j++) x[j] = (REAL)((double)x[j] / sum);
  }
}

static void TYPED(softmax_backward)(int64_t rows, int64_t n, const REAL *y, const REAL *dy, REAL *dx) {
  for (int64_t i = 0; i < rows; i++, y += n, dy += n, dx += n) {
    double sum = 0;
    for (int64_t j = 0; j < n; j++) sum += (double)y[j] * (double)dy[j];
    for (int64_t j = 0; j < n; j++) dx[j] = (REAL)((double)y[j] * ((double)dy[j] - sum));
  }
}
