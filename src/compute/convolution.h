// SPDX-License-Identifier: Apache-2.0
// Prepared convolutions: outputs, and the gradients of input, weights and bias. compute/convolution_shape.h defines their
// bits, which depend neither on the instruction set nor on the number of rows.
#ifndef SP_COMPUTE_CONVOLUTION_H
#define SP_COMPUTE_CONVOLUTION_H

#include "compute/compute.h"
#include "compute/convolution_shape.h"
#include "compute/lane_rows.h"

typedef struct sp_convolution sp_convolution;

/// Prepare a convolution, once for each shape; the engine owns it. Extents, channels, filters and groups must be at least 1
/// and fit together. Factors are not rounded with bfloat16. Running a convolution allocates nothing. Errors: SP_ERR_MEMORY.
sp_status sp_compute_convolution(sp_compute *compute, const sp_convolution_shape *shape, const sp_convolution **out);

/// y = f(x * w + bias) for `rows` samples. bias is NULL for a shape without one.
void sp_convolution_run(const sp_convolution *convolution, int64_t rows, const void *x, const void *w, const void *bias,
                        void *y);

/// dx, the gradient of the input, from dy, the gradient of what the activation is applied to.
void sp_convolution_run_input(const sp_convolution *convolution, int64_t rows, const void *dy, const void *w, void *dx);

/// dw and db, the gradients of weights and bias, summed over the rows of the lanes. db is NULL for a shape without bias.
void sp_convolution_run_weights(const sp_convolution *convolution, const sp_lane_rows *rows, const void *x,
                                const void *dy, void *dw, void *db);

#endif
