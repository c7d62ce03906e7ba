// Metrics of the errors between values: which targets they go with.
// May include: base, model.
#ifndef SP_MODEL_METRIC_ERRORS_H
#define SP_MODEL_METRIC_ERRORS_H

#include "model/metric.h"

/// The fit of a metric that compares values with values. Errors: SP_ERR_CONFIG for class numbers.
static inline sp_status sp_metric_fit_values(sp_metric *metric) {
  if (metric->meaning != SP_MEANS_CLASS) return SP_OK;
  return sp_fail(SP_ERR_CONFIG, "%s compares values, and the targets are class numbers", metric->type->about.name);
}

/// Output minus target, for value j of a prediction.
static inline double sp_metric_error(const sp_prediction *p, int64_t j) {
  return sp_value_at(p->precision, p->output, j) - sp_value_at(p->precision, p->targets, j);
}

#endif
