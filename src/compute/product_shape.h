// SPDX-License-Identifier: Apache-2.0
// The shape of a matrix product, and of a part of one within larger matrices.
#ifndef SP_COMPUTE_PRODUCT_SHAPE_H
#define SP_COMPUTE_PRODUCT_SHAPE_H

#include "compute/elementwise.h"

/// C (m, n) = f(A (m, k) B (k, n) + bias (n)), row-major. A transposed factor lies in memory as (k, m) or (n, k).
/// m, n and k may be 0: no k leaves f(bias), or f(0) without one.
typedef struct sp_product_shape {
  int64_t m, n, k;
  bool a_transposed, b_transposed, bias;
  bool panels_of_rows;  ///< what sp_product_run_panel makes at a time: rows of C, not columns
  sp_activation activation;
} sp_product_shape;

/// A product whose matrices may lie within larger ones: how far apart their rows are in memory, in values. For a
/// transposed factor these are the rows as they are stored.
typedef struct sp_product_part {
  sp_product_shape shape;
  int64_t a_step, b_step, c_step;
} sp_product_part;

#endif
