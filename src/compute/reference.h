// SPDX-License-Identifier: Apache-2.0
// Products in plain C: what oneDNN is checked against, and the engine of float64.
#ifndef SP_COMPUTE_REFERENCE_H
#define SP_COMPUTE_REFERENCE_H

#include "compute/product_shape.h"

/// C = A B + bias. Every element of C is added up in the order of k, from 0; the bias comes last. m, n or k may be 0.
void sp_reference_product(sp_dtype precision, const sp_product_part *part, const void *a, const void *b,
                          const void *bias, void *c);

#endif
