// SPDX-License-Identifier: Apache-2.0
// top_k: the fraction of rows where the right class is among the k largest outputs.
#include <stdio.h>

#include "model/metric.h"

typedef struct top_k_options {
  sp_metric_common common;
  int64_t k;
} top_k_options;

static const sp_option options[] = {
    {.name = "k",
     .kind = SP_OPTION_INT,
     .offset = offsetof(top_k_options, k),
     .preset = "5",
     .range = "[1, inf)",
     .help = "number of largest outputs searched for the right class"},
    SP_METRIC_COMMON,
    {0},
};

static void label(const void *given, int score, char name[SP_METRIC_NAME]) {
  (void)score;
  snprintf(name, SP_METRIC_NAME, "top_%lld", (long long)((const top_k_options *)given)->k);
}

static sp_status fit(sp_metric *metric) {
  long long k = ((const top_k_options *)metric->options)->k;
  if (metric->meaning != SP_MEANS_CLASS && metric->meaning != SP_MEANS_PROBABILITIES) {
    return sp_fail(SP_ERR_CONFIG, "top_k needs one of several classes: use it with softmax_cross_entropy");
  }
  if (k >= metric->size) {
    return sp_fail(SP_ERR_CONFIG, "k: expected less than %lld, the number of classes, got %lld",
                   (long long)metric->size, k);
  }
  return SP_OK;
}

static void count(const sp_metric *metric, const sp_prediction *p, double *sums) {
  int64_t k = ((const top_k_options *)metric->options)->k;
  double right = 0;
  for (int64_t i = 0; i < p->rows; i++) right += sp_row_weight(p, i) * (sp_metric_rank(p, i) < k);
  sums[0] = right;
}

const sp_metric_type sp_metric_top_k = {
    .about = {"top_k", "fraction of rows with the right class among the k largest outputs", options,
              sizeof(top_k_options)},
    .higher_is_better = true,
    .label = label,
    .fit = fit,
    .count = count,
    .score = sp_metric_mean,
};
