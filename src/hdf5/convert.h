// SPDX-License-Identifier: Apache-2.0
// Stored values as numbers to compute with.
#ifndef SP_HDF5_CONVERT_H
#define SP_HDF5_CONVERT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"

/// to[i] = from[i] * factor for n values of any type; `precision` is SP_FLOAT32 or SP_FLOAT64, to which the value, the
/// factor and their product are each rounded to nearest. from and to are disjoint and aligned for their types.
void sp_convert(sp_dtype stored, const void *from, int64_t n, double factor, sp_dtype precision, void *to);

/// A stored integer as a class number. false, and nothing written, when it is not in [0, classes).
bool sp_convert_class(sp_dtype stored, const void *from, int64_t classes, int32_t *to);

/// The first of n stored integers that sp_convert_class does not take, or -1. At the speed of memory.
int64_t sp_convert_first_no_class(sp_dtype stored, const void *from, int64_t n, int64_t classes);

/// One stored value as text that gives the same value when it is read again, into a buffer of at least 32 bytes; returns it.
const char *sp_convert_text(sp_dtype stored, const void *from, char *buffer);

bool sp_dtype_is_integer(sp_dtype dtype);

#endif
