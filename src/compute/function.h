// SPDX-License-Identifier: Apache-2.0
// Functions of one number applied to arrays. docs/numerics.md lists formulas and errors.
#ifndef SP_COMPUTE_FUNCTION_H
#define SP_COMPUTE_FUNCTION_H

#include <stdint.h>

#include "base/dtype.h"
#include "compute/cpu.h"

typedef enum sp_function {
#define SP_FUNCTION(name) SP_FUNCTION_##name,
#include "compute/function_list.h"
#undef SP_FUNCTION
  SP_FUNCTIONS
} sp_function;

/// y = f(x), for n values; y may be x.
void sp_function_apply(sp_dtype precision, sp_function function, int64_t n, const void *x, void *y);

// --- kernels: the same with the instructions of each set (compute/cpu.h) ---

typedef void sp_function_loop(int64_t n, const void *x, void *y);

typedef struct sp_function_kernels {
  sp_function_loop *of_float[SP_FUNCTIONS], *of_double[SP_FUNCTIONS];
} sp_function_kernels;

#define SP_CPU(name) extern const sp_function_kernels sp_function_kernels_##name;
#include "compute/cpu_list.h"
#undef SP_CPU

#endif
