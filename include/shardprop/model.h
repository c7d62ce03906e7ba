// SPDX-License-Identifier: Apache-2.0
// Models as a configuration describes them: predictions, losses and gradients on the caller's arrays.
// Public. Includes shardprop/config.h, shardprop/dataset.h, shardprop/export.h and shardprop/status.h.
#ifndef SHARDPROP_MODEL_H
#define SHARDPROP_MODEL_H

#include <stdint.h>

#include "shardprop/config.h"
#include "shardprop/dataset.h"
#include "shardprop/export.h"
#include "shardprop/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sp_model sp_model;

/// Build the network of a configuration for the rows of a data set. If the loss takes class numbers, sp_data_gather
/// delivers class numbers from then on. All targets are checked against what the loss accepts. A model of rows that lack
/// the targets, or weights that the loss or a metric reads, only predicts.
///
/// Collective: yes, over the communicator of the data.  Ownership: borrows config; the caller frees *model.
/// Errors:     the same on all ranks: SP_ERR_SHAPE and SP_ERR_CONFIG naming the layer and both shapes; SP_ERR_DATA for
///             a target that the loss does not accept, naming file, data set, row and value; *model is untouched.
SP_API sp_status sp_model_create(const sp_config *config, sp_data *data, sp_model **model);

/// Returns the length of the parameter vector, including the gaps between the tensors.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_model_values(const sp_model *model);

/// Returns the name of tensor `index` (from 0), such as "dense_1/weight", and sets *first to its offset in the
/// parameter vector and *values to its number of values. Returns NULL when there is no such tensor. `first` and
/// `values` may be NULL.
///
/// Collective: no.  Ownership: valid until the model is freed.  Errors: none.
SP_API const char *sp_model_tensor(const sp_model *model, int64_t index, int64_t *first, int64_t *values);

/// Returns the length of the beginning of the parameter vector that is trained. The values from there on are statistics,
/// such as the running means of batch_norm: give an optimizer only the trained values, and update the statistics with
/// sp_model_observe. Equal to sp_model_values if there are none.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_model_trained(const sp_model *model);

/// Set the initial parameters of a run. Each value is a function of run.seed, the tensor and the position in it.
///
/// Shapes:     parameters: (sp_model_values) in train.precision (float, or double for float64), as in all functions
///             below.
/// Collective: no.  Ownership: borrows.  Errors: SP_ERR_NONFINITE and SP_ERR_MEMORY, for an objective only.
SP_API sp_status sp_model_initialise(const sp_model *model, void *parameters);

/// Returns the number of values in a prediction, the output of the last layer for one row. Returns 0 for an objective.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_model_outputs(const sp_model *model);

/// Compute predictions for some rows, in inference mode. If the loss includes a softmax or sigmoid, the predictions are
/// its inputs (logits).
///
/// Shapes:     column: (sp_data_columns) arrays (rows, …) as sp_data_gather delivers them, of which only those that the
///             layers read are needed; output: (rows, sp_model_outputs). rows >= 1.
/// Collective: no.  Ownership: borrows all; the first call for each number of rows allocates memory for batches of that
/// size.
/// Errors:     SP_ERR_USAGE for less than one row and for an objective; SP_ERR_DATA for values that a layer does not
///             accept (embedding), naming row, layer and value; SP_ERR_MEMORY; output is untouched.
SP_API sp_status sp_model_predict(sp_model *model, const void *parameters, const void *const *column, int64_t rows,
                                  void *output);

/// Set the number of the step, from 0, and the numbers of the rows for the following calls of sp_model_gradient. Layers
/// derive their random numbers from them (dropout), and an objective receives them; without this call, the step is 0 and
/// rows are numbered from 0, so that every gradient has the same random numbers.
///
/// Shapes:     row: as many as the batches have rows; NULL: numbers from 0.
/// Collective: no.  Ownership: borrows row until the next call.  Errors: none.
SP_API void sp_model_set_step(sp_model *model, int64_t step, const int64_t *row);

/// Compute the mean loss of some rows, and its gradient. If the loss is weighted, that is the weighted mean: the sum of the
/// weighted losses divided by the sum of the weights. Weights of classes that are `balanced` are those of the training
/// rows of the data that the model was created with.
///
/// Shapes:     column: (sp_data_columns) arrays (rows, …) as sp_data_gather delivers them, NULL without data; gradient:
///             (sp_model_values), overwritten, 0 in the gaps; NULL computes only the loss, in inference mode.
///             rows >= 1. The gradient of a statistic is the mean over the rows of what its layer observed; layers that
///             need the whole batch (batch_norm) take these rows for it.
/// Collective: no.  Ownership: borrows all; the first call for each number of rows allocates memory for batches of that
/// size.
/// Errors:     SP_ERR_USAGE for less than one row, a class number out of range, rows without weight, and a model that
///             only predicts; SP_ERR_DATA as sp_model_predict; SP_ERR_MEMORY; SP_ERR_NONFINITE when the loss is not
///             finite; the gradient is then undefined.
SP_API sp_status sp_model_gradient(sp_model *model, const void *parameters, const void *const *column, int64_t rows,
                                   double *loss, void *gradient);

/// Update the statistics with the gradient of a step, which may be a mean over ranks or parts of a batch: each statistic s
/// becomes s + momentum (gradient - s) with the momentum of its layer. Trained parameters are left alone.
///
/// Shapes:     parameters, gradient: (sp_model_values).
/// Collective: no.  Ownership: borrows both.  Errors: none; the gradient must be finite.
SP_API void sp_model_observe(const sp_model *model, void *parameters, const void *gradient);

/// Free a model. `model` may be NULL.
///
/// Collective: no.  Errors: none.
SP_API void sp_model_free(sp_model *model);

#ifdef __cplusplus
}
#endif
#endif
