// SPDX-License-Identifier: Apache-2.0
// Convolutions as they are defined (compute/convolution_shape.h), in a few lines of plain C.
#ifndef SP_COMPUTE_CONVOLUTION_REFERENCE_H
#define SP_COMPUTE_CONVOLUTION_REFERENCE_H

#include "compute/convolution_shape.h"
#include "compute/lane_rows.h"

/// y = x * w + bias, without the activation. bias may be NULL.
void sp_reference_convolution(sp_dtype precision, const sp_convolution_shape *shape, int64_t rows, const void *x,
                              const void *w, const void *bias, void *y);
/// The gradient of x.
void sp_reference_convolution_input(sp_dtype precision, const sp_convolution_shape *shape, int64_t rows, const void *dy,
                                    const void *w, void *dx);
/// The gradients of w and, unless it is NULL, of the bias, summed over the lanes.
void sp_reference_convolution_weights(sp_dtype precision, const sp_convolution_shape *shape, const sp_lane_rows *rows,
                                      const void *x, const void *dy, void *dw, void *db);

#endif
