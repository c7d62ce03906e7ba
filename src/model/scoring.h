// SPDX-License-Identifier: Apache-2.0
// The scores of a network: its loss and its metrics, as float64 sums over rows, and as numbers kept of each row.
//
// The sums of a pass are, in this order: of the loss, its sum over the rows, and the sum of their weights if it is weighted;
// of each metric, its own sums, and the sum of the weights if it is weighted.
#ifndef SP_MODEL_SCORING_H
#define SP_MODEL_SCORING_H

#include "base/memory.h"
#include "data/column_form.h"
#include "model/batch.h"
#include "model/loss.h"
#include "model/metric.h"
#include "model/model_options.h"

typedef struct sp_scoring {
  sp_dtype precision;
  int64_t size;  ///< values of an output
  sp_loss loss;
  sp_metric *metric;
  int metrics;
  int sums;             ///< 0: there are no scores, because the network only predicts
  const char *missing;  ///< the column without which there are no scores, borrowed; NULL: there are scores
  int scores;           ///< the loss, then those of the metrics
  double *units;        ///< of the targets, for metrics that need them; else NULL
} sp_scoring;

/// Set up loss and metrics for outputs of a shape, and mark the columns that they read in `use`. If the data
/// lack one of these columns, there are no scores. Memory comes from the arena; borrows the options.
/// Errors: SP_ERR_CONFIG / SP_ERR_SHAPE naming the path.
sp_status sp_scoring_create(const sp_model_options *options, const sp_data_form *data, const sp_shape *output,
                            sp_dtype precision, sp_arena *arena, sp_column_use *use, sp_scoring *out);

/// Add a metric that needs no options. `scoring->metric` must have room for it.
void sp_scoring_add(sp_scoring *scoring, const sp_metric *metric);

/// Returns the view of a batch for the loss, once its output (rows, size) is computed. `output` may be NULL for functions
/// that read the targets only.
sp_prediction sp_scoring_prediction(const sp_scoring *scoring, const sp_batch *batch, const void *output);

/// Compute the sums of each lane of a batch, (lanes, sums), from its output and, unless `slope` is NULL, the gradient (rows,
/// size) of the sum of the losses.
void sp_scoring_count(const sp_scoring *scoring, const sp_batch *batch, const void *output, void *slope, double *sums);

/// Returns the weight of `rows` rows with these sums, by which the sum of their losses is divided.
double sp_scoring_weight(const sp_scoring *scoring, const double *sums, double rows);

/// Compute the scores from sums over `rows` rows: NaN for rows without weight, and of metrics that need all predictions.
void sp_scoring_scores(const sp_scoring *scoring, const double *sums, double rows, double *scores);

const char *sp_scoring_name(const sp_scoring *scoring, int score);
bool sp_scoring_higher_is_better(const sp_scoring *scoring, int score);

/// Write the numbers that metric `index` keeps of each row of a batch: (rows, kept).
void sp_scoring_keep(const sp_scoring *scoring, int index, const sp_batch *batch, const void *output, double *kept);

/// Set the scores of metric `index` from the numbers of all rows, in row order, which are overwritten.
void sp_scoring_finish(const sp_scoring *scoring, int index, double *kept, int64_t rows, double *scores);

#endif
