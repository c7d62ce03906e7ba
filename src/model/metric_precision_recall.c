// SPDX-License-Identifier: Apache-2.0
// precision_recall: three scores of the decisions for classes, as precision_recall_fscore_support of scikit-learn:
//   precision  the rows of the class among those predicted as it: tp / (tp + fp)
//   recall     the rows predicted as the class among those of it: tp / (tp + fn)
//   f1         their harmonic mean: 2 tp / (2 tp + fp + fn)
// of one class, or the mean over the classes (macro), in which the f1 of each class is averaged. A ratio with denominator
// 0 counts 0, as with zero_division=0. For sigmoid_cross_entropy each output is a class of its own, which a row may have
// or not: a logit above 0 predicts yes, and a target of at least 0.5 is a yes.
#include <stdio.h>

#include "model/metric.h"

typedef struct pr_options {
  sp_metric_common common;
  int64_t class;  // SP_AUTO: the mean over all classes
} pr_options;

static const sp_option options[] = {
    {.name = "class",
     .kind = SP_OPTION_INT,
     .offset = offsetof(pr_options, class),
     .preset = "macro",
     .range = "macro|[0, inf)",
     .help = "class (or output of sigmoid_cross_entropy) to score, counted from 0; "
             "macro: the mean over all classes"},
    SP_METRIC_COMMON,
    {0},
};

enum { RIGHT, PREDICTED, ACTUAL, EACH };  // the sums of one class: weights of the rows

static int64_t class_of(const sp_metric *metric) { return ((const pr_options *)metric->options)->class; }

static void label(const void *given, int score, char name[SP_METRIC_NAME]) {
  static const char *const names[] = {"precision", "recall", "f1"};
  const pr_options *o = given;
  if (o->class == SP_AUTO) {
    snprintf(name, SP_METRIC_NAME, "%s", names[score]);
  } else {
    snprintf(name, SP_METRIC_NAME, "%s_%lld", names[score], (long long)o->class);
  }
}

static sp_status fit(sp_metric *metric) {
  enum { MOST = 150 };
  const int64_t class = class_of(metric);
  if (metric->meaning == SP_MEANS_VALUES) {
    return sp_fail(SP_ERR_CONFIG, "precision_recall needs targets that are classes; for values use mae, rmse or r2");
  }
  if (class != SP_AUTO && class >= metric->size) {
    return sp_fail(SP_ERR_CONFIG, "class: expected less than %lld, the number of outputs, got %lld",
                   (long long)metric->size, (long long)class);
  }
  if (class == SP_AUTO && metric->size > MOST) {
    return sp_fail(SP_ERR_CONFIG, "precision_recall: macro supports up to %d classes, got %lld: choose a class", MOST,
                   (long long)metric->size);
  }
  metric->sums = (int)(class == SP_AUTO ? metric->size : 1) * EACH;
  return SP_OK;
}

/// Add a row to the sums of one class.
static void add(double *sums, double weight, bool predicted, bool actual) {
  sums[RIGHT] += weight * (predicted && actual);
  sums[PREDICTED] += weight * predicted;
  sums[ACTUAL] += weight * actual;
}

static void count(const sp_metric *metric, const sp_prediction *p, double *sums) {
  const int64_t chosen = class_of(metric), first = chosen == SP_AUTO ? 0 : chosen;
  const int64_t classes = chosen == SP_AUTO ? p->size : 1;
  for (int i = 0; i < metric->sums; i++) sums[i] = 0;
  for (int64_t i = 0; i < p->rows; i++) {
    const double weight = sp_row_weight(p, i);
    const bool several = metric->meaning == SP_MEANS_YES_OR_NO;
    const int64_t right = several ? 0 : sp_metric_right_class(p, i);
    const int64_t best = several ? 0 : sp_decided_class(p->precision, p->output, i * p->size, p->size);
    for (int64_t j = 0; j < classes; j++) {
      const int64_t class = first + j, at = i * p->size + class;
      bool predicted = several ? sp_value_at(p->precision, p->output, at) > 0 : best == class;
      bool actual = several ? sp_value_at(p->precision, p->targets, at) >= 0.5 : right == class;
      add(sums + j * EACH, weight, predicted, actual);
    }
  }
}

static double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

static void score(const sp_metric *metric, const double *sums, const sp_metric_rows *counted, double *scores) {
  const int classes = metric->sums / EACH;
  double precision = 0, recall = 0, f1 = 0;
  (void)counted;
  for (int j = 0; j < classes; j++, sums += EACH) {
    precision += ratio(sums[RIGHT], sums[PREDICTED]);
    recall += ratio(sums[RIGHT], sums[ACTUAL]);
    f1 += ratio(2 * sums[RIGHT], sums[PREDICTED] + sums[ACTUAL]);
  }
  scores[0] = precision / classes;
  scores[1] = recall / classes;
  scores[2] = f1 / classes;
}

const sp_metric_type sp_metric_precision_recall = {
    .about = {"precision_recall", "precision, recall and f1 of one class, or their means over the classes", options,
              sizeof(pr_options)},
    .higher_is_better = true,
    .scores = 3,
    .label = label,
    .fit = fit,
    .count = count,
    .score = score,
};
