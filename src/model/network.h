// SPDX-License-Identifier: Apache-2.0
// The network: a chain of layers with a loss and metrics, or an objective. A pass has the rows of one lane or of several.
// Its outputs are the same for a row, whatever the other rows are; its sums are taken for each lane, and its gradients for
// each part of the lanes (sp_batch_lanes). Independent of ranks.
#ifndef SP_MODEL_NETWORK_H
#define SP_MODEL_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "compute/arithmetic.h"
#include "compute/compute.h"
#include "data/column_form.h"
#include "data/delivered.h"
#include "model/batch.h"
#include "model/loss.h"
#include "model/model_options.h"
#include "model/parameters.h"

typedef struct sp_network sp_network;

/// Build a network, checking the shapes through all layers, and the loss and metrics against the targets. Loads the
/// library of an objective. Without targets the network only predicts and has no scores.
/// Ownership: borrows options; copies what it needs of `data`.
/// Errors: SP_ERR_CONFIG / SP_ERR_SHAPE naming the path (model.layers[2]) and both shapes.
sp_status sp_network_create(const sp_model_options *options, const sp_data_form *data, sp_arithmetic arithmetic,
                            sp_network **out);
void sp_network_free(sp_network *network);  ///< network may be NULL

const sp_parameter_table *sp_network_table(const sp_network *network);

/// Returns the shape of the output for a row; NULL for an objective, which predicts nothing.
const sp_shape *sp_network_output(const sp_network *network);

/// Returns how the network uses each column of the data that it was created for: an array of data->columns.
const sp_column_use *sp_network_use(const sp_network *network);

/// Returns the column that the first layer reads; -1 for an objective.
int sp_network_input(const sp_network *network);

/// Returns the column that the loss compares the output with, which the data may lack; -1 for an objective.
int sp_network_target(const sp_network *network);

/// Returns the name of the column that the loss or a metric reads and the data lack, so that there are no scores; NULL if
/// there are scores.
const char *sp_network_missing(const sp_network *network);

/// Returns the type of the loss, which describes the outputs; NULL for an objective.
const sp_loss_type *sp_network_loss(const sp_network *network);

/// Returns whether the loss or a metric takes weights from a column.
bool sp_network_reads_weights(const sp_network *network, int column);

/// Returns whether the values of a column must be checked once before training: target values other than class numbers,
/// which the loss must accept; weights; and input that not all layers accept. An objective requires no check.
bool sp_network_checks(const sp_network *network, int column);

/// Check some values of such a column. Errors: SP_ERR_DATA without the place; *row is set to the row.
sp_status sp_network_check(const sp_network *network, int column, const sp_delivered *values, int64_t *row);

/// Check that the layers accept the input of a batch, before a pass over it: an embedding requires integers below its
/// vocabulary. Most networks accept all values. Errors: SP_ERR_DATA naming the layer, without the place; *row is set to
/// the row of the batch, from 0.
sp_status sp_network_check_input(const sp_network *network, const sp_batch *batch, int64_t *row);

/// Fill the parameter vector (table->blocks whole blocks; gaps and padding 0). Each value is a function of seed, tensor
/// and position. Errors: SP_ERR_NONFINITE naming the tensor and SP_ERR_MEMORY, for an objective only.
sp_status sp_network_initialise(const sp_network *network, uint64_t seed, void *parameters);

/// Set the values of a parameter vector from elsewhere that this network requires to be 0: the vector of an embedding's
/// padding. Returns the first tensor that had another number there, or -1.
int64_t sp_network_set_zeros(const sp_network *network, void *parameters);

/// Prepare primitives and workspace for batches of exactly `rows` rows. Must be called before a pass of that size. Any
/// number of sizes may be prepared; they share one workspace. Passes allocate no memory.
sp_status sp_network_prepare(sp_network *network, int64_t rows);

/// Returns the largest number of values that a training pass adds over all lanes at a time (sp_pass_reduction); 0: the
/// network has no layer that needs it.
int64_t sp_network_reduces(const sp_network *network);

/// Returns whether each part of a training pass must be a single lane: an objective computes one lane after the other.
bool sp_network_needs_each_lane(const sp_network *network);

/// Set the largest number of lanes of a training pass; 1 by default. Call it before sp_network_prepare.
void sp_network_set_lanes(sp_network *network, int64_t lanes);

/// Returns the number of float64 sums that a pass computes for each lane. The first is the sum of the losses;
/// model/scoring.h has the order of the others.
int sp_network_sums(const sp_network *network);

