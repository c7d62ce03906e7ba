// SPDX-License-Identifier: Apache-2.0
// Element-wise operations on arrays, sums and searches, in either precision.
#ifndef SP_COMPUTE_ELEMENTWISE_H
#define SP_COMPUTE_ELEMENTWISE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "compute/cpu.h"
#include "compute/lane_rows.h"

/// An element-wise function that a matrix product can apply to its result.
typedef enum sp_activation { SP_IDENTITY, SP_RELU, SP_TANH, SP_SIGMOID } sp_activation;

/// y = f(y), for n values.
void sp_activate(sp_dtype precision, sp_activation activation, int64_t n, void *y);
/// dx = dy f'(x), computed from y = f(x); dx may be dy.
void sp_activate_backward(sp_dtype precision, sp_activation activation, int64_t n, const void *y, const void *dy,
                          void *dx);
/// out (n) = sum of the rows of x (…, n) that belong to the lanes, from 0 in the order of compute/lane_rows.h.
void sp_column_sums(sp_dtype precision, const sp_lane_rows *rows, int64_t n, const void *x, void *out);
/// into += from.
void sp_add(sp_dtype precision, int64_t n, void *into, const void *from);
/// Returns true if all n values are finite.
bool sp_all_finite(sp_dtype precision, int64_t n, const void *x);
/// Returns the index of the first of n values outside [low, high], or -1. NaN is outside every interval.
int64_t sp_first_outside(sp_dtype precision, int64_t n, const void *x, double low, double high);
/// Returns the sum of squares, in float64 in the order of compute/row_sum.h. NaN or infinite if a value is.
double sp_sum_squares(sp_dtype precision, int64_t n, const void *x);
/// out = a + b, or a if b is NULL, in one pass. out may be a or b. Returns true if all n results are finite.
bool sp_sum(sp_dtype precision, int64_t n, const void *a, const void *b, void *out);

// --- kernels: the same with the instructions of each set (compute/cpu.h) ---

typedef struct sp_elementwise_kernels {
  void (*activate_backward)(sp_dtype precision, sp_activation activation, int64_t n, const void *y, const void *dy,
                            void *dx);
  void (*column_sums)(sp_dtype precision, const sp_lane_rows *rows, int64_t n, const void *x, void *out);
  void (*add)(sp_dtype precision, int64_t n, void *into, const void *from);
  bool (*all_finite)(sp_dtype precision, int64_t n, const void *x);
  int64_t (*first_outside)(sp_dtype precision, int64_t n, const void *x, double low, double high);
  double (*sum_squares)(sp_dtype precision, int64_t n, const void *x);
  bool (*sum)(sp_dtype precision, int64_t n, const void *a, const void *b, void *out);
  void (*relu)(sp_dtype precision, int64_t n, void *y);
} sp_elementwise_kernels;

#define SP_CPU(name) extern const sp_elementwise_kernels sp_elementwise_kernels_##name;
#include "compute/cpu_list.h"
#undef SP_CPU

#endif
