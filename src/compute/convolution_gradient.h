// SPDX-License-Identifier: Apache-2.0
// The gradients of the weights and the bias of a convolution: sums over the windows of the rows of each lane, and then over
// the lanes. Weights are visited in parts, some channels by some filters of a group, whose sums in progress fit into the
// cache: lanes cost next to nothing there.
#ifndef SP_COMPUTE_CONVOLUTION_GRADIENT_H
#define SP_COMPUTE_CONVOLUTION_GRADIENT_H

#include "compute/convolution_kernels.h"
#include "compute/convolution_windows.h"
#include "compute/lane_rows.h"

typedef struct sp_weight_gradient {
  sp_convolution_shape shape;
  const sp_convolution_functions *kernels;
  size_t size;  ///< bytes of a value
  sp_windows windows;
  bool by_channel;            ///< each filter has a channel of its own
  int64_t channels, filters;  ///< of a part, at most
  int64_t columns;            ///< values of a row of sums: the filters of a part and what fills their vectors
} sp_weight_gradient;

/// Prepare the gradients for windows along each axis. Freed with sp_weight_gradient_free, also after an error. Errors:
/// SP_ERR_MEMORY.
sp_status sp_weight_gradient_create(const sp_convolution_shape *shape, const sp_window_axis axis[SP_CONVOLUTION_AXES],
                                    const sp_convolution_functions *kernels, size_t size, sp_weight_gradient *gradient);
void sp_weight_gradient_free(sp_weight_gradient *gradient);

/// Returns the bytes of scratch memory that a run takes.
int64_t sp_weight_gradient_scratch(const sp_weight_gradient *gradient);

/// Compute dw and, unless it is NULL, db. Only rows of the lanes are read.
void sp_weight_gradient_run(const sp_weight_gradient *gradient, const sp_lane_rows *rows, const void *x, const void *dy,
                            void *dw, void *db, void *scratch);

#endif
