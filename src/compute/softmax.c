// SPDX-License-Identifier: Apache-2.0
// Softmax: the choice of kernels.
#include "compute/softmax.h"

static const sp_softmax_kernels *const kernels[] = {
#define SP_CPU(name) &sp_softmax_kernels_##name,
#include "compute/cpu_list.h"
#undef SP_CPU
};

void sp_softmax(sp_dtype precision, int64_t rows, int64_t n, void *x) {
  kernels[sp_cpu()]->softmax(precision, rows, n, x);
}

void sp_softmax_powers(sp_dtype precision, int64_t rows, int64_t n, const void *x, void *powers, double *largest,
                       double *sum) {
  kernels[sp_cpu()]->softmax_powers(precision, rows, n, x, powers, largest, sum);
}

void sp_softmax_backward(sp_dtype precision, int64_t rows, int64_t n, const void *y, const void *dy, void *dx) {
  kernels[sp_cpu()]->softmax_backward(precision, rows, n, y, dy, dx);
}
