// SPDX-License-Identifier: Apache-2.0
// auc: the area under the ROC curve of a decision between yes and no: the probability that a row of yes has a larger
// output than a row of no, where equal outputs count half (midranks). With weights w, over pairs of a yes i and a no j,
//     sum w_i w_j ([x_i > x_j] + [x_i = x_j] / 2) / (sum_i w_i  sum_j w_j)
// as roc_auc_score of scikit-learn. 0.5 if all rows of some weight are yes, or all are no. Source: Hanley & McNeil 1982.
#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/metric.h"

static const sp_option options[] = {
    SP_METRIC_COMMON,
    {0},
};

enum { OUTPUT, YES, WEIGHT, KEPT };  // the numbers of a row

static sp_status fit(sp_metric *metric) {
  const int64_t size = metric->meaning == SP_MEANS_YES_OR_NO ? 1 : 2;
  metric->kept = KEPT;
  metric->sums = 0;
  if (metric->meaning != SP_MEANS_VALUES && metric->size == size) return SP_OK;
  char outputs[SP_TEXT_COUNTED];
  return sp_fail(SP_ERR_CONFIG,
                 "auc needs a decision between yes and no: one output with sigmoid_cross_entropy, or two classes with "
                 "softmax_cross_entropy; the network has %s",
                 sp_text_counted(metric->size, "output", outputs));
}

// Two logits decide by their difference. An output that is NaN counts as wrong: as below all others for a yes, and as
// above them for a no.
static void keep(const sp_metric *metric, const sp_prediction *p, double *kept) {
  (void)metric;
  for (int64_t i = 0; i < p->rows; i++) {
    const int64_t last = (i + 1) * p->size - 1;
    double output = sp_value_at(p->precision, p->output, last);
    if (p->size == 2) output -= sp_value_at(p->precision, p->output, last - 1);
    const double yes = p->size == 2 ? sp_metric_right_class(p, i) == 1 : sp_target_at(p, i, 0) >= 0.5;
    if (isnan(output)) output = yes > 0 ? -(double)INFINITY : (double)INFINITY;
    kept[i * KEPT + OUTPUT] = output;
    kept[i * KEPT + YES] = yes;
    kept[i * KEPT + WEIGHT] = sp_row_weight(p, i);
  }
}

// Rows that are equal in all numbers can be exchanged, so the sums do not depend on the sorting algorithm.
static int by_output(const void *a, const void *b) {
  const double *x = a, *y = b;
  for (int i = 0; i < KEPT; i++) {
    if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
  }
  return 0;
}

static void finish(const sp_metric *metric, double *kept, int64_t rows, double *scores) {
  double above = 0, yes = 0, no = 0;  // pairs, and weights of the rows so far
  (void)metric;
  qsort(kept, (size_t)rows, KEPT * sizeof *kept, by_output);
  for (int64_t i = 0; i < rows;) {
    const double output = kept[i * KEPT + OUTPUT];
    double yes_here = 0, no_here = 0;
    for (; i < rows && kept[i * KEPT + OUTPUT] == output; i++) {
      *(kept[i * KEPT + YES] > 0 ? &yes_here : &no_here) += kept[i * KEPT + WEIGHT];
    }
    above += yes_here * (no + no_here / 2);
    yes += yes_here;
    no += no_here;
  }
  scores[0] = yes > 0 && no > 0 ? above / (yes * no) : 0.5;
}

const sp_metric_type sp_metric_auc = {
    .about = {"auc", "area under the ROC curve of a decision between yes and no (evaluations only)", options,
              sizeof(sp_metric_common)},
    .higher_is_better = true,
    .fit = fit,
    .keep = keep,
    .finish = finish,
};
