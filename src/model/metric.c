// SPDX-License-Identifier: Apache-2.0
// The registry of metrics, and functions that several of them share.
#include "model/metric.h"

#include <stdio.h>
#include <string.h>

const sp_variant *const sp_metrics[] = {
#define SP_METRIC(name) &sp_metric_##name.about,
#include "model/metric_list.h"
#undef SP_METRIC
    NULL};

int sp_metric_scores(const sp_selected *selected) {
  int scores = sp_metric_type_of(selected)->scores;
  return scores > 0 ? scores : 1;
}

static const char *weight_of(const sp_selected *selected) {
  return ((const sp_metric_common *)selected->options)->weight;
}

/// Write the name of a score without its weight.
static void write_label(const sp_selected *selected, int score, char name[SP_METRIC_NAME]) {
  const sp_metric_type *type = sp_metric_type_of(selected);
  if (type->label) {
    type->label(selected->options, score, name);
  } else {
    snprintf(name, SP_METRIC_NAME, "%s", type->about.name);
  }
}

/// Returns whether the list has the same score with the weights of another column.
static bool has_other_weight(const sp_selected_list *metrics, const sp_selected *metric, const char *label) {
  char other[SP_METRIC_NAME];
  for (int64_t i = 0; i < metrics->count; i++) {
    const sp_selected *item = &metrics->item[i];
    if (!weight_of(item) || strcmp(weight_of(item), weight_of(metric)) == 0) continue;
    for (int score = 0; score < sp_metric_scores(item); score++) {
      write_label(item, score, other);
      if (strcmp(other, label) == 0) return true;
    }
  }
  return false;
}

const char *sp_metric_name(const sp_selected_list *metrics, int64_t i, int score, char name[SP_METRIC_NAME]) {
  const sp_selected *metric = &metrics->item[i];
  char label[SP_METRIC_NAME];
  write_label(metric, score, name);
  if (!weight_of(metric)) return name;
  snprintf(label, sizeof label, "%s", name);
  bool named = has_other_weight(metrics, metric, label);
  snprintf(name, SP_METRIC_NAME, "weighted_%.36s%s%s", label, named ? "_" : "", named ? weight_of(metric) : "");
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
