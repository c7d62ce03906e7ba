// SPDX-License-Identifier: Apache-2.0
// Softmax along the rows of a matrix, in either precision.
#ifndef SP_COMPUTE_SOFTMAX_H
#define SP_COMPUTE_SOFTMAX_H

#include <stdint.h>

#include "base/dtype.h"

/// Each row of x (rows, n) becomes its softmax (the largest is subtracted first).
void sp_softmax(sp_dtype precision, int64_t rows, int64_t n, void *x);
/// Compute the powers e^(x - m) of the softmaxes of x (rows, n), where m is the largest value of a row. `largest`
/// (rows) receives m, and `sum` (rows) the sum of the powers of each row, in float64 and in order. powers (rows, n) may
/// be x, or NULL if only the sums are needed. n must be at least 1.
void sp_softmax_powers(sp_dtype precision, int64_t rows, int64_t n, const void *x, void *powers, double *largest,
                       double *sum);
enum { SP_SOFTMAX_ROWS = 64 };  ///< number of rows that are efficient to process together
/// dx = y (dy - sum(y dy)), row by row; dx may be dy.
void sp_softmax_backward(sp_dtype precision, int64_t rows, int64_t n, const void *y, const void *dy, void *dx);

#endif
