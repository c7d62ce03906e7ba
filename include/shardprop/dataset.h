// SPDX-License-Identifier: Apache-2.0
// Data sets as a configuration names them: rows, transformed, in the types that a model takes.
// Public. Includes MPI, shardprop/config.h, shardprop/export.h and shardprop/status.h.
#ifndef SHARDPROP_DATASET_H
#define SHARDPROP_DATASET_H

#include <mpi.h>
#include <stdint.h>

#include "shardprop/config.h"
#include "shardprop/export.h"
#include "shardprop/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sp_data sp_data;

typedef enum sp_data_part { SP_DATA_TRAIN, SP_DATA_VALIDATION, SP_DATA_TEST } sp_data_part;

/// Open the rows that a configuration trains on, validates or tests with, and compute the statistics of `standardize` over
/// the training rows, if there are any to compute: the same bits as in a run of as many lanes (`lanes: auto`: ranks).
///
/// Collective: yes, over comm.  Ownership: borrows config until it is closed; comm is duplicated; the caller closes *data.
/// Errors:     the same on all ranks: SP_ERR_DATA naming file, data set, what was found and what was expected;
///             SP_ERR_USAGE when the configuration has no such part; *data is untouched.
SP_API sp_status sp_data_open(MPI_Comm comm, const sp_config *config, sp_data_part part, sp_data **data);

/// How many rows the part has.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_data_rows(const sp_data *data);

/// Values of a row after the transforms; for class numbers 1 target. 0 where there is no data (`data.rows`).
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_data_features(const sp_data *data);
SP_API int64_t sp_data_targets(const sp_data *data);

/// Deliver rows, numbered from 0 within the part.
///
/// Shapes:     row: (count); features: (count, sp_data_features) in train.precision (float, or double for float64);
///             targets: (count, sp_data_targets) in it too, or once a model with classes was made for the data (count)
///             int32_t. features or targets may be NULL.
/// Collective: no.  Ownership: borrows all.
/// Errors:     SP_ERR_USAGE for a row that is not there, and a negative count; SP_ERR_DATA when it cannot be read.
SP_API sp_status sp_data_gather(sp_data *data, const int64_t *row, int64_t count, void *features, void *targets);

/// Free it. NULL is fine on all ranks.
///
/// Collective: yes.  Errors: none.
SP_API void sp_data_close(sp_data *data);

#ifdef __cplusplus
}
#endif
#endif
