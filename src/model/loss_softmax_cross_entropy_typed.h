// SPDX-License-Identifier: Apache-2.0
// Softmax cross-entropy of one type: a template, see compute/each_real.h. Sums in float64, in order.
// With m the largest logit and s = sum_j exp(x_j - m): loss = sum_j t_j (log s - (x_j - m)), slope = p_j sum(t) - t_j.
// Label smoothing a replaces each t_j by keep t_j + share, with keep = 1 - a and share = a / n.

SP_HOT static void TYPED(slope_of_class)(int64_t n, double scale, int32_t class, REAL *slope) {
  for (int64_t j = 0; j < n; j++) slope[j] = (REAL)((double)slope[j] * scale);
  slope[class] -= 1;
}

SP_HOT static void TYPED(slope_of_values)(int64_t n, double scale, const REAL *restrict target, REAL *restrict slope) {
  for (int64_t j = 0; j < n; j++) slope[j] = (REAL)((double)slope[j] * scale - (double)target[j]);
}

SP_HOT static void TYPED(slope_of_smoothed)(int64_t n, double scale, double keep, double share,
                                            const REAL *restrict target, REAL *restrict slope) {
  for (int64_t j = 0; j < n; j++) {
    slope[j] = (REAL)((double)slope[j] * scale - (keep * (double)target[j] + share));
  }
}

// The gradient for a class target: the class has target keep + share, the other classes have `share`.
SP_HOT static void TYPED(slope_of_smoothed_class)(int64_t n, double scale, double keep, double share, int32_t class,
                                                  REAL *slope) {
  double of_class = (double)slope[class] * scale - (keep + share);
  for (int64_t j = 0; j < n; j++) slope[j] = (REAL)((double)slope[j] * scale - share);
  slope[class] = (REAL)of_class;
}

// Returns the loss of a row with a value for each output, and sets *weight to the sum of these values.
static double TYPED(loss_of_values)(int64_t n, const REAL *x, const REAL *target, double log_sum, double largest,
                                    double *weight) {
  double loss = 0;
  *weight = 0;
  for (int64_t j = 0; j < n; j++) {
    *weight += (double)target[j];
    loss += (double)target[j] * (log_sum - ((double)x[j] - largest));
  }
  return loss;
}

// Returns the loss against targets that are equal for all classes.
static double TYPED(loss_of_equals)(int64_t n, const REAL *x, double log_sum, double largest) {
  double loss = 0;
  for (int64_t j = 0; j < n; j++) loss += log_sum - ((double)x[j] - largest);
  return loss;
}

static void TYPED(cross_entropy)(double smoothing, const sp_prediction *p, double *each, REAL *slope) {
  double largest[SP_SOFTMAX_ROWS], sum[SP_SOFTMAX_ROWS], weight;
  int64_t n = p->size;
  const double keep = 1 - smoothing, share = smoothing / (double)n;
  const bool smooth = smoothing > 0;  // without it the arithmetic is unchanged
  const REAL *x = p->output;
  for (int64_t i = 0, at = SP_SOFTMAX_ROWS; i < p->rows; i++, at++, x += n) {
    if (at == SP_SOFTMAX_ROWS) {
      int64_t rows = p->rows - i < SP_SOFTMAX_ROWS ? p->rows - i : SP_SOFTMAX_ROWS;
      sp_softmax_powers(p->precision, rows, n, x, slope, largest, sum);
      at = 0;
    }
    double log_sum = log(sum[at]);
    if (p->classes) {
      int32_t class = ((const int32_t *)p->targets)[i];
      double loss = log_sum - ((double)x[class] - largest[at]);
      each[i] = smooth ? keep * loss + share * TYPED(loss_of_equals)(n, x, log_sum, largest[at]) : loss;
      if (slope && smooth) TYPED(slope_of_smoothed_class)(n, 1 / sum[at], keep, share, class, slope);
      if (slope && !smooth) TYPED(slope_of_class)(n, 1 / sum[at], class, slope);
    } else {
      const REAL *target = (const REAL *)p->targets + i * n;
      double loss = TYPED(loss_of_values)(n, x, target, log_sum, largest[at], &weight);
      each[i] = smooth ? keep * loss + share * TYPED(loss_of_equals)(n, x, log_sum, largest[at]) : loss;
      if (slope && smooth) {
        TYPED(slope_of_smoothed)(n, (keep * weight + smoothing) / sum[at], keep, share, target, slope);
      }
      if (slope && !smooth) TYPED(slope_of_values)(n, weight / sum[at], target, slope);
    }
    if (slope) slope += n;
  }
}

// With class weights w and smoothed targets t: loss = sum_j w_j t_j (log s - (x_j - m)), slope_j = p_j sum(w t) - w_j t_j.
static void TYPED(weighted)(double smoothing, const double *factor, const sp_prediction *p, double *each, REAL *slope) {
  double largest[SP_SOFTMAX_ROWS], sum[SP_SOFTMAX_ROWS];
  const int64_t n = p->size;
  const double keep = 1 - smoothing, share = smoothing / (double)n;
  const REAL *x = p->output;
  for (int64_t i = 0, at = SP_SOFTMAX_ROWS; i < p->rows; i++, at++, x += n) {
    if (at == SP_SOFTMAX_ROWS) {
      int64_t rows = p->rows - i < SP_SOFTMAX_ROWS ? p->rows - i : SP_SOFTMAX_ROWS;
      sp_softmax_powers(p->precision, rows, n, x, slope, largest, sum);
      at = 0;
    }
    const double log_sum = log(sum[at]);
    double loss = 0, weight = 0;
    for (int64_t j = 0; j < n; j++) {
      const double t = factor[j] * (keep * sp_target_at(p, i, j) + share);
      weight += t;
      loss += t * (log_sum - ((double)x[j] - largest[at]));
    }
    each[i] = loss;
    if (!slope) continue;
    for (int64_t j = 0; j < n; j++) {
      const double t = factor[j] * (keep * sp_target_at(p, i, j) + share);
      slope[j] = (REAL)((double)slope[j] * (weight / sum[at]) - t);
    }
    slope += n;
  }
}
