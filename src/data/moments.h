// SPDX-License-Identifier: Apache-2.0
// Sums over rows from which the statistics of `standardize` are computed.
#ifndef SP_DATA_MOMENTS_H
#define SP_DATA_MOMENTS_H

#include <stdint.h>

#include "data/row_dataset.h"

/// Returns the number of values that the standardize transforms need together (0: there is none). Rows of such columns
/// cannot be gathered before the statistics are set.
int64_t sp_dataset_moments_size(const sp_dataset *dataset);
/// Returns the number of these values that belong to column c. They follow each other in the order of the columns.
int64_t sp_dataset_column_moments(const sp_dataset *dataset, int c);
/// Add to `sum`, over rows [first, first + count) in order, the values if `mean` is NULL, else (value - mean)^2. With
/// `over: all` a row contributes the mean over its values. Divided by the number of rows, the sums are the mean and the
/// variance. float64; sum and mean: (moments_size). A chain contains at most one standardize, which is checked when it
/// is created.
/// Errors: SP_ERR_DATA naming file, data set, row and value; SP_STOPPED.
sp_status sp_dataset_moments_add(sp_dataset *dataset, int64_t first, int64_t count, const double *mean, double *sum);
/// Set mean and standard deviation of column c, which are copied. A deviation of 0 counts as 1.
void sp_dataset_moments_set(sp_dataset *dataset, int c, const double *mean, const double *deviation);

#endif
