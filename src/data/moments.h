// SPDX-License-Identifier: Apache-2.0
// The statistics that `standardize` needs, added up over rows.
#ifndef SP_DATA_MOMENTS_H
#define SP_DATA_MOMENTS_H

#include <stdint.h>

#include "data/row_dataset.h"

/// How many values the standardize transforms that want statistics have together (0: none). What is standardized cannot
/// be gathered before they are set.
int64_t sp_dataset_moments_size(const sp_dataset *dataset);
/// Add over rows [first, first + count), in order, into sum: the values where mean is NULL, else (value - mean)^2. With
/// `over: all` a row counts with the mean over its values. Divided by the number of rows these are the mean and the
/// variance. float64; sum and mean: (moments_size). A chain holds at most one standardize (checked at open).
sp_status sp_dataset_moments_add(sp_dataset *dataset, int64_t first, int64_t count, const double *mean, double *sum);
/// Take mean and standard deviation (a deviation of 0 counts as 1); copied.
void sp_dataset_moments_set(sp_dataset *dataset, const double *mean, const double *deviation);

#endif
