// SPDX-License-Identifier: Apache-2.0
// A check of all values of a column, once, in the order in which they are stored.
#ifndef SP_DATA_COLUMN_CHECK_H
#define SP_DATA_COLUMN_CHECK_H

#include <stdint.h>

#include "data/delivered.h"
#include "data/row_dataset.h"

/// Check delivered values of a column. Errors: SP_ERR_DATA; *row is the row at fault.
typedef sp_status sp_column_check(const void *context, const sp_delivered *values, int64_t *row);

/// Check column c of rows [first, first + count) in order. Class numbers are checked against their range, in the stored type.
/// Values are checked by `check` after the transforms; if it is NULL, only that they can be delivered. If a transform needs
/// statistics, `check` gets the values before that transform. Does nothing if the data set lacks the column. Checks for a
/// requested stop.
/// Errors: SP_ERR_DATA naming file, data set, row and value; SP_STOPPED.
sp_status sp_dataset_check(sp_dataset *dataset, int c, int64_t first, int64_t count, sp_column_check *check,
                           const void *context);

#endif
