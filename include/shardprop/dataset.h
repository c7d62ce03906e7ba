// SPDX-License-Identifier: Apache-2.0
// Data sets as a configuration describes them: columns of transformed rows, in the types that a model takes.
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

/// Open the training, validation or test rows of a configuration. Statistics of `standardize` are computed over the
/// training rows when the configuration asks for them; they have the same bits as in a run with the same number of
/// lanes (`lanes: auto`: those of a run that begins with as many ranks).
///
/// Collective: yes, over comm.  Ownership: borrows config until *data is closed; comm is duplicated; the caller closes
/// *data.
/// Errors:     the same on all ranks: SP_ERR_DATA naming file, data set, what was found and what was expected;
///             SP_ERR_USAGE when the configuration does not have this part; *data is untouched.
SP_API sp_status sp_data_open(MPI_Comm comm, const sp_config *config, sp_data_part part, sp_data **data);

/// Returns the number of rows of the part.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_data_rows(const sp_data *data);

/// Returns the number of columns: features, targets, and those of data.train.columns. Returns 0 when the run has no data
/// (`data.rows`).
///
/// Collective: no.  Errors: none.
SP_API int sp_data_columns(const sp_data *data);

/// Returns the name of a column, such as "features", or NULL when there is no such column.
///
/// Collective: no.  Ownership: valid until the data are closed.  Errors: none.
SP_API const char *sp_data_column_name(const sp_data *data, int column);

/// Returns the number of values of a column in a row, after its transforms. A class number counts as 1. Returns 0 when
/// this part of the data lacks the column, and when there is no such column.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_data_column_values(const sp_data *data, int column);

/// Copy rows into the caller's arrays. Rows are numbered from 0 within the part. Random transforms do not draw, as in an
/// evaluation.
///
/// Shapes:     row: (count); column: (sp_data_columns), of which column[c] is NULL, to skip it, or
///             (count, sp_data_column_values) in train.precision (float, or double for float64), or (count) int32_t once
///             a model that takes class numbers from this column has been created for the data. Columns that the model
///             does not use are not copied.
/// Collective: no.  Ownership: borrows all.
/// Errors:     SP_ERR_USAGE for a row out of range or a negative count; SP_ERR_DATA when a row cannot be read.
SP_API sp_status sp_data_gather(sp_data *data, const int64_t *row, int64_t count, void *const *column);

/// Free a data set. `data` may be NULL, on all ranks.
///
/// Collective: yes.  Errors: none.
SP_API void sp_data_close(sp_data *data);

#ifdef __cplusplus
}
#endif
#endif
