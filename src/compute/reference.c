// SPDX-License-Identifier: Apache-2.0
// Products in plain C, in both precisions.
#include "compute/reference.h"

#define SP_TEMPLATE "compute/reference_typed.h"
#include "compute/each_real.h"

void sp_reference_product(sp_dtype precision, const sp_product_part *part, const void *a, const void *b,
                          const void *bias, void *c) {
  precision == SP_FLOAT32 ? product_float(part, a, b, bias, c) : product_double(part, a, b, bias, c);
}
