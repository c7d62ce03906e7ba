// SPDX-License-Identifier: Apache-2.0
// Products in a few lines, which define their bits.
#ifndef SP_COMPUTE_REFERENCE_H
#define SP_COMPUTE_REFERENCE_H

#include "compute/product_shape.h"

/// C = A B + bias. An element of A B is the sum, in order, of blocks of SP_PRODUCT_BLOCK consecutive k; the first block is
/// taken as it is. A block is a chain of fused multiply-adds in the order of k, from +0. The bias is added last. Each
/// operation is rounded once, in the precision. m, n or k may be 0; if k is 0, the sum is +0. The activation is not applied.
void sp_reference_product(sp_dtype precision, const sp_product_part *part, const void *a, const void *b,
                          const void *bias, void *c);

#endif
