// SPDX-License-Identifier: Apache-2.0
// Losses of rows of outputs against targets, with their gradients, in either precision. The arithmetic is in float64; sums over
// a row are in the order of compute/row_sum.h.
#ifndef SP_COMPUTE_ROW_LOSS_H
#define SP_COMPUTE_ROW_LOSS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "compute/cpu.h"

/// What the losses read and write. output, target and gradient (rows, size) are disjoint; size must be at least 1.
typedef struct sp_row_loss {
  sp_dtype precision;
  int64_t rows, size;
  const void *output;      ///< x
  const void *target;      ///< t; NULL: `classes` has the targets
  const int32_t *classes;  ///< (rows): classes below size, which have the target 1, and the others 0
  double *each;            ///< (rows): receives the loss of each row
  void *gradient;          ///< receives the derivatives with respect to the outputs; NULL: not computed
} sp_row_loss;

/// Mean over the outputs of (x - t)^2, or of half of it.
void sp_squared_loss(const sp_row_loss *l, bool half);

/// Mean over the outputs of |x - t|; the slope at x = t is 0.
void sp_absolute_loss(const sp_row_loss *l);

/// Mean over the outputs of e^2 / 2 where |e| = |x - t| <= delta, else delta (|e| - delta / 2). Source: Huber 1964.
void sp_huber_loss(const sp_row_loss *l, double delta);

/// Mean over the outputs of -p t log s(x) - (1 - t) log(1 - s(x)), s the sigmoid and p the output's factor (size; NULL: 1),
/// computed without overflow or cancellation as (1 - t) x + (1 + (p - 1) t) (log(1 + e^-|x|) + max(-x, 0)). `smoothing` a
/// replaces t by (1 - a) t + a / 2 before.
void sp_sigmoid_loss(const sp_row_loss *l, double smoothing, const double *factor);

/// sum_j w_j t_j (log s - (x_j - m)) with m the largest output, s = sum_j e^(x_j - m) and w the factors of the outputs
/// (size; NULL: 1); slope = p_j sum(w t) - w_j t_j, p the softmax. `smoothing` a replaces t_j by (1 - a) t_j + a / size before.
void sp_softmax_loss(const sp_row_loss *l, double smoothing, const double *factor);

// --- kernels: the same with the instructions of each set (compute/cpu.h) ---

typedef struct sp_row_loss_kernels {
  void (*squared_loss)(const sp_row_loss *l, bool half);
  void (*absolute_loss)(const sp_row_loss *l);
  void (*huber_loss)(const sp_row_loss *l, double delta);
  void (*sigmoid_loss)(const sp_row_loss *l, double smoothing, const double *factor);
  void (*softmax_loss)(const sp_row_loss *l, double smoothing, const double *factor);
} sp_row_loss_kernels;

#define SP_CPU(name) extern const sp_row_loss_kernels sp_row_loss_kernels_##name;
#include "compute/cpu_list.h"
#undef SP_CPU

#endif
