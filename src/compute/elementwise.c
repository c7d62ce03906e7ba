// SPDX-License-Identifier: Apache-2.0
// Element-wise operations, sums and searches: the choice of kernels.
#include "compute/elementwise.h"

#include "compute/function.h"

static const sp_elementwise_kernels *const kernels[] = {
#define SP_CPU(name) &sp_elementwise_kernels_##name,
#include "compute/cpu_list.h"
#undef SP_CPU
};

void sp_activate(sp_dtype precision, sp_activation activation, int64_t n, void *y) {
  switch (activation) {
    case SP_IDENTITY: break;
    case SP_RELU: kernels[sp_cpu()]->relu(precision, n, y); break;
    case SP_TANH: sp_function_apply(precision, SP_FUNCTION_tanh, n, y, y); break;
    case SP_SIGMOID: sp_function_apply(precision, SP_FUNCTION_sigmoid, n, y, y); break;
  }
}

void sp_activate_backward(sp_dtype precision, sp_activation activation, int64_t n, const void *y, const void *dy,
                          void *dx) {
  kernels[sp_cpu()]->activate_backward(precision, activation, n, y, dy, dx);
}

void sp_column_sums(sp_dtype precision, const sp_lane_rows *rows, int64_t n, const void *x, void *out) {
  kernels[sp_cpu()]->column_sums(precision, rows, n, x, out);
}

void sp_add(sp_dtype precision, int64_t n, void *into, const void *from) {
  kernels[sp_cpu()]->add(precision, n, into, from);
}

bool sp_all_finite(sp_dtype precision, int64_t n, const void *x) {
  return kernels[sp_cpu()]->all_finite(precision, n, x);
}

int64_t sp_first_outside(sp_dtype precision, int64_t n, const void *x, double low, double high) {
  return kernels[sp_cpu()]->first_outside(precision, n, x, low, high);
}

double sp_sum_squares(sp_dtype precision, int64_t n, const void *x) {
  return kernels[sp_cpu()]->sum_squares(precision, n, x);
}

bool sp_sum(sp_dtype precision, int64_t n, const void *a, const void *b, void *out) {
  return kernels[sp_cpu()]->sum(precision, n, a, b, out);
}
