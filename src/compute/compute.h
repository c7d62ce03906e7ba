// SPDX-License-Identifier: Apache-2.0
// The engine: arithmetic of one precision on one thread. Its bits are defined, except those of bfloat16, which uses oneDNN.
#ifndef SP_COMPUTE_COMPUTE_H
#define SP_COMPUTE_COMPUTE_H

#include "compute/arithmetic.h"
#include "shardprop/status.h"

/// An engine. Owns the operations that are prepared for it.
typedef struct sp_compute sp_compute;

/// Create an engine. With bfloat16 this also limits the calling thread's OpenMP team to one thread, because each rank
/// computes on one core. Errors: SP_ERR_CONFIG for any other precision, and for bfloat16 on a CPU without bfloat16
/// instructions; SP_ERR_USAGE as sp_cpu_check; SP_ERR_MEMORY, SP_ERR_LIBRARY.
sp_status sp_compute_create(sp_arithmetic arithmetic, sp_compute **out);
void sp_compute_free(sp_compute *compute);
sp_dtype sp_compute_precision(const sp_compute *compute);

/// Write the version and instruction set of oneDNN, on which only results in bfloat16 depend: "oneDNN 2.6.3,
/// avx512_core_bf16", or "without oneDNN".
const char *sp_compute_version(char buffer[128]);

#endif
