// SPDX-License-Identifier: Apache-2.0
// Functions of one number applied to arrays: the choice of kernels.
#include "compute/function.h"

static const sp_function_kernels *const kernels[] = {
#define SP_CPU(name) &sp_function_kernels_##name,
#include "compute/cpu_list.h"
#undef SP_CPU
};

void sp_function_apply(sp_dtype precision, sp_function function, int64_t n, const void *x, void *y) {
  const sp_function_kernels *k = kernels[sp_cpu()];
  (precision == SP_FLOAT32 ? k->of_float : k->of_double)[function](n, x, y);
}
