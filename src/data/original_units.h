// SPDX-License-Identifier: Apache-2.0
// From transformed targets, and differences of them, back to the units of the file.
#ifndef SP_DATA_ORIGINAL_UNITS_H
#define SP_DATA_ORIGINAL_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "data/row_dataset.h"

/// Are the targets transformed in a way by which they, and differences of them, can be turned back into the file's own
/// units? Known before the statistics are. And then: what a difference of 1 in each value of a delivered target is in those
/// units; and (rows, target) values like delivered targets, in the precision, turned back in place.
bool sp_dataset_targets_turn_back(const sp_dataset *dataset);
void sp_dataset_target_units(const sp_dataset *dataset, double *unit);
void sp_dataset_turn_targets_back(const sp_dataset *dataset, int64_t rows, void *values);

#endif
