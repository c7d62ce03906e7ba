// SPDX-License-Identifier: Apache-2.0
// Element-wise operations of one type: a template, see compute/each_real.h.
// Comparisons are written so that NaN remains NaN: it must reach the check for values that are not finite.

static void TYPED(relu)(int64_t n, REAL *y) {
  for (int64_t i = 0; i < n; i++) y[i] = y[i] < 0 ? 0 : y[i];
}

static void TYPED(relu_backward)(int64_t n, const REAL *y, const REAL *dy, REAL *dx) {
  SP_SAME_OR_APART
  for (int64_t i = 0; i < n; i++) dx[i] = y[i] <= 0 ? 0 : dy[i];
}

static void TYPED(tanh_backward)(int64_t n, const REAL *y, const REAL *dy, REAL *dx) {
  SP_SAME_OR_APART
  for (int64_t i = 0; i < n; i++) dx[i] = dy[i] * (1 - y[i] * y[i]);
}

static void TYPED(sigmoid_backward)(int64_t n, const REAL *y, const REAL *dy, REAL *dx) {
  SP_SAME_OR_APART
  for (int64_t i = 0; i < n; i++) dx[i] = dy[i] * (y[i] * (1 - y[i]));
}

static void TYPED(add)(int64_t n, REAL *restrict into, const REAL *restrict from) {
  for (int64_t i = 0; i < n; i++) into[i] += from[i];
}

static void TYPED(add_rows)(int64_t begin, int64_t end, int64_t step, int64_t n, const REAL *restrict x,
                            REAL *restrict sum) {
  for (int64_t j = 0; j < n; j++) sum[j] = 0;
  for (int64_t i = begin; i < end; i++) {
    for (int64_t j = 0; j < n; j++) sum[j] += x[i * step + j];
  }
}

static void TYPED(column_sums)(const sp_lane_rows *rows, int64_t n, const REAL *x, REAL *out) {
  enum { WIDTH = 128 };  // columns at a time
  REAL sum[SP_LANE_SUMS][WIDTH];
  for (int64_t first = 0; first < n; first += WIDTH) {
    const int64_t width = n - first < WIDTH ? n - first : WIDTH;
    for (int64_t lane = 0; lane < rows->lanes; lane++) {
      int place = sp_lane_place(lane);
      TYPED(add_rows)(sp_lane_begin(rows, lane), rows->end[lane], n, width, x + first, sum[place]);
      for (int left = sp_lane_additions(rows->lanes, lane); left > 0; left--, place--) {
        TYPED(add)(width, sum[place - 1], sum[place]);
      }
    }
    memcpy(out + first, sum[0], (size_t)width * sizeof *out);
  }
}

// Infinities and NaN have an exponent of all ones: adding one carries into the highest bit.
static const REAL_BITS TYPED(exponent_one) = REAL_EXPONENT & -REAL_EXPONENT;

static inline REAL_BITS TYPED(next_exponent)(REAL x) {
  REAL_BITS bits;
  memcpy(&bits, &x, sizeof bits);
  return (bits & REAL_EXPONENT) + TYPED(exponent_one);
}

static inline bool TYPED(carried)(REAL_BITS exponents) {
  return (exponents & (REAL_EXPONENT + TYPED(exponent_one))) > REAL_EXPONENT;
}

// Checks pieces without branches.
static bool TYPED(all_finite)(int64_t n, const REAL *x) {
  enum { PIECE = 4096 };
  for (int64_t begin = 0; begin < n; begin += PIECE) {
    int64_t end = n - begin < PIECE ? n : begin + PIECE;
    REAL_BITS found = 0;
    for (int64_t i = begin; i < end; i++) found |= TYPED(next_exponent)(x[i]);
    if (TYPED(carried)(found)) return false;
  }
  return true;
}

static bool TYPED(any_outside)(int64_t n, const REAL *x, REAL low, REAL high) {
  int outside = 0;
  for (int64_t i = 0; i < n; i++) outside |= !(x[i] >= low) | !(x[i] <= high);
  return outside;
}

// Checks pieces without branches, with bounds rounded to REAL; single values are compared with the exact bounds.
static int64_t TYPED(first_outside)(int64_t n, const REAL *x, double low, double high) {
  enum { PIECE = 4096 };
  for (int64_t begin = 0; begin < n; begin += PIECE) {
    int64_t end = n - begin < PIECE ? n : begin + PIECE;
    if (!TYPED(any_outside)(end - begin, x + begin, (REAL)low, (REAL)high)) continue;
    for (int64_t i = begin; i < end; i++) {
      if (!((double)x[i] >= low && (double)x[i] <= high)) return i;
    }
  }
  return -1;
}

static bool TYPED(sum)(int64_t n, const REAL *a, const REAL *b, REAL *out) {
  REAL_BITS found = 0;
  if (b) {
    SP_SAME_OR_APART
    for (int64_t i = 0; i < n; i++) {
      REAL value = a[i] + b[i];
      found |= TYPED(next_exponent)(value);
      out[i] = value;
    }
  } else {
    SP_SAME_OR_APART
    for (int64_t i = 0; i < n; i++) {
      found |= TYPED(next_exponent)(a[i]);
      out[i] = a[i];
    }
  }
  return !TYPED(carried)(found);
}

static double TYPED(sum_squares)(int64_t n, const REAL *x) {
  double sum;
  SP_ROW_SUM(sum, i, n, (double)x[i] * (double)x[i]);
  return sum;
}