/// Run forward, loss and backward: compute the gradient (whole vector for each part of the lanes, overwritten; 0 in gaps and
/// padding) of the SUM of the samples' weighted losses, and sums (lanes, sp_network_sums). With 0 rows the results are 0,
/// but the pass still waits for all parameters, which may still be in transfer, and takes part in the sums over lanes.
/// Events are reported layer by layer, for all parts together, or all at once by an objective. The gradient of a statistic
/// is the sum over the rows of what its layer observed; it is done when the backward pass begins.
void sp_network_gradient(sp_network *network, const sp_batch *batch, const void *parameters, void *gradient,
                         double *sums);

/// Run forward and compute the sums (lanes, sp_network_sums), in inference mode; the event `done` is not reported. `output`
/// (rows, output) receives the predictions unless it is NULL. If `sums` is NULL, the network, which must not be an
/// objective, only predicts; then the batch needs no targets.
void sp_network_evaluate(sp_network *network, const sp_batch *batch, const void *parameters, void *output,
                         double *sums);

// The loss of rows is the sum of their losses divided by their weight. If the loss is weighted (model/loss.h), that is a
// sum over the rows; otherwise it is their number.

bool sp_network_is_weighted(const sp_network *network);

/// Returns whether the weight of a batch, for a weighted loss, depends on the values of a column.
bool sp_network_weight_depends_on(const sp_network *network, int column);

/// Compute the weights (lanes) of the rows of each lane for a weighted loss. The batch needs only the columns that the weight
/// depends on.
void sp_network_weigh(const sp_network *network, const sp_batch *batch, double *weight);

/// Returns the weight of `rows` rows with these sums.
double sp_network_weight(const sp_network *network, const double *sums, double rows);

/// Returns the factors of the loss that are computed from the training rows, and sets their name and number; NULL if there
/// are none. They are 1 until sp_network_balance, or until the caller sets them from a checkpoint.
double *sp_network_factors(sp_network *network, const char **name, int64_t *count);

/// Add the targets of a batch to totals (count), for sp_network_balance. Only the target column is needed.
void sp_network_count_targets(const sp_network *network, const sp_batch *batch, double *total);

/// Set these factors from the totals over `rows` training rows. Errors: SP_ERR_DATA naming a class without rows.
sp_status sp_network_balance(sp_network *network, const double *total, double rows);

/// Compute scores from sums over `rows` samples: first the mean loss (named "loss"), then the metrics. NaN for rows without
/// weight, and for a metric that needs all predictions of an evaluation.
int sp_network_scores(const sp_network *network);
const char *sp_network_score_name(const sp_network *network, int score);
bool sp_network_score_higher_is_better(const sp_network *network, int score);
void sp_network_score(const sp_network *network, const double *sums, double rows, double *scores);

// Some metrics need all predictions of an evaluation (model/metric.h). They keep numbers of each row.

int sp_network_metrics(const sp_network *network);  ///< number of all metrics

/// Returns the number of float64 numbers that a metric keeps of each row; 0: it is computed from sums.
int sp_network_kept(const sp_network *network, int metric);

/// Write the numbers of the rows of a batch, whose output is computed: (rows, kept).
void sp_network_keep(const sp_network *network, int metric, const sp_batch *batch, const void *output, double *kept);

/// Set the scores of a metric from the numbers of all rows in row order, which are overwritten. `scores` has room for all
/// scores of the network.
void sp_network_finish(const sp_network *network, int metric, double *kept, int64_t rows, double *scores);

/// Repeat a pass to find the first value that is not finite: in the features, the targets, a layer's output, the loss
/// or a layer's gradient. Writes a message such as "output of dense_2 (sample rows 17, 40, …)". Returns false when all
/// values are finite.
bool sp_network_find_nonfinite(sp_network *network, const sp_batch *batch, const void *parameters, void *gradient,
                               char message[512]);

/// Returns the array that holds, for each output, a difference of 1 in its target converted to the data's units, for
/// metrics with `units: original`. The caller sets it; values are 1 initially. NULL when no metric needs it.
double *sp_network_units(sp_network *network);

/// Append a readable table of the layers: name, output shape, parameters.
void sp_network_summary(const sp_network *network, sp_text *out);

/// Returns the floating-point operations (two per multiply-add) for one sample: of the forward pass, and of forward and
/// backward together.
int64_t sp_network_flops(const sp_network *network);
int64_t sp_network_gradient_flops(const sp_network *network);

#endif
