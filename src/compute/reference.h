// SPDX-License-Identifier: Apache-2.0
// Products in plain C: the reference for oneDNN, and the engine for float64.
#ifndef SP_COMPUTE_REFERENCE_H
#define SP_COMPUTE_REFERENCE_H

#include "compute/product_shape.h"

/// C = A B + bias. Each element of C is summed from 0 in the order of k; the bias is added last. m, n or k may be 0.
void sp_reference_product(sp_dtype precision, const sp_product_part *part, const void *a, const void *b,
                          const void *bias, void *c);

#endif
