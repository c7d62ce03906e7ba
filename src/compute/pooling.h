// SPDX-License-Identifier: Apache-2.0
// Pooling over up to three spatial axes: the largest value or the mean of each window of x (rows, in[0], in[1], in[2],
// channels), in y (rows, out[0], out[1], out[2], channels). Positions outside of x take no part: neither are they compared,
// nor do they count for the mean. Every window must have a position within x.
#ifndef SP_COMPUTE_POOLING_H
#define SP_COMPUTE_POOLING_H

#include <stdint.h>

#include "base/dtype.h"

enum { SP_POOLING_AXES = 3 };

/// Axes that are not used have extents of 1. `before` is the padding before the first position.
typedef struct sp_pooling {
  int64_t channels;
  int64_t in[SP_POOLING_AXES], out[SP_POOLING_AXES];
  int64_t size[SP_POOLING_AXES], stride[SP_POOLING_AXES], before[SP_POOLING_AXES];
} sp_pooling;

/// y: the largest value of each window; of equal values, which +0 and -0 are, the first one in row-major order; the first NaN
/// if there is one. position, of the shape of y: its position in x, as an index below in[0] * in[1] * in[2].
void sp_max_pool(sp_dtype precision, const sp_pooling *pooling, int64_t rows, const void *x, void *y,
                 int32_t *position);
/// dx: for each value of x the sum, from +0 in row-major order, of the values of dy whose window took it.
void sp_max_pool_backward(sp_dtype precision, const sp_pooling *pooling, int64_t rows, const void *dy,
                          const int32_t *position, void *dx);

/// y: the sum of each window, from +0 in row-major order, divided by the number of its positions.
void sp_average_pool(sp_dtype precision, const sp_pooling *pooling, int64_t rows, const void *x, void *y);
/// dx: for each value of x the sum, from +0 in row-major order, over the windows with it of dy divided by the number of the
/// window's positions.
void sp_average_pool_backward(sp_dtype precision, const sp_pooling *pooling, int64_t rows, const void *dy, void *dx);

#endif
