// SPDX-License-Identifier: Apache-2.0
// Softmax along the rows of a matrix, in either precision.
#ifndef SP_COMPUTE_SOFTMAX_H
#define SP_COMPUTE_SOFTMAX_H

#include <stdint.h>

#include "base/dtype.h"
#include "compute/cpu.h"

/// Each row of x (rows, n) becomes its softmax (the largest is subtracted first).
void sp_softmax(sp_dtype precision, int64_t rows, int64_t n, void *x);
/// Compute the powers e^(x - m) of the softmaxes of x (rows, n), where m is the largest value of a row. `largest`
/// (rows) receives m, and `sum` (rows) the sum of the powers of each row, in float64 in the order of compute/row_sum.h.
/// powers (rows, n) may be x, or NULL if only the sums are needed. n must be at least 1.
void sp_softmax_powers(sp_dtype precision, int64_t rows, int64_t n, const void *x, void *powers, double *largest,
                       double *sum);
enum { SP_SOFTMAX_ROWS = 64 };  ///< number of rows that are efficient to process together
/// dx = y (dy - sum(y dy)), row by row; dx may be dy.
void sp_softmax_backward(sp_dtype precision, int64_t rows, int64_t n, const void *y, const void *dy, void *dx);

// --- kernels: the same with the instructions of each set (compute/cpu.h) ---

typedef struct sp_softmax_kernels {
  void (*softmax)(sp_dtype precision, int64_t rows, int64_t n, void *x);
  void (*softmax_powers)(sp_dtype precision, int64_t rows, int64_t n, const void *x, void *powers, double *largest,
                         double *sum);
  void (*softmax_backward)(sp_dtype precision, int64_t rows, int64_t n, const void *y, const void *dy, void *dx);
} sp_softmax_kernels;

#define SP_CPU(name) extern const sp_softmax_kernels sp_softmax_kernels_##name;
#include "compute/cpu_list.h"
#undef SP_CPU

#endif
