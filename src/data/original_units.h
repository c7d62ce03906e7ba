// SPDX-License-Identifier: Apache-2.0
// Conversion of transformed targets, and of differences between them, to the units of the file.
#ifndef SP_DATA_ORIGINAL_UNITS_H
#define SP_DATA_ORIGINAL_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "data/row_dataset.h"

/// Can the transforms of the targets be inverted, for values and for differences? Known before the statistics are set.
bool sp_dataset_targets_invertible(const sp_dataset *dataset);
/// Set unit[i] to the size, in units of the file, of a difference of 1 in value i of a delivered target.
void sp_dataset_target_units(const sp_dataset *dataset, double *unit);
/// Convert (rows, target) values like delivered targets, in the precision, to units of the file, in place.
void sp_dataset_invert_targets(const sp_dataset *dataset, int64_t rows, void *values);

#endif
