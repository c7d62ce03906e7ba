// What the files of this directory know of a product: a part of it, by where its matrices lie.
#ifndef SP_COMPUTE_PRODUCT_H
#define SP_COMPUTE_PRODUCT_H

#include "compute/compute.h"

/// A product whose matrices may lie within larger ones: how far apart their rows are in memory, in values. For a
/// transposed factor these are the rows as they are stored.
typedef struct sp_product_part {
  sp_product_shape shape;
  int64_t a_step, b_step, c_step;
} sp_product_part;

#endif
