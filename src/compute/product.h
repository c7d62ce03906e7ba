// SPDX-License-Identifier: Apache-2.0
// Prepared matrix products.
#ifndef SP_COMPUTE_PRODUCT_H
#define SP_COMPUTE_PRODUCT_H

#include "compute/compute.h"
#include "compute/product_shape.h"

typedef struct sp_product sp_product;

/// A prepared product, made once for each shape and owned by the engine. The same shape gives the same bits always.
/// In bfloat16 both factors are rounded to it, to nearest and even; NaN stays NaN, and what is too large becomes
/// infinite. Products of factors, their sums, bias and C are float32.
/// Running one allocates no array. Should oneDNN fail, C is filled with NaN: what is not finite stops a run.
/// Errors: SP_ERR_MEMORY, SP_ERR_LIBRARY.
sp_status sp_compute_product(sp_compute *compute, const sp_product_shape *shape, const sp_product **out);
void sp_product_run(const sp_product *product, const void *a, const void *b, const void *bias, void *c);

/// A product that takes longer than a few milliseconds is made in panels, so that something else can be done in between.
/// How many there are is a function of the shape alone, at least 1. Panel i begins at row or column
/// sp_product_panel_begin of C. Made in any order, all panels together are what sp_product_run makes.
int64_t sp_product_panels(const sp_product *product);
int64_t sp_product_panel_begin(const sp_product *product, int64_t panel);
/// Make one panel of C from all of A, B, bias. Pointers are to the whole matrices.
void sp_product_run_panel(const sp_product *product, int64_t panel, const void *a, const void *b, const void *bias,
                          void *c);

#endif
