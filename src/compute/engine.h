// What an engine consists of; for the files of this directory.
#ifndef SP_COMPUTE_ENGINE_H
#define SP_COMPUTE_ENGINE_H

#include "compute/compute.h"
#include "compute/onednn.h"

enum { SP_FACTORS = 2 };

struct sp_compute {
  sp_arithmetic arithmetic;
  sp_onednn *onednn;  ///< NULL: plain C
  sp_product *products;
  void *rounded[SP_FACTORS];  ///< in bfloat16: the factors of the product that is being made
  int64_t rounded_bytes[SP_FACTORS];
};

void sp_products_free(sp_product *products);  ///< all of an engine; NULL is fine

#endif
