// SPDX-License-Identifier: Apache-2.0
// The shape of a convolution over up to three spatial axes, and the definition of its bits.
//
//   x (rows, in[0], in[1], in[2], channels), w (kernel[0], kernel[1], kernel[2], channels / groups, filters)
//   y (rows, out[0], out[1], out[2], filters)
//
//   y[r, p, f] = sum over (k, c) of x[r, p * stride + k * dilation - before, g * channels / groups + c] * w[k, c, f] + bias[f]
//
// where g = f / (filters / groups) is the group of f. A convolution over one or two axes has extents of 1 in the other ones.
// Outside of x, values count as +0, and they are multiplied and added like any other.
//
// A sum is taken over blocks of SP_PRODUCT_BLOCK consecutive terms. A block is a chain of fused multiply-adds that starts
// from +0. The first block sum is taken as it is, the others are added to it in order. A sum of no terms is +0. The order of
// the terms:
//
//   y    kernel positions in row-major order; for each of them the channels of the group. The bias is added to the sum.
//   dx   the kernel positions that reach this position of x, in the reverse of row-major order: those for which (position
//        + before - k * dilation) is a multiple of the stride in each axis. Outside of y, values of dy count as +0. For each
//        kernel position the filters of the group, in order.
//   dw   for each lane, its rows in order; for each of them the positions of y in row-major order. The sums of the lanes
//        are added in the order of compute/lane_rows.h.
//   db   the same, with factors of 1.
#ifndef SP_COMPUTE_CONVOLUTION_SHAPE_H
#define SP_COMPUTE_CONVOLUTION_SHAPE_H

#include "compute/product_shape.h"

enum { SP_CONVOLUTION_AXES = 3 };

typedef struct sp_convolution_shape {
  int64_t channels, filters;
  int64_t groups;  ///< divides both
  int64_t in[SP_CONVOLUTION_AXES], out[SP_CONVOLUTION_AXES];
  int64_t kernel[SP_CONVOLUTION_AXES], stride[SP_CONVOLUTION_AXES], dilation[SP_CONVOLUTION_AXES];
  int64_t before[SP_CONVOLUTION_AXES];  ///< padding before the first value; that after the last follows from out
  bool bias;
  sp_activation activation;  ///< applied to y
} sp_convolution_shape;

/// Returns the number of positions of x, of y or of the kernel, given its extents.
static inline int64_t sp_positions(const int64_t extent[SP_CONVOLUTION_AXES]) {
  return extent[0] * extent[1] * extent[2];
}

#endif
