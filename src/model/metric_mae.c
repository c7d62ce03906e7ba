// SPDX-License-Identifier: Apache-2.0
// mae: the mean of |x - t| over rows and outputs.
#include <math.h>

#include "model/metric_errors.h"

static const sp_option options[] = {
    SP_METRIC_UNITS,
    SP_METRIC_COMMON,
    {0},
};

static void count(const sp_metric *metric, const sp_prediction *p, double *sums) {
  double sum = 0;
  for (int64_t j = 0; j < p->rows * p->size; j++) {
    sum += sp_row_weight(p, j / p->size) * fabs(sp_metric_error_in_units(metric, p, j));
  }
  sums[0] = sum;
}

static void score(const sp_metric *metric, const double *sums, const sp_metric_rows *counted, double *scores) {
  scores[0] = sums[0] / (counted->weight * (double)metric->size);
}

const sp_metric_type sp_metric_mae = {
    .about = {"mae", "mean absolute error", options, sizeof(sp_error_options)},
    .fit = sp_metric_fit_units,
    .count = count,
    .score = score,
};
