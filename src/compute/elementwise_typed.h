// Element-wise operations of one type: a template, see compute/each_real.h.
// Comparisons are written so that what is not a number stays one: it must reach the check that stops the run.
// May include: nothing.

SP_HOT static void TYPED(relu)(int64_t n, REAL *y) {
  for (int64_t i = 0; i < n; i++) y[i] = y[i] < 0 ? 0 : y[i];
}

static void TYPED(hyperbolic_tangent)(int64_t n, REAL *y) {
  for (int64_t i = 0; i < n; i++) y[i] = REAL_TANH(y[i]);
}

// Neither form of it overflows: the exponential is of something that is not above zero.
static void TYPED(sigmoid)(int64_t n, REAL *y) {
  for (int64_t i = 0; i < n; i++) {
    REAL small = REAL_EXP(y[i] < 0 ? y[i] : -y[i]);
    y[i] = (y[i] < 0 ? small : 1) / (1 + small);
  }
}

SP_HOT static void TYPED(relu_backward)(int64_t n, const REAL *y, const REAL *dy, REAL *dx) {
  for (int64_t i = 0; i < n; i++) dx[i] = y[i] <= 0 ? 0 : dy[i];
}

SP_HOT static void TYPED(tanh_backward)(int64_t n, const REAL *y, const REAL *dy, REAL *dx) {
  for (int64_t i = 0; i < n; i++) dx[i] = dy[i] * (1 - y[i] * y[i]);
}

SP_HOT static void TYPED(sigmoid_backward)(int64_t n, const REAL *y, const REAL *dy, REAL *dx) {
  for (int64_t i = 0; i < n; i++) dx[i] = dy[i] * (y[i] * (1 - y[i]));
}

SP_HOT static void TYPED(column_sums)(int64_t rows, int64_t n, const REAL *restrict x, REAL *restrict out) {
  for (int64_t j = 0; j < n; j++) out[j] = 0;
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t j = 0; j < n; j++) out[j] += x[i * n + j];
  }
}

SP_HOT static void TYPED(add)(int64_t n, REAL *restrict into, const REAL *restrict from) {
  for (int64_t i = 0; i < n; i++) into[i] += from[i];
}

// An exponent of all ones is an infinity or not a number. Whole pieces are looked at without a branch.
SP_HOT static bool TYPED(all_finite)(int64_t n, const REAL *x) {
  enum { PIECE = 4096 };
  for (int64_t begin = 0; begin < n; begin += PIECE) {
    int64_t end = n - begin < PIECE ? n : begin + PIECE;
    REAL_BITS found = 0;
    for (int64_t i = begin; i < end; i++) {
      REAL_BITS bits;
      memcpy(&bits, x + i, sizeof bits);
      found |= (bits & REAL_EXPONENT) == REAL_EXPONENT;
    }
    if (found) return false;
  }
  return true;
}
