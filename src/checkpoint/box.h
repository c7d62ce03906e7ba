// SPDX-License-Identifier: Apache-2.0
// Boxes (hyperslabs) of a row-major array that cover a flat range of values.
#ifndef SP_CHECKPOINT_BOX_H
#define SP_CHECKPOINT_BOX_H

#include <stdint.h>

#include "base/shape.h"

typedef struct sp_box {
  int64_t start[SP_MAX_RANK], count[SP_MAX_RANK];
} sp_box;

/// Find the largest box of `shape` whose values, in row-major order, start at `begin`, are consecutive and end at or
/// before `end`.
/// A range consists of at most 2 rank - 1 boxes. A scalar is one box of one value.
/// Requires 0 <= begin < end <= the size of the shape. Returns the number of values in the box.
int64_t sp_box_next(const sp_shape *shape, int64_t begin, int64_t end, sp_box *box);

#endif
