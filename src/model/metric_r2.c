// SPDX-License-Identifier: Apache-2.0
// r2: 1 - sum (x - t)^2 / sum (t - mean t)^2 for each output, and the mean over the outputs, as r2_score of
// scikit-learn: an output whose targets are all equal counts 1 when it is met everywhere, else 0. Equal means: their
// variance is lost in the rounding of the sums.
#include <float.h>
#include <math.h>

#include "model/metric_errors.h"

enum { ERRORS, TARGETS, SQUARES, EACH };  // the sums of one output

static sp_status fit(sp_metric *metric) {
  enum { MOST = 100 };
  if (metric->size > MOST) {
    return sp_fail(SP_ERR_CONFIG, "r2 is for up to %d outputs, and there are %lld", MOST, (long long)metric->size);
  }
  metric->sums = (int)metric->size * EACH;
  return sp_metric_fit_values(metric);
}

static void count(const sp_metric *metric, const sp_prediction *p, double *sums) {
  for (int i = 0; i < metric->sums; i++) sums[i] = 0;
  for (int64_t i = 0; i < p->rows; i++) {
    for (int64_t j = 0; j < p->size; j++) {
      double target = sp_value_at(p->precision, p->targets, i * p->size + j);
      double error = sp_metric_error(p, i * p->size + j);
      sums[j * EACH + ERRORS] += error * error;
      sums[j * EACH + TARGETS] += target;
      sums[j * EACH + SQUARES] += target * target;
    }
  }
}

/// What is left of the sum of n squares when their mean is taken away, 0 where rounding alone may have left it. The
/// bound of the rounding grows with n; sums of parts stay far below it when n is large.
static double spread_of(const double *sums, double n) {
  double spread = sums[SQUARES] - sums[TARGETS] * sums[TARGETS] / n;
  return spread > fmin(n * DBL_EPSILON, 1e-10) * sums[SQUARES] ? spread : 0;
}

static double score(const sp_metric *metric, const double *sums, double rows) {
  double total = 0;
  for (int64_t j = 0; j < metric->size; j++, sums += EACH) {
    double spread = spread_of(sums, rows);
    total += spread > 0 ? 1 - sums[ERRORS] / spread : sums[ERRORS] > 0 ? 0 : 1;
  }
  return total / (double)metric->size;
}

const sp_metric_type sp_metric_r2 = {
    .about = {.name = "r2", .help = "share of the targets' variance that is explained"},
    .higher_is_better = true,
    .fit = fit,
    .count = count,
    .score = score,
};
