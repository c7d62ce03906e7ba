// SPDX-License-Identifier: Apache-2.0
// Delivery of rows, selected by their numbers, to the network, and reading of stored rows.
#ifndef SP_DATA_ROW_DELIVERY_H
#define SP_DATA_ROW_DELIVERY_H

#include <stdint.h>

#include "data/row_dataset.h"

/// The training pass for which rows are delivered, of which random transforms are a function.
typedef struct sp_delivery {
  uint64_t seed;
  int64_t epoch;
} sp_delivery;

/// Deliver `count` rows, after the transforms: out[c] receives column c, (count, shape) in the precision or, as class
/// numbers, (count) int32_t. Columns whose out[c] is NULL, which the data set lacks, or which are not used are skipped. With
/// a cache, no memory is allocated and no system call is made.
///   training  NULL for an evaluation or a prediction, in which random transforms do not draw
/// Errors: SP_ERR_DATA when a row cannot be read or a class number is not in [0, classes), naming file, data set, row
/// and value.
sp_status sp_dataset_gather(sp_dataset *dataset, const sp_delivery *training, const int64_t *row, int64_t count,
                            void *const *out);

/// The type and number of values of a stored row of a column, without any transform.
typedef struct sp_stored {
  sp_dtype dtype;
  int64_t values;
} sp_stored;
sp_stored sp_dataset_stored(const sp_dataset *dataset, int c);

/// Read rows [first, first + count) of a column as they are stored, (count, values) in their own type, in the order of the
/// files. Errors: SP_ERR_DATA when a row cannot be read.
sp_status sp_dataset_read(sp_dataset *dataset, int c, int64_t first, int64_t count, void *out);

#endif
