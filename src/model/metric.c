// SPDX-License-Identifier: Apache-2.0
// The registry of metrics, and functions that several of them share.
#include "model/metric.h"

#include <stdio.h>

const sp_variant *const sp_metrics[] = {
#define SP_METRIC(name) &sp_metric_##name.about,
#include "model/metric_list.h"
#undef SP_METRIC
    NULL};

const char *sp_metric_name(const sp_selected *selected, char name[SP_METRIC_NAME]) {
  const sp_metric_type *type = sp_metric_type_of(selected);
  if (type->label) {
    type->label(selected->options, name);
  } else {
    snprintf(name, SP_METRIC_NAME, "%s", type->about.name);
  }
  return name;
}

int64_t sp_metric_rank(const sp_prediction *p, int64_t row) {
  int64_t first = row * p->size, before = 0;
  int64_t right =
      p->classes ? ((const int32_t *)p->targets)[row] : sp_largest(p->precision, p->targets, first, p->size);
  double value = sp_value_at(p->precision, p->output, first + right);
  for (int64_t j = 0; j < p->size; j++) {
    double other = sp_value_at(p->precision, p->output, first + j);
    before += j != right && !(value > other || (value == other && right < j));
  }
  return before;
}

double sp_metric_mean(const sp_metric *metric, const double *sums, double rows) {
  (void)metric;
  return sums[0] / rows;
}
