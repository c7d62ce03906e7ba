// SPDX-License-Identifier: Apache-2.0
// accuracy: the fraction of rows whose largest output is that of the right class; for sigmoid_cross_entropy the
// fraction of outputs with the right sign, where a target of at least 0.5 is a yes.
#include "model/metric.h"

static const sp_option options[] = {
    SP_METRIC_COMMON,
    {0},
};

static sp_status fit(sp_metric *metric) {
  if (metric->meaning != SP_MEANS_VALUES || metric->size > 1) return SP_OK;
  return sp_fail(SP_ERR_CONFIG, "accuracy needs targets that are classes; for values use mae, rmse or r2");
}

static void count(const sp_metric *metric, const sp_prediction *p, double *sums) {
  double right = 0;
  for (int64_t i = 0; i < p->rows; i++) {
    if (metric->meaning != SP_MEANS_YES_OR_NO) {
      right += sp_row_weight(p, i) * (sp_metric_rank(p, i) == 0);
      continue;
    }
    int64_t met = 0;
    for (int64_t j = i * p->size; j < (i + 1) * p->size; j++) {
      double logit = sp_value_at(p->precision, p->output, j);
      met += sp_value_at(p->precision, p->targets, j) >= 0.5 ? logit > 0 : logit <= 0;
    }
    right += sp_row_weight(p, i) * ((double)met / (double)p->size);
  }
  sums[0] = right;
}

const sp_metric_type sp_metric_accuracy = {
    .about = {"accuracy", "fraction of correct predictions", options, sizeof(sp_metric_common)},
    .higher_is_better = true,
    .fit = fit,
    .count = count,
    .score = sp_metric_mean,
};
