// SPDX-License-Identifier: Apache-2.0
// Conversion of stored values to the numbers that computations use.
#ifndef SP_HDF5_CONVERT_H
#define SP_HDF5_CONVERT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"

/// Compute to[i] = from[i] * factor for n values of any type. The value, the factor and their product are each rounded
/// to nearest in `precision`, SP_FLOAT32 or SP_FLOAT64. from and to are disjoint and aligned for their types.
void sp_convert(sp_dtype stored, const void *from, int64_t n, double factor, sp_dtype precision, void *to);

/// Convert a stored integer to a class number. Returns false, and writes nothing, if it is not in [0, classes).
bool sp_convert_class(sp_dtype stored, const void *from, int64_t classes, int32_t *to);

/// Returns the index of the first of n stored integers that is not in [0, classes), or -1.
int64_t sp_convert_first_no_class(sp_dtype stored, const void *from, int64_t n, int64_t classes);

/// Write a stored value as text that reads back as the same value, into a buffer of at least 32 bytes, and return it.
const char *sp_convert_text(sp_dtype stored, const void *from, char *buffer);

bool sp_dtype_is_integer(sp_dtype dtype);

#endif
