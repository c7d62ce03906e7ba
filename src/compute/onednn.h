// SPDX-License-Identifier: Apache-2.0
// What shardprop needs of oneDNN, in its own words.
#ifndef SP_COMPUTE_ONEDNN_H
#define SP_COMPUTE_ONEDNN_H

#include "compute/product_shape.h"
#include "shardprop/status.h"

/// A CPU engine with a stream, and the scratchpad that all its products share.
typedef struct sp_onednn sp_onednn;
sp_status sp_onednn_create(sp_onednn **out);
void sp_onednn_free(sp_onednn *onednn);  ///< NULL is fine; after the products

/// A matmul primitive with bias and, for tanh and sigmoid, the activation fused. m, n and k must not be 0.
/// dnnl_sgemm could do the plain products and is as fast (32 x 128 x 784 on an EPYC: 55.7 us both), but it allocates
/// its scratchpad (74 KB there) in every call; running a primitive costs a few list nodes of oneDNN's own, no array.
typedef struct sp_onednn_product sp_onednn_product;
/// bfloat16: of the factors; bias and C are float32 always.
sp_status sp_onednn_product_create(sp_onednn *onednn, const sp_product_part *part, bool bfloat16,
                                   sp_onednn_product **out);
void sp_onednn_product_free(sp_onednn_product *product);

/// false when oneDNN refuses, which it has no reason to.
bool sp_onednn_product_run(const sp_onednn_product *product, const void *a, const void *b, const void *bias, void *c);

/// Does the primitive apply this function itself? Not relu: oneDNN's turns NaN into 0, and a run would continue with it.
bool sp_onednn_fuses(sp_activation activation);

/// Has the CPU instructions for products in bfloat16?
bool sp_onednn_has_bfloat16(void);

/// "avx512_core_bf16", a string that lasts.
const char *sp_onednn_instructions(void);

/// "oneDNN 2.6.3, avx512_core_bf16"
const char *sp_onednn_version(char *buffer, size_t size);

#endif
