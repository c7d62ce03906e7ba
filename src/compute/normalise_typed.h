// SPDX-License-Identifier: Apache-2.0
// Normalisation of one type: a template, see compute/each_real.h. See normalise.h for the formulas.

// --- rows ---------------------------------------------------------------------------------------------------------

static double TYPED(row_total)(int64_t n, const REAL *x) {
  double sum;
  SP_ROW_SUM(sum, i, n, (double)x[i]);
  return sum;
}

static double TYPED(row_squares)(int64_t n, const REAL *x, double mean) {
  double sum;
  SP_ROW_SUM(sum, i, n, ((double)x[i] - mean) * ((double)x[i] - mean));
  return sum;
}

static void TYPED(apply_affine)(int64_t n, const REAL *restrict scale, const REAL *restrict shift, REAL *restrict y) {
  for (int64_t j = 0; scale && j < n; j++) y[j] *= scale[j];
  for (int64_t j = 0; shift && j < n; j++) y[j] += shift[j];
}

static void TYPED(standardise)(int64_t n, REAL mean, REAL inverse, const REAL *restrict x, REAL *restrict y) {
  for (int64_t j = 0; j < n; j++) y[j] = (x[j] - mean) * inverse;
}

static void TYPED(normalise_rows)(int64_t rows, int64_t n, double epsilon, const REAL *x, const REAL *scale,
                                  const REAL *shift, REAL *mean, REAL *inverse, REAL *y) {
  for (int64_t i = 0; i < rows; i++, x += n, y += n) {
    double middle = TYPED(row_total)(n, x) / (double)n;
    mean[i] = (REAL)middle;
    inverse[i] = (REAL)(1 / sqrt(TYPED(row_squares)(n, x, middle) / (double)n + epsilon));
    TYPED(standardise)(n, mean[i], inverse[i], x, y);
    TYPED(apply_affine)(n, scale, shift, y);
  }
}

static void TYPED(add_products)(int64_t n, REAL mean, REAL inverse, const REAL *restrict x, const REAL *restrict dy,
                                double *restrict sums) {
  for (int64_t j = 0; j < n; j++) sums[j] += (double)dy[j] * (double)((x[j] - mean) * inverse);
}

static void TYPED(add_values)(int64_t n, const REAL *restrict x, double *restrict sums) {
  for (int64_t j = 0; j < n; j++) sums[j] += (double)x[j];
}

static void TYPED(rows_sums)(int64_t rows, int64_t n, const REAL *x, const REAL *mean, const REAL *inverse,
                             const REAL *dy, double *scale_sums, double *shift_sums) {
  for (int64_t j = 0; scale_sums && j < n; j++) scale_sums[j] = 0;
  for (int64_t j = 0; shift_sums && j < n; j++) shift_sums[j] = 0;
  for (int64_t i = 0; i < rows; i++) {
    if (scale_sums) TYPED(add_products)(n, mean[i], inverse[i], x + i * n, dy + i * n, scale_sums);
    if (shift_sums) TYPED(add_values)(n, dy + i * n, shift_sums);
  }
}

static double TYPED(row_products)(int64_t n, REAL mean, REAL inverse, const REAL *x, const REAL *g) {
  double sum;
  SP_ROW_SUM(sum, i, n, (double)g[i] * (double)((x[i] - mean) * inverse));
  return sum;
}

static void TYPED(multiply)(int64_t n, const REAL *scale, const REAL *dy, REAL *g) {
  SP_SAME_OR_APART
  for (int64_t j = 0; j < n; j++) g[j] = scale ? dy[j] * scale[j] : dy[j];
}

static void TYPED(remove_means)(int64_t n, REAL mean, REAL inverse, REAL mean_g, REAL mean_product,
                                const REAL *restrict x, REAL *restrict g) {
  for (int64_t j = 0; j < n; j++) g[j] = (g[j] - mean_g - (x[j] - mean) * inverse * mean_product) * inverse;
}

static void TYPED(rows_backward)(int64_t rows, int64_t n, const REAL *x, const REAL *mean, const REAL *inverse,
                                 const REAL *scale, const REAL *dy, REAL *dx) {
  for (int64_t i = 0; i < rows; i++, x += n, dy += n, dx += n) {
    TYPED(multiply)(n, scale, dy, dx);
    double sum = TYPED(row_total)(n, dx), product = TYPED(row_products)(n, mean[i], inverse[i], x, dx);
    TYPED(remove_means)(n, mean[i], inverse[i], (REAL)(sum / (double)n), (REAL)(product / (double)n), x, dx);
  }
}

// --- channels -----------------------------------------------------------------------------------------------------

static void TYPED(channel_sums)(int64_t rows, int64_t n, const REAL *x, double *sums) {
  for (int64_t j = 0; j < n; j++) sums[j] = 0;
  for (int64_t i = 0; i < rows; i++) TYPED(add_values)(n, x + i * n, sums);
}

static void TYPED(channel_squares)(int64_t rows, int64_t n, const REAL *restrict x, const double *restrict mean,
                                   double *restrict sums) {
  for (int64_t j = 0; j < n; j++) sums[j] = 0;
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t j = 0; j < n; j++) sums[j] += ((double)x[i * n + j] - mean[j]) * ((double)x[i * n + j] - mean[j]);
  }
}

static void TYPED(standardise_channels)(int64_t n, const REAL *restrict mean, const REAL *restrict inverse,
                                        const REAL *restrict x, REAL *restrict y) {
  for (int64_t j = 0; j < n; j++) y[j] = (x[j] - mean[j]) * inverse[j];
}

static void TYPED(normalise_channels)(int64_t rows, int64_t n, const REAL *x, const REAL *mean, const REAL *inverse,
                                      const REAL *scale, const REAL *shift, REAL *y) {
  for (int64_t i = 0; i < rows; i++, x += n, y += n) {
    TYPED(standardise_channels)(n, mean, inverse, x, y);
    TYPED(apply_affine)(n, scale, shift, y);
  }
}

static void TYPED(channels_sums)(int64_t rows, int64_t n, const REAL *restrict x, const REAL *restrict mean,
                                 const REAL *restrict inverse, const REAL *restrict dy, double *restrict shift_sums,
                                 double *restrict scale_sums) {
  for (int64_t j = 0; j < n; j++) shift_sums[j] = scale_sums[j] = 0;
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t j = 0; j < n; j++) {
      shift_sums[j] += (double)dy[i * n + j];
      scale_sums[j] += (double)dy[i * n + j] * (double)((x[i * n + j] - mean[j]) * inverse[j]);
    }
  }
}

static void TYPED(channels_backward)(int64_t rows, int64_t n, const REAL *x, const REAL *mean, const REAL *inverse,
                                     const REAL *scale, const double *mean_dy, const double *mean_product,
                                     const REAL *dy, REAL *dx) {
  for (int64_t i = 0; i < rows; i++) {
    SP_SAME_OR_APART
    for (int64_t j = 0; j < n; j++) {
      REAL xhat = (x[i * n + j] - mean[j]) * inverse[j];
      REAL centred = dy[i * n + j] - (REAL)mean_dy[j] - xhat * (REAL)mean_product[j];
      dx[i * n + j] = centred * (scale ? inverse[j] * scale[j] : inverse[j]);
    }
  }
}
