// SPDX-License-Identifier: Apache-2.0
// The shape of a matrix product, and of a part of one within larger matrices.
#ifndef SP_COMPUTE_PRODUCT_SHAPE_H
#define SP_COMPUTE_PRODUCT_SHAPE_H

#include "compute/elementwise.h"

enum { SP_PRODUCT_BLOCK = 256 };  ///< consecutive k that are summed by themselves

/// C (m, n) = f(A (m, k) B (k, n) + bias (n)), row-major; compute/reference.h defines its bits, before f. A
/// transposed factor is stored as (k, m) or (n, k). m, n and k may be 0; if k is 0, C = f(bias), or f(0) without bias.
typedef struct sp_product_shape {
  int64_t m, n, k;
  bool a_transposed, b_transposed, bias;
  bool panels_of_rows;  ///< a panel consists of rows of C, not of columns
  sp_activation activation;
} sp_product_shape;

/// A product whose matrices may be parts of larger ones: the distance of their rows in memory, in values. For a
/// transposed factor, rows are the stored rows.
typedef struct sp_product_part {
  sp_product_shape shape;
  int64_t a_step, b_step, c_step;
} sp_product_part;

#endif
