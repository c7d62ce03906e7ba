// SPDX-License-Identifier: Apache-2.0
// The shape of one sample or tensor: extents, outermost first (row-major).
#ifndef SP_BASE_SHAPE_H
#define SP_BASE_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "shardprop/status.h"

enum { SP_MAX_RANK = 8 };

/// rank 0 is a scalar: one value.
typedef struct sp_shape {
  int rank;
  int64_t extent[SP_MAX_RANK];
} sp_shape;

/// The number of values into *count. Errors: SP_ERR_SHAPE when an extent is below 1 or the product overflows.
sp_status sp_shape_count(const sp_shape *shape, int64_t *count);
/// The same for a shape that has been checked.
int64_t sp_shape_size(const sp_shape *shape);
bool sp_shape_equal(const sp_shape *a, const sp_shape *b);
/// "[28, 28]" into a buffer of at least 200 bytes; returns it.
const char *sp_shape_text(const sp_shape *shape, char *buffer);

#endif
