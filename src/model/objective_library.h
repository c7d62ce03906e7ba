// SPDX-License-Identifier: Apache-2.0
// The library of an objective: loading, checking and calling it.
#ifndef SP_MODEL_OBJECTIVE_LIBRARY_H
#define SP_MODEL_OBJECTIVE_LIBRARY_H

#include "base/dtype.h"
#include "base/memory.h"
#include "data/column_form.h"
#include "model/batch.h"
#include "model/model_options.h"
#include "model/parameters.h"
#include "shardprop/objective.h"

typedef struct sp_objective_model sp_objective_model;

/// Load and check a library, read its options, lay out its tensors. Memory comes from the arena. Errors: SP_ERR_CONFIG
/// naming the library and the fault, or the place of an option.
sp_status sp_objective_load(const sp_objective_options *options, const sp_data_form *data, sp_dtype precision,
                            sp_arena *arena, sp_objective_model **out);
void sp_objective_unload(sp_objective_model *model);  ///< model may be NULL

const sp_parameter_table *sp_objective_table(const sp_objective_model *model);
int sp_objective_scores(const sp_objective_model *model);  ///< number of scores, not counting the loss
const sp_objective *sp_objective_about(const sp_objective_model *model);

/// Write the initial values of all tensors to a parameter vector. Errors: SP_ERR_NONFINITE naming the tensor,
/// SP_ERR_MEMORY.
sp_status sp_objective_initialise(const sp_objective_model *model, uint64_t seed, void *parameters);

/// Compute the sums of a lane of a batch and, unless it is NULL, its gradient (whole vector). When this or another function of
/// the library crashes, the program reports the function and the library: base/crash.h.
void sp_objective_run(sp_objective_model *model, const sp_batch *batch, int64_t lane, const void *parameters,
                      void *gradient, double *sums);

#endif
