// SPDX-License-Identifier: Apache-2.0
// Models as a configuration describes them: predictions, loss and gradient on the caller's arrays.
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

/// Build the network of a configuration for rows of some data. Where the loss tells classes apart the data deliver class
/// numbers from now on. All targets are checked: does the loss accept them?
///
/// Collective: yes, over the communicator of the data.  Ownership: borrows config; the caller frees *model.
/// Errors:     the same on all ranks: SP_ERR_SHAPE and SP_ERR_CONFIG naming the layer and both shapes; SP_ERR_DATA for a
///             target that the loss does not accept, with file, data set, row and value; *model is untouched.
SP_API sp_status sp_model_create(const sp_config *config, sp_data *data, sp_model **model);

/// Length of the parameter vector, gaps between the tensors included.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_model_values(const sp_model *model);

/// The name of a tensor, "dense_1/weight", where it lies in the parameter vector and its number of values; NULL where there
/// is none of that number, from 0. `first` and `values` may be NULL.
///
/// Collective: no.  Ownership: valid until the model is freed.  Errors: none.
SP_API const char *sp_model_tensor(const sp_model *model, int64_t index, int64_t *first, int64_t *values);

/// Set the parameters that a run begins with: a function of run.seed, tensor and place.
///
/// Shapes:     parameters: (sp_model_values) in train.precision (float, or double for float64), as everywhere here.
/// Collective: no.  Ownership: borrows.  Errors: SP_ERR_NONFINITE, SP_ERR_MEMORY; only of an objective.
SP_API sp_status sp_model_initialise(const sp_model *model, void *parameters);

/// Values of a prediction: what the last layer makes of a row. 0 of an objective.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_model_outputs(const sp_model *model);

/// What the model makes of some rows, in inference. Where the loss has a softmax or sigmoid in it, these are its inputs.
///
/// Shapes:     features (rows, …): as sp_data_gather delivers them; output: (rows, sp_model_outputs). rows >= 1.
/// Collective: no.  Ownership: borrows all; the first call with so many rows allocates what such batches need.
/// Errors:     SP_ERR_USAGE for less than one row, and of an objective; SP_ERR_MEMORY; output is untouched.
SP_API sp_status sp_model_predict(sp_model *model, const void *parameters, const void *features, int64_t rows,
                                  void *output);

/// The loss of some rows, a mean, and its gradient. An objective finds them numbered from 0, as those of step 0.
///
/// Shapes:     features (rows, …), targets (rows, …): as sp_data_gather delivers them, NULL without data; gradient:
///             (sp_model_values), written, 0 in the gaps; NULL: the loss in inference is all that is wanted. rows >= 1.
/// Collective: no.  Ownership: borrows all; the first call with so many rows allocates what such batches need.
/// Errors:     SP_ERR_USAGE for less than one row, and for a class number that the model does not have; SP_ERR_MEMORY;
///             SP_ERR_NONFINITE when the loss is not finite: gradient is of no use then.
SP_API sp_status sp_model_gradient(sp_model *model, const void *parameters, const void *features, const void *targets,
                                   int64_t rows, double *loss, void *gradient);

/// Free it. NULL is fine.
///
/// Collective: no.  Errors: none.
SP_API void sp_model_free(sp_model *model);

#ifdef __cplusplus
}
#endif
#endif
