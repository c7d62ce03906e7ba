// SPDX-License-Identifier: Apache-2.0
// Softmax of one type: a template, see compute/each_real.h. Sums in float64, in the order of the columns.

// Searches several parts of the row at a time. NaN is ignored here and appears again in its power.
static inline REAL TYPED(largest)(int64_t n, const REAL *x) {
  enum { PLACES = 16 };
  REAL best[PLACES];
  for (int p = 0; p < PLACES; p++) best[p] = x[0];
  int64_t i = 0;
  for (; i + PLACES <= n; i += PLACES) {
    for (int p = 0; p < PLACES; p++) best[p] = x[i + p] > best[p] ? x[i + p] : best[p];
  }
  for (; i < n; i++) best[0] = x[i] > best[0] ? x[i] : best[0];
  for (int p = 1; p < PLACES; p++) best[0] = best[p] > best[0] ? best[p] : best[0];
  return best[0];
}

SP_HOT static inline void TYPED(shift)(int64_t n, const REAL *x, REAL by, REAL *to) {
  SP_SAME_OR_APART
  for (int64_t i = 0; i < n; i++) to[i] = x[i] - by;
}

SP_HOT static void TYPED(raise)(int64_t n, REAL *x) {
  for (int64_t i = 0; i < n; i++) x[i] = REAL_EXP(x[i]);
}

// Short rows are exponentiated together, long ones in pieces.
static void TYPED(powers)(int64_t rows, int64_t n, const REAL *x, REAL *powers, double *largest, double *sum) {
  enum { PIECE = 1024 };
  REAL piece[PIECE];
  for (int64_t i = 0; i < rows; i++) {
    largest[i] = (double)TYPED(largest)(n, x + i * n);
    sum[i] = 0;
  }
  int64_t together = n < PIECE ? PIECE / n : 1, columns = n < PIECE ? n : PIECE;
  for (int64_t row = 0; row < rows; row += together) {
    int64_t count = rows - row < together ? rows - row : together;
    for (int64_t begin = 0; begin < n; begin += columns) {
      int64_t width = n - begin < columns ? n - begin : columns;
      REAL *to = powers ? powers + row * n + begin : piece;
      for (int64_t i = 0; i < count; i++) {
        TYPED(shift)(width, x + (row + i) * n + begin, (REAL)largest[row + i], to + i * width);
      }
      TYPED(raise)(count * width, to);
      for (int64_t i = 0; i < count; i++) {
        for (int64_t j = 0; j < width; j++) sum[row + i] += (double)to[i * width + j];
      }
    }
  }
}

SP_HOT static void TYPED(divide)(int64_t n, REAL *x, double divisor) {
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
    double sum = 0;
    for (int64_t j = 0; j < n; j++) sum += (double)y[j] * (double)dy[j];
    for (int64_t j = 0; j < n; j++) dx[j] = (REAL)((double)y[j] * ((double)dy[j] - sum));
  }
}
