// SPDX-License-Identifier: Apache-2.0
// The network: layers in a row with a loss and metrics, or an objective; passes and scores for one lane's rows at a time.
// Knows neither ranks nor lanes.
#ifndef SP_MODEL_NETWORK_H
#define SP_MODEL_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "compute/arithmetic.h"
#include "compute/compute.h"
#include "config/options.h"
#include "data/delivered.h"
#include "model/batch.h"
#include "model/model_options.h"
#include "model/parameters.h"

typedef struct sp_network sp_network;

/// Build a network and check that everything fits: shapes through all layers, loss and metrics with the targets.
/// Ownership: borrows options. An objective's library is loaded.
/// Errors: SP_ERR_CONFIG / SP_ERR_SHAPE naming the path (model.layers[2]) and both shapes.
sp_status sp_network_create(const sp_model_options *options, const sp_network_data *data, sp_arithmetic arithmetic,
                            sp_network **out);
void sp_network_free(sp_network *network);  ///< NULL is fine

const sp_parameter_table *sp_network_table(const sp_network *network);

/// The shape of what the layers give for a row; NULL for an objective, which predicts nothing.
const sp_shape *sp_network_output(const sp_network *network);

/// The number of classes where the targets are class numbers; 0 where they are values.
int64_t sp_network_classes(const sp_network *network);

/// Does the loss accept these target values, which are no class numbers? An objective, and a network that only predicts,
/// accept all. Errors: SP_ERR_DATA without the place; *row is the row.
sp_status sp_network_check_targets(const sp_network *network, const sp_delivered *targets, int64_t *row);

/// Fill the parameter vector (table->blocks whole blocks; gaps and padding 0): a pure function of seed, tensor, place.
/// Errors: SP_ERR_NONFINITE naming the tensor, SP_ERR_MEMORY; only of an objective.
sp_status sp_network_initialise(const sp_network *network, uint64_t seed, void *parameters);

/// Make everything that batches of exactly `rows` rows need (primitives, workspace). Any number of sizes may be
/// prepared; they share one workspace. Must be called before a pass of that size; passes allocate nothing.
sp_status sp_network_prepare(sp_network *network, int64_t rows);

/// How many float64 sums a pass adds up: the loss first, then what each metric needs.
int sp_network_sums(const sp_network *network);

/// Forward, loss, backward: gradient (whole vector, written, not added to; 0 in gaps and padding) of the SUM of the
/// samples' losses; sums (sp_network_sums) are written. rows 0 gives zeros, but waits for all it could
/// have needed: parameters that have not arrived are not done with.
/// Events come layer by layer; all at once where the layers' order is not that of the vector (statistics, blocks).
void sp_network_gradient(sp_network *network, const sp_batch *batch, const void *parameters, void *gradient,
                         double *sums);

/// Forward and sums only, in inference mode; the event `done` does not occur. `output` (rows, output) gets the predictions
/// when it is not NULL.
void sp_network_evaluate(sp_network *network, const sp_batch *batch, const void *parameters, void *output,
                         double *sums);

/// From sums over `rows` samples to scores: the mean loss first (name "loss"), then the metrics. NaN for no rows.
int sp_network_scores(const sp_network *network);
const char *sp_network_score_name(const sp_network *network, int score);
bool sp_network_score_higher_is_better(const sp_network *network, int score);
void sp_network_score(const sp_network *network, const double *sums, double rows, double *scores);

/// Repeat a pass looking for the first thing that is not finite: features, targets, a layer's output, the loss, a
/// layer's gradient. Writes for people: "output of dense_2 (sample rows 17, 40, …)". false when all is finite.
bool sp_network_find_nonfinite(sp_network *network, const sp_batch *batch, const void *parameters, void *gradient,
                               char message[512]);

/// What a difference of 1 in each target is in the data's own units, for metrics that are to be shown in those; NULL where
/// no metric asks. One value for each output, 1 until it is set.
double *sp_network_units(sp_network *network);

/// The table of layers for people: name, output shape, parameters.
void sp_network_summary(const sp_network *network, sp_text *out);

/// Multiply-adds times two of one sample; for plans: of its forward pass, and of its gradient with that pass.
int64_t sp_network_flops(const sp_network *network);
int64_t sp_network_gradient_flops(const sp_network *network);

#endif
