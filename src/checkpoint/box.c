// SPDX-License-Identifier: Apache-2.0
// Boxes (hyperslabs) of a row-major array.
#include "checkpoint/box.h"

int64_t sp_box_next(const sp_shape *shape, int64_t begin, int64_t end, sp_box *box) {
  // Find the outermost dimension at which the range is aligned and long enough; inner dimensions are complete.
  int cut = 0;
  int64_t step = sp_shape_size(shape);
  for (; cut < shape->rank; cut++) {
    step /= shape->extent[cut];
    if (begin % step == 0 && end - begin >= step) break;
  }
  int64_t left = begin;
  for (int i = shape->rank - 1; i >= 0; i--) {
    box->start[i] = left % shape->extent[i];
    box->count[i] = i > cut ? shape->extent[i] : 1;
    left /= shape->extent[i];
  }
  if (shape->rank == 0) return 1;
  int64_t there = shape->extent[cut] - box->start[cut], wanted = (end - begin) / step;
  box->count[cut] = wanted < there ? wanted : there;
  return box->count[cut] * step;
}
