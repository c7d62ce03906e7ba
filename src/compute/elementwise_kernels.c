// SPDX-License-Identifier: Apache-2.0
// Element-wise operations in both precisions.
#include "compute/elementwise.h"

#include <string.h>

#include "compute/row_sum.h"

#define SP_TEMPLATE "compute/elementwise_typed.h"
#include "compute/each_real.h"

static void relu(sp_dtype precision, int64_t n, void *y) {
  precision == SP_FLOAT32 ? relu_float(n, y) : relu_double(n, y);
}

static void activate_backward(sp_dtype precision, sp_activation activation, int64_t n, const void *y, const void *dy,
                              void *dx) {
  bool single = precision == SP_FLOAT32;
  switch (activation) {
    case SP_IDENTITY:
      if (dx != dy) memcpy(dx, dy, (size_t)n * sp_dtype_size(precision));
      break;
    case SP_RELU: single ? relu_backward_float(n, y, dy, dx) : relu_backward_double(n, y, dy, dx); break;
    case SP_TANH: single ? tanh_backward_float(n, y, dy, dx) : tanh_backward_double(n, y, dy, dx); break;
    case SP_SIGMOID: single ? sigmoid_backward_float(n, y, dy, dx) : sigmoid_backward_double(n, y, dy, dx); break;
  }
}

static void column_sums(sp_dtype precision, const sp_lane_rows *rows, int64_t n, const void *x, void *out) {
  precision == SP_FLOAT32 ? column_sums_float(rows, n, x, out) : column_sums_double(rows, n, x, out);
}

static void add(sp_dtype precision, int64_t n, void *into, const void *from) {
  precision == SP_FLOAT32 ? add_float(n, into, from) : add_double(n, into, from);
}

static bool all_finite(sp_dtype precision, int64_t n, const void *x) {
  return precision == SP_FLOAT32 ? all_finite_float(n, x) : all_finite_double(n, x);
}

static int64_t first_outside(sp_dtype precision, int64_t n, const void *x, double low, double high) {
  return precision == SP_FLOAT32 ? first_outside_float(n, x, low, high) : first_outside_double(n, x, low, high);
}

static double sum_squares(sp_dtype precision, int64_t n, const void *x) {
  return precision == SP_FLOAT32 ? sum_squares_float(n, x) : sum_squares_double(n, x);
}

static bool sum(sp_dtype precision, int64_t n, const void *a, const void *b, void *out) {
  return precision == SP_FLOAT32 ? sum_float(n, a, b, out) : sum_double(n, a, b, out);
}

const sp_elementwise_kernels SP_KERNELS(sp_elementwise_kernels) = {
    .activate_backward = activate_backward,
    .column_sums = column_sums,
    .add = add,
    .all_finite = all_finite,
    .first_outside = first_outside,
    .sum_squares = sum_squares,
    .sum = sum,
    .relu = relu,
};
