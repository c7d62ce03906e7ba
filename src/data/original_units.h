// SPDX-License-Identifier: Apache-2.0
// Conversion of the transformed values of a column, and of differences between them, to the units of the file.
#ifndef SP_DATA_ORIGINAL_UNITS_H
#define SP_DATA_ORIGINAL_UNITS_H

#include <stdint.h>

#include "data/row_dataset.h"

/// Set unit[i] to the size, in units of the file, of a difference of 1 in delivered value i of column c.
void sp_dataset_units(const sp_dataset *dataset, int c, double *unit);
/// Convert (rows, shape) values like those delivered of column c, in the precision, to units of the file, in place.
void sp_dataset_to_units(const sp_dataset *dataset, int c, int64_t rows, void *values);

#endif
