// SPDX-License-Identifier: Apache-2.0
// The engine: arithmetic of one precision on one thread. oneDNN for float32, plain C as its reference and for float64.
#ifndef SP_COMPUTE_COMPUTE_H
#define SP_COMPUTE_COMPUTE_H

#include "compute/arithmetic.h"
#include "shardprop/status.h"

/// An engine, which owns the operations that are prepared for it.
typedef struct sp_compute sp_compute;

/// With oneDNN it also limits the calling thread's OpenMP team to one thread: parallelism is the ranks'.
/// Errors: SP_ERR_CONFIG for another precision, and for bfloat16 on a CPU without it; SP_ERR_MEMORY, SP_ERR_LIBRARY.
sp_status sp_compute_create(sp_arithmetic arithmetic, sp_compute **out);
void sp_compute_free(sp_compute *compute);
sp_dtype sp_compute_precision(const sp_compute *compute);

/// "oneDNN 2.6.3, avx512_core_bf16, glibc 2.36": what the bits depend on.
const char *sp_compute_version(char buffer[128]);

#endif
