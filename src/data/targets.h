// SPDX-License-Identifier: Apache-2.0
// All targets examined once, in the order they are stored.
#ifndef SP_DATA_TARGETS_H
#define SP_DATA_TARGETS_H

#include <stdint.h>

#include "data/delivered.h"
#include "data/row_dataset.h"

/// What delivered targets are checked by. Errors: SP_ERR_DATA; *row is which of them.
typedef sp_status sp_target_check(const void *context, const sp_delivered *targets, int64_t *row);

/// Check the targets of rows [first, first + count) in order: class numbers by their range, in the type they are stored in;
/// values, after the transforms, by `check`, which may be NULL: then only that they can be delivered. Where a transform
/// needs statistics, `check` gets the values before it. Looks for a requested stop.
/// Errors: SP_ERR_DATA naming file, data set, row and value; SP_STOPPED.
sp_status sp_dataset_check_targets(sp_dataset *dataset, int64_t first, int64_t count, sp_target_check *check,
                                   const void *context);

#endif
