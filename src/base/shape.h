// SPDX-License-Identifier: Apache-2.0
// The shape of one sample or tensor: extents, outermost first (row-major).
#ifndef SP_BASE_SHAPE_H
#define SP_BASE_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "shardprop/status.h"

enum { SP_MAX_RANK = 8 };

/// Rank 0 is a scalar: one value.
typedef struct sp_shape {
  int rank;
  int64_t extent[SP_MAX_RANK];
} sp_shape;

/// Set *count to the number of values. Errors: SP_ERR_SHAPE when an extent is below 1 or the product overflows.
sp_status sp_shape_count(const sp_shape *shape, int64_t *count);
/// Returns the number of values of a shape that has been checked.
int64_t sp_shape_size(const sp_shape *shape);
bool sp_shape_equal(const sp_shape *a, const sp_shape *b);
/// Write "[28, 28]" into a buffer of at least 200 bytes, and return it.
const char *sp_shape_text(const sp_shape *shape, char *buffer);

#endif
