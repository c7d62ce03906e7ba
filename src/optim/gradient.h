// SPDX-License-Identifier: Apache-2.0
// The gradient that is passed to a rule: the mean over a batch, with its L1 penalty, clipped. Independent of ranks and
// tensors.
#ifndef SP_OPTIM_GRADIENT_H
#define SP_OPTIM_GRADIENT_H

#include <stdint.h>

#include "base/dtype.h"

/// How sums become a gradient.
typedef struct sp_gradient_form {
  double scale;       ///< 1 / rows for a mean
  double l1;          ///< 0: no penalty
  double clip_value;  ///< infinity: no clipping
} sp_gradient_form;

/// Compute gradients from sums:
///     g <- scale sum + l1 sign(p)           sign(0) = 0
///     g <- min(max(g, -clip_value), clip_value)
/// Source: the subgradient of l1 |p|. The order is that of torch.nn.utils.clip_grad_value_ (PyTorch 1.13) with a loss
/// that includes the penalty: penalty first, then clipping.
///
/// Rounding:   every factor is rounded to the precision first.
/// Shapes:     p, sum, g: (n), g disjoint from the others; n = 0 is legal.
/// Collective: no.  Ownership: borrows all, allocates nothing.
/// Same bits:  element-wise, so the result does not depend on how a vector is cut.
/// Errors:     none; the caller has checked that sums are finite.
void sp_gradient_make(sp_dtype precision, int64_t n, const sp_gradient_form *form, const void *p, const void *sum,
                      void *g);

/// Returns the factor that clips a gradient of this norm: min(1, most / (norm + 1e-6)).
/// Source: Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063; with the 1e-6 of torch.nn.utils.clip_grad_norm_ (PyTorch
/// 1.13).
/// Collective: no. Errors: none; 0 for an infinite norm.
double sp_gradient_clip_factor(double most, double norm);

#endif
