// SPDX-License-Identifier: Apache-2.0
// Delivery of rows, selected by their numbers, to the network, and reading of stored rows.
#ifndef SP_DATA_ROW_DELIVERY_H
#define SP_DATA_ROW_DELIVERY_H

#include <stdint.h>

#include "data/row_dataset.h"

/// Deliver `count` rows, after the transforms: features (count, sample) in the precision; targets (count, target) in
/// the precision or, as class numbers, (count) int32_t. `features` or `targets` may be NULL. With a cache, no memory is
/// allocated and no system call is made.
/// Errors: SP_ERR_DATA when a row cannot be read or a class number is not in [0, classes), naming file, data set, row
/// and value.
sp_status sp_dataset_gather(sp_dataset *dataset, const int64_t *row, int64_t count, void *features, void *targets);

/// Prefix the error message with the file and the data set of the features, and with the row in that file.
sp_status sp_dataset_feature_context(sp_status status, const sp_dataset *dataset, int64_t row);

/// Stored rows, without any transform: the type and number of values of a row, and the rows [first, first + count),
/// each (count, values) in its own type, in the order of the files. `features` or `targets` may be NULL.
/// Errors: SP_ERR_DATA when a row cannot be read.
typedef struct sp_stored {
  sp_dtype dtype;
  int64_t values;
} sp_stored;
sp_stored sp_dataset_stored_features(const sp_dataset *dataset);
sp_stored sp_dataset_stored_targets(const sp_dataset *dataset);
sp_status sp_dataset_read(sp_dataset *dataset, int64_t first, int64_t count, void *features, void *targets);

#endif
