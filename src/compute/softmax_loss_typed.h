// SPDX-License-Identifier: Apache-2.0
// Softmax cross-entropy of one type: a template, see compute/each_real.h. It needs compute/softmax_powers_typed.h.
// Label smoothing a replaces each t_j by keep t_j + share, with keep = 1 - a and share = a / n.

static void TYPED(slope_of_class)(int64_t n, double scale, int32_t class, REAL *slope) {
  for (int64_t j = 0; j < n; j++) slope[j] = (REAL)((double)slope[j] * scale);
  slope[class] -= 1;
}

static void TYPED(slope_of_values)(int64_t n, double scale, const REAL *restrict target, REAL *restrict slope) {
  for (int64_t j = 0; j < n; j++) slope[j] = (REAL)((double)slope[j] * scale - (double)target[j]);
}

static void TYPED(slope_of_smoothed)(int64_t n, double scale, double keep, double share, const REAL *restrict target,
                                     REAL *restrict slope) {
  for (int64_t j = 0; j < n; j++) {
    slope[j] = (REAL)((double)slope[j] * scale - (keep * (double)target[j] + share));
  }
}

// The gradient for a class target: the class has target keep + share, the other classes have `share`.
static void TYPED(slope_of_smoothed_class)(int64_t n, double scale, double keep, double share, int32_t class,
                                           REAL *slope) {
  double of_class = (double)slope[class] * scale - (keep + share);
  for (int64_t j = 0; j < n; j++) slope[j] = (REAL)((double)slope[j] * scale - share);
  slope[class] = (REAL)of_class;
}

// Returns the loss of a row with a value for each output, and sets *weight to the sum of these values.
static double TYPED(loss_of_values)(int64_t n, const REAL *x, const REAL *target, double log_sum, double largest,
                                    double *weight) {
  double loss;
  SP_ROW_SUM(*weight, j, n, (double)target[j]);
  SP_ROW_SUM(loss, j, n, (double)target[j] * (log_sum - ((double)x[j] - largest)));
  return loss;
}

// Returns the loss against targets that are equal for all classes.
static double TYPED(loss_of_equals)(int64_t n, const REAL *x, double log_sum, double largest) {
  double loss;
  SP_ROW_SUM(loss, j, n, log_sum - ((double)x[j] - largest));
  return loss;
}

static void TYPED(softmax_losses)(double smoothing, const sp_row_loss *l) {
  double largest[SP_SOFTMAX_ROWS], sum[SP_SOFTMAX_ROWS], weight;
  int64_t n = l->size;
  const double keep = 1 - smoothing, share = smoothing / (double)n;
  const bool smooth = smoothing > 0;  // without it the arithmetic is unchanged
  const REAL *x = l->output;
  REAL *slope = l->gradient;
  for (int64_t i = 0, at = SP_SOFTMAX_ROWS; i < l->rows; i++, at++, x += n) {
    if (at == SP_SOFTMAX_ROWS) {
      int64_t rows = l->rows - i < SP_SOFTMAX_ROWS ? l->rows - i : SP_SOFTMAX_ROWS;
      TYPED(powers)(rows, n, x, slope, largest, sum);
      at = 0;
    }
    double log_sum = sp_log_double(sum[at]);
    if (!l->target) {
      int32_t class = l->classes[i];
      double loss = log_sum - ((double)x[class] - largest[at]);
      l->each[i] = smooth ? keep * loss + share * TYPED(loss_of_equals)(n, x, log_sum, largest[at]) : loss;
      if (slope && smooth) TYPED(slope_of_smoothed_class)(n, 1 / sum[at], keep, share, class, slope);
      if (slope && !smooth) TYPED(slope_of_class)(n, 1 / sum[at], class, slope);
    } else {
      const REAL *target = (const REAL *)l->target + i * n;
      double loss = TYPED(loss_of_values)(n, x, target, log_sum, largest[at], &weight);
      l->each[i] = smooth ? keep * loss + share * TYPED(loss_of_equals)(n, x, log_sum, largest[at]) : loss;
      if (slope && smooth) {
        TYPED(slope_of_smoothed)(n, (keep * weight + smoothing) / sum[at], keep, share, target, slope);
      }
      if (slope && !smooth) TYPED(slope_of_values)(n, weight / sum[at], target, slope);
    }
    if (slope) slope += n;
  }
}

/// Returns the target of output j of row i, smoothed and times the factor of the output.
static inline double TYPED(weighted_target)(const sp_row_loss *l, int64_t i, int64_t j, double keep, double share,
                                            const double *factor) {
  double t = l->target ? (double)((const REAL *)l->target)[i * l->size + j] : l->classes[i] == j;
  return factor[j] * (keep * t + share);
}

static void TYPED(weighted_softmax_losses)(double smoothing, const double *factor, const sp_row_loss *l) {
  double largest[SP_SOFTMAX_ROWS], sum[SP_SOFTMAX_ROWS], weight;
  const int64_t n = l->size;
  const double keep = 1 - smoothing, share = smoothing / (double)n;
  const REAL *x = l->output;
  REAL *slope = l->gradient;
  for (int64_t i = 0, at = SP_SOFTMAX_ROWS; i < l->rows; i++, at++, x += n) {
    if (at == SP_SOFTMAX_ROWS) {
      int64_t rows = l->rows - i < SP_SOFTMAX_ROWS ? l->rows - i : SP_SOFTMAX_ROWS;
      TYPED(powers)(rows, n, x, slope, largest, sum);
      at = 0;
    }
    const double log_sum = sp_log_double(sum[at]);
    SP_ROW_SUM(weight, j, n, TYPED(weighted_target)(l, i, j, keep, share, factor));
    SP_ROW_SUM(l->each[i], j, n,
               TYPED(weighted_target)(l, i, j, keep, share, factor) * (log_sum - ((double)x[j] - largest[at])));
    if (!slope) continue;
    for (int64_t j = 0; j < n; j++) {
      slope[j] = (REAL)((double)slope[j] * (weight / sum[at]) - TYPED(weighted_target)(l, i, j, keep, share, factor));
    }
    slope += n;
  }
}
