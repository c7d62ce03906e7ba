// SPDX-License-Identifier: Apache-2.0
// Normally distributed random numbers: the choice of kernels.
#include "compute/normal.h"

static const sp_normal_kernels *const kernels[] = {
#define SP_CPU(name) &sp_normal_kernels_##name,
#include "compute/cpu_list.h"
#undef SP_CPU
};

void sp_normals(sp_random_key key, uint64_t first, int64_t n, double *x) {
  kernels[sp_cpu()]->normals(key, first, n, x);
}
