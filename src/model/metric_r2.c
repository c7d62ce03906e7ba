// SPDX-License-Identifier: Apache-2.0
// r2: the mean over the outputs of 1 - sum (x - t)^2 / sum (t - mean t)^2, as r2_score of scikit-learn. An output whose
// targets are all equal counts 1 if all its predictions are exact, else 0. Targets count as equal if their variance is
// lost in the rounding of the sums.
#include <float.h>
#include <math.h>

#include "model/metric_errors.h"

static const sp_option options[] = {
    SP_METRIC_COMMON,
    {0},
};

enum { ERRORS, TARGETS, SQUARES, EACH };  // the sums of one output

static sp_status fit(sp_metric *metric) {
  enum { MOST = 100 };
  if (metric->size > MOST) {
    return sp_fail(SP_ERR_CONFIG, "r2 supports up to %d outputs, got %lld", MOST, (long long)metric->size);
  }
  metric->sums = (int)metric->size * EACH;
  return sp_metric_fit_values(metric);
}

static void count(const sp_metric *metric, const sp_prediction *p, double *sums) {
  for (int i = 0; i < metric->sums; i++) sums[i] = 0;
  for (int64_t i = 0; i < p->rows; i++) {
    const double weight = sp_row_weight(p, i);
    for (int64_t j = 0; j < p->size; j++) {
      double target = sp_value_at(p->precision, p->targets, i * p->size + j);
      double error = sp_metric_error(p, i * p->size + j);
      sums[j * EACH + ERRORS] += weight * (error * error);
      sums[j * EACH + TARGETS] += weight * target;
      sums[j * EACH + SQUARES] += weight * (target * target);
    }
  }
}

/// Returns the sum of squared deviations from the mean, or 0 if rounding alone may account for it. The bound on the
/// rounding grows with the number of rows; sums of partial sums are far below it for many rows.
static double spread_of(const double *sums, const sp_metric_rows *counted) {
  double spread = sums[SQUARES] - sums[TARGETS] * sums[TARGETS] / counted->weight;
  return spread > fmin(counted->rows * DBL_EPSILON, 1e-10) * sums[SQUARES] ? spread : 0;
}

static void score(const sp_metric *metric, const double *sums, const sp_metric_rows *counted, double *scores) {
  double total = 0;
  for (int64_t j = 0; j < metric->size; j++, sums += EACH) {
    double spread = spread_of(sums, counted);
    total += spread > 0 ? 1 - sums[ERRORS] / spread : sums[ERRORS] > 0 ? 0 : 1;
  }
  scores[0] = total / (double)metric->size;
}

const sp_metric_type sp_metric_r2 = {
    .about = {"r2", "fraction of the targets' variance that is explained", options, sizeof(sp_metric_common)},
    .higher_is_better = true,
    .fit = fit,
    .count = count,
    .score = score,
};
