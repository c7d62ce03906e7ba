// SPDX-License-Identifier: Apache-2.0
// The functions of oneDNN that shardprop uses: products in bfloat16. A build without oneDNN (SP_ONEDNN is not defined) has
// the same functions, which refuse.
#ifndef SP_COMPUTE_ONEDNN_H
#define SP_COMPUTE_ONEDNN_H

#include "compute/product_shape.h"
#include "shardprop/status.h"

/// A CPU engine with a stream, and a scratchpad that all its products share.
typedef struct sp_onednn sp_onednn;
sp_status sp_onednn_create(sp_onednn **out);
void sp_onednn_free(sp_onednn *onednn);  ///< may be NULL; free the products first

/// A matmul primitive with bias and, for tanh and sigmoid, the activation fused. m, n and k must not be 0. Its scratchpad
/// is that of the engine; running it allocates only a few list nodes within oneDNN.
typedef struct sp_onednn_product sp_onednn_product;
/// bfloat16: the type of the factors; bias and C are always float32.
sp_status sp_onednn_product_create(sp_onednn *onednn, const sp_product_part *part, bool bfloat16,
                                   sp_onednn_product **out);
void sp_onednn_product_free(sp_onednn_product *product);

/// Returns false when oneDNN reports an error, which is not expected.
bool sp_onednn_product_run(const sp_onednn_product *product, const void *a, const void *b, const void *bias, void *c);

/// Returns true if the primitive applies this function itself. It does not for relu: oneDNN's relu turns NaN into 0,
/// and a run would continue with it.
bool sp_onednn_fuses(sp_activation activation);

/// Returns true if this build has oneDNN, and the CPU has instructions for products in bfloat16.
bool sp_onednn_has_bfloat16(void);

/// Returns the instruction set, such as "avx512_core_bf16", as a static string; NULL in a build without oneDNN.
const char *sp_onednn_instructions(void);

/// Write version and instruction set: "oneDNN 2.6.3, avx512_core_bf16". Returns `buffer`.
const char *sp_onednn_version(char *buffer, size_t size);

#endif
