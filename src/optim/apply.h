// SPDX-License-Identifier: Apache-2.0
// The section `optimizer` applied to stretches of the parameter vector: from sums over a batch to a gradient, clipped, and
// through the rule of each group to new parameters. Knows neither ranks nor tensors.
#ifndef SP_OPTIM_APPLY_H
#define SP_OPTIM_APPLY_H

#include "optim/groups.h"
#include "optim/rule.h"

/// What a step applies. Options and groups are borrowed; the rest is set before each step.
typedef struct sp_apply {
  const sp_optimizer_options *options;
  const sp_parameter_groups *groups;
  sp_dtype precision;
  double scale;        ///< the gradient is scale * sum: 1 / rows for a mean
  double lr_factor;    ///< of the schedule (sp_update)
  double clip_factor;  ///< what the whole gradient is multiplied with: 1, or as sp_apply_clip says
  int64_t step;        ///< number of this update, from 1
  sp_rule_memo memo;   ///< its own; all 0 at first
} sp_apply;

/// Values [first, first + n) of the vector: parameters, sums, and each slot of the rule begin with the first of them.
typedef struct sp_applied {
  int64_t first, n;
  void *parameters;
  const void *sum;
  void *slot[SP_MAX_SLOTS];  ///< NULL where the rule has none
} sp_applied;

/// Update a stretch in place:
///     g <- gradient of the sums (sp_gradient_make) times clip_factor
///     the rule of each value's group (sp_update)
/// Shapes:     disjoint arrays of the precision; n = 0 is legal.
/// Collective: no.  Ownership: borrows all, allocates nothing.
/// Same bits:  element-wise, so the result does not depend on how a vector is cut.
/// Errors:     none; the caller has checked that sums are finite.
void sp_apply_update(sp_apply *apply, const sp_applied *stretch);

/// The squares of what a stretch adds to the norm of the gradient, but for a factor: see sp_apply_clip. Bits depend on where
/// the stretch begins and ends.
/// Collective: no.  Ownership: borrows all, allocates nothing.  Errors: none.
double sp_apply_squares(const sp_apply *apply, const sp_applied *stretch);

/// From the squares of all stretches of the vector together to the norm of the gradient, before it is clipped to
/// options->clip_norm: sets clip_factor.
/// Collective: no.  Errors: none, but the norm is infinite where its square is more than float64 holds, as of float64
/// values above 1e154: the caller must not make that step, for clip_factor is 0.
double sp_apply_clip(sp_apply *apply, double squares);

#endif
