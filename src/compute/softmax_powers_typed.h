// SPDX-License-Identifier: Apache-2.0
// The powers of softmaxes of one type: a template, see compute/each_real.h and sp_softmax_powers. It needs compute/functions.h
// and compute/row_sum.h.

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

static void TYPED(shift)(int64_t n, const REAL *x, REAL by, REAL *to) {
  SP_SAME_OR_APART
  for (int64_t i = 0; i < n; i++) to[i] = x[i] - by;
}

static void TYPED(raise)(int64_t n, REAL *x) {
  for (int64_t i = 0; i < n; i++) x[i] = TYPED(sp_exp_falling)(x[i]);
}

// Short rows are exponentiated together, long ones in pieces.
static void TYPED(powers)(int64_t rows, int64_t n, const REAL *x, REAL *powers, double *largest, double *sum) {
  enum { PIECE = 1024 };
  REAL piece[PIECE];
  double sums[SP_ROW_SUMS] = {0};
  for (int64_t i = 0; i < rows; i++) largest[i] = (double)TYPED(largest)(n, x + i * n);
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
        const REAL *power = to + i * width;
        SP_ROW_SUM_ADD(sums, j, (int64_t)0, width, (double)power[j]);
        if (begin + width < n) continue;
        sum[row + i] = sp_row_sum_pairs(sums);
        memset(sums, 0, sizeof sums);
      }
    }
  }
}
