// SPDX-License-Identifier: Apache-2.0
// The registry of metrics, and functions that several of them share.
#include "model/metric.h"

#include <stdio.h>

const sp_variant *const sp_metrics[] = {
#define SP_METRIC(name) &sp_metric_##name.about,
#include "model/metric_list.h"
#undef SP_METRIC
    NULL};

int sp_metric_scores(const sp_selected *selected) {
  int scores = sp_metric_type_of(selected)->scores;
  return scores > 0 ? scores : 1;
}

const char *sp_metric_name(const sp_selected *selected, int score, char name[SP_METRIC_NAME]) {
  const sp_metric_type *type = sp_metric_type_of(selected);
  bool weighted = ((const sp_metric_common *)selected->options)->weight != NULL;
  char own[SP_METRIC_NAME - sizeof "weighted_"];
  if (type->label) {
    type->label(selected->options, score, name);
  } else {
    snprintf(name, SP_METRIC_NAME, "%s", type->about.name);
  }
  if (!weighted) return name;
  snprintf(own, sizeof own, "%s", name);
  snprintf(name, SP_METRIC_NAME, "weighted_%s", own);
  return name;
}

int64_t sp_metric_right_class(const sp_prediction *p, int64_t row) {
  return p->classes ? ((const int32_t *)p->targets)[row] : sp_largest(p->precision, p->targets, row * p->size, p->size);
}

int64_t sp_metric_rank(const sp_prediction *p, int64_t row) {
  int64_t first = row * p->size, before = 0, right = sp_metric_right_class(p, row);
  double value = sp_value_at(p->precision, p->output, first + right);
  for (int64_t j = 0; j < p->size; j++) {
    double other = sp_value_at(p->precision, p->output, first + j);
    before += j != right && !(value > other || (value == other && right < j));
  }
  return before;
}

void sp_metric_mean(const sp_metric *metric, const double *sums, const sp_metric_rows *counted, double *scores) {
  (void)metric;
  scores[0] = sums[0] / counted->weight;
}
