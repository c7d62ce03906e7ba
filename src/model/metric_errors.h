// SPDX-License-Identifier: Apache-2.0
// Metrics of errors between values: the targets and units they support.
#ifndef SP_MODEL_METRIC_ERRORS_H
#define SP_MODEL_METRIC_ERRORS_H

#include "data/column_form.h"
#include "model/metric.h"

/// The `fit` of a metric that compares values. Errors: SP_ERR_CONFIG for class numbers.
static inline sp_status sp_metric_fit_values(sp_metric *metric) {
  if (metric->meaning != SP_MEANS_CLASS) return SP_OK;
  return sp_fail(SP_ERR_CONFIG, "%s compares values, but the targets are class numbers: use accuracy or top_k",
                 metric->type->about.name);
}

/// Returns output minus target for value j of a prediction.
static inline double sp_metric_error(const sp_prediction *p, int64_t j) {
  return sp_value_at(p->precision, p->output, j) - sp_value_at(p->precision, p->targets, j);
}

/// The options and the `fit` of a metric whose score has the units of the targets.
typedef enum sp_score_units { SP_UNITS_TRANSFORMED, SP_UNITS_ORIGINAL } sp_score_units;

typedef struct sp_error_options {
  sp_metric_common common;
  sp_score_units units;
} sp_error_options;

#define SP_METRIC_UNITS                                                                                              \
  {                                                                                                                  \
    .name = "units", .kind = SP_OPTION_CHOICE, .offset = offsetof(sp_error_options, units), .preset = "transformed", \
    .range = "transformed|original",                                                                                 \
    .help = "units of the score: of the targets after the transforms of their column, or of the data set"            \
  }

static inline sp_status sp_metric_fit_units(sp_metric *metric) {
  SP_TRY(sp_metric_fit_values(metric));
  metric->original = ((const sp_error_options *)metric->options)->units == SP_UNITS_ORIGINAL;
  if (!metric->original || metric->invertible) return SP_OK;
  char option[SP_TRANSFORMS_OPTION];
  return sp_fail(SP_ERR_CONFIG,
                 "%s: units: original needs a %s of only standardize, scale or reshape, which can be inverted",
                 metric->type->about.name, sp_transforms_option(metric->target, option));
}

/// The same as sp_metric_error, in the units of the metric's score.
static inline double sp_metric_error_in_units(const sp_metric *metric, const sp_prediction *p, int64_t j) {
  double error = sp_metric_error(p, j);
  return metric->units ? error * metric->units[j % p->size] : error;
}

#endif
