// SPDX-License-Identifier: Apache-2.0
// Prepared matrix products.
#ifndef SP_COMPUTE_PRODUCT_H
#define SP_COMPUTE_PRODUCT_H

#include "compute/compute.h"
#include "compute/lane_rows.h"
#include "compute/product_shape.h"

typedef struct sp_product sp_product;

/// Prepare a product, once for each shape; the engine owns it. The same shape always gives the same bits. With bfloat16
/// both factors are rounded to nearest, ties to even; NaN remains NaN and values too large become infinite. Products of
/// factors, their sums, bias and C are float32. Running a product allocates no array. If oneDNN fails, C is filled with
/// NaN, which stops a run.
/// Errors: SP_ERR_MEMORY, SP_ERR_LIBRARY.
sp_status sp_compute_product(sp_compute *compute, const sp_product_shape *shape, const sp_product **out);
void sp_product_run(const sp_product *product, const void *a, const void *b, const void *bias, void *c);

/// Returns the number of panels, at least 1, a function of the shape alone. A product that takes longer than a few
/// milliseconds is divided into panels, so that the caller can do other work in between. Panel i begins at row or
/// column sp_product_panel_begin of C. Computing all panels, in any order, gives the result of sp_product_run.
int64_t sp_product_panels(const sp_product *product);
int64_t sp_product_panel_begin(const sp_product *product, int64_t panel);
/// Compute one panel of C. The pointers refer to the whole matrices.
void sp_product_run_panel(const sp_product *product, int64_t panel, const void *a, const void *b, const void *bias,
                          void *c);

// --- over lanes ---------------------------------------------------------------------------------------------------

/// Compute one panel of C (m, n) = the sum over the lanes of A_i^T B_i, where A_i (rows of lane i, m) and B_i (rows of lane
/// i, n) are the lane's rows of A and B: the gradient of a weight. The product must be prepared with a_transposed,
/// panels_of_rows, k = all rows of A and B, and without b_transposed, bias and activation. `a`, `b` and `c` refer to the
/// whole matrices; only rows of the lanes count. The product of a lane is summed as sp_product_run sums it, from 0 in
/// the order of the lane's rows; a lane without rows gives +0. The lanes are then added in the precision, in the order of
/// compute/lane_rows.h. So an element of C depends on the rows of each lane, in their order, and on nothing else: neither
/// on k, nor on rows of lanes in other parts, nor on panels.
void sp_product_run_lanes(const sp_product *product, int64_t panel, const sp_lane_rows *rows, const void *a,
                          const void *b, void *c);

#endif
