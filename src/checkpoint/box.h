// SPDX-License-Identifier: Apache-2.0
// Boxes of a row-major array: how a flat range of values is said as hyperslabs.
#ifndef SP_CHECKPOINT_BOX_H
#define SP_CHECKPOINT_BOX_H

#include <stdint.h>

#include "base/shape.h"

typedef struct sp_box {
  int64_t start[SP_MAX_RANK], count[SP_MAX_RANK];
} sp_box;

/// The largest box of `shape` whose values, in row-major order, are exactly begin, begin + 1, … and not beyond `end`.
/// A range falls into at most 2 rank - 1 of them. Returns how many values it holds.
/// 0 <= begin < end <= the shape's size. A scalar is one box of one value.
int64_t sp_box_next(const sp_shape *shape, int64_t begin, int64_t end, sp_box *box);

#endif
