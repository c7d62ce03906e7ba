// SPDX-License-Identifier: Apache-2.0
// Rows of a data set delivered, by their numbers, to the network; and rows as they are stored.
#ifndef SP_DATA_ROW_DELIVERY_H
#define SP_DATA_ROW_DELIVERY_H

#include <stdint.h>

#include "data/row_dataset.h"

/// Deliver `count` rows: features (count, sample) in the precision, targets (count, target) in the precision or, as
/// classes, (count) int32_t. `features` or `targets` may be NULL. Transforms are applied. From a cache: allocates
/// nothing, makes no system call.
/// Errors: SP_ERR_DATA: cannot be read; a class that is not in [0, classes): names file, data set, row and value.
sp_status sp_dataset_gather(sp_dataset *dataset, const int64_t *row, int64_t count, void *features, void *targets);

/// Rows as they are stored, before any transform: how many values one has and of which type; and `count` of them, each
/// (count, values) in its own type, in the order of the files. `features` or `targets` may be NULL.
/// Errors: SP_ERR_DATA: cannot be read.
typedef struct sp_stored {
  sp_dtype dtype;
  int64_t values;
} sp_stored;
sp_stored sp_dataset_stored_features(const sp_dataset *dataset);
sp_stored sp_dataset_stored_targets(const sp_dataset *dataset);
sp_status sp_dataset_read(sp_dataset *dataset, int64_t first, int64_t count, void *features, void *targets);

#endif
