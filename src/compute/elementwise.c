// SPDX-License-Identifier: Apache-2.0
// Element-wise operations in both precisions.
#include "compute/elementwise.h"

#include <math.h>
#include <string.h>

#define SP_TEMPLATE "compute/elementwise_typed.h"
#include "compute/each_real.h"

void sp_activate(sp_dtype precision, sp_activation activation, int64_t n, void *y) {
  bool single = precision == SP_FLOAT32;
  switch (activation) {
    case SP_IDENTITY: break;
    case SP_RELU: single ? relu_float(n, y) : relu_double(n, y); break;
    case SP_TANH: single ? hyperbolic_tangent_float(n, y) : hyperbolic_tangent_double(n, y); break;
    case SP_SIGMOID: single ? sigmoid_float(n, y) : sigmoid_double(n, y); break;
  }
}

void sp_activate_backward(sp_dtype precision, sp_activation activation, int64_t n, const void *y, const void *dy,
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

void sp_column_sums(sp_dtype precision, const sp_lane_rows *rows, int64_t n, const void *x, void *out) {
  precision == SP_FLOAT32 ? column_sums_float(rows, n, x, out) : column_sums_double(rows, n, x, out);
}

void sp_add(sp_dtype precision, int64_t n, void *into, const void *from) {
  precision == SP_FLOAT32 ? add_float(n, into, from) : add_double(n, into, from);
}

bool sp_all_finite(sp_dtype precision, int64_t n, const void *x) {
  return precision == SP_FLOAT32 ? all_finite_float(n, x) : all_finite_double(n, x);
}

int64_t sp_first_outside(sp_dtype precision, int64_t n, const void *x, double low, double high) {
  return precision == SP_FLOAT32 ? first_outside_float(n, x, low, high) : first_outside_double(n, x, low, high);
}

double sp_sum_squares(sp_dtype precision, int64_t n, const void *x) {
  return precision == SP_FLOAT32 ? sum_squares_float(n, x) : sum_squares_double(n, x);
}

bool sp_sum(sp_dtype precision, int64_t n, const void *a, const void *b, void *out) {
  return precision == SP_FLOAT32 ? sum_float(n, a, b, out) : sum_double(n, a, b, out);
}
