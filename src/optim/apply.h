// SPDX-License-Identifier: Apache-2.0
// The section `optimizer` applied to stretches of the parameter vector: sums over a batch become a gradient, which is
// clipped and passed to the rule of each group. Statistics have an update of their own. Independent of ranks.
#ifndef SP_OPTIM_APPLY_H
#define SP_OPTIM_APPLY_H

#include "model/parameters.h"
#include "optim/groups.h"
#include "optim/rule.h"

/// The settings of a step. Options and groups are borrowed; the other members are set before each step.
typedef struct sp_apply {
  const sp_optimizer_options *options;
  const sp_parameter_groups *groups;
  const sp_parameter_table *table;  ///< names the statistics; NULL: all values are trained
  sp_dtype precision;
  double scale;        ///< the gradient is scale * sum: 1 / rows for a mean
  double rows;         ///< of the batch: what a statistic observed is its sum over the rows divided by them
  double lr_factor;    ///< factor of the schedule (sp_update)
  double clip_factor;  ///< factor of the whole gradient: 1, or set by sp_apply_clip
  int64_t step;        ///< number of this update, from 1
  sp_rule_memo memo;   ///< private; initially all 0
} sp_apply;

/// A stretch: values [first, first + n) of the vector, which are either before the statistics or among them. Each array
/// begins with value `first`.
typedef struct sp_applied {
  int64_t first, n;
  void *parameters;
  sp_addends sum;
  void *slot[SP_MAX_SLOTS];  ///< NULL if the rule has no such slot
} sp_applied;

/// Update a stretch in place, and return whether all sums are finite:
///     g <- gradient of the sums (sp_gradient_make) times clip_factor
///     the rule of each value's group (sp_update)
/// A stretch of statistics is updated by sp_statistics_update instead; its slots keep their values.
/// Shapes:     disjoint arrays of the precision; n = 0 is legal.
/// Collective: no.  Ownership: borrows all, allocates nothing.
/// Same bits:  element-wise, so the result does not depend on how a vector is cut.
/// Errors:     none. A value whose sum is not finite counts as 0 or is not updated, and the values after it need not be
///             updated: the caller must discard the step, but no parameter becomes infinite or NaN.
bool sp_apply_update(sp_apply *apply, const sp_applied *stretch);

/// Returns the contribution of a stretch to the squared norm of the gradient, up to a factor: see sp_apply_clip. 0 for
/// statistics. The bits depend on where the stretch begins and ends. The last addition has been made: sum.second is NULL.
/// Collective: no.  Ownership: borrows all, allocates nothing.  Errors: none.
double sp_apply_squares(const sp_apply *apply, const sp_applied *stretch);

/// Returns the norm of the gradient before clipping, from the squares of all stretches of the vector, and sets
/// clip_factor so that the norm is at most options->clip_norm.
/// Collective: no.  Errors: none. If the square of the norm overflows float64 (float64 values above 1e154), the norm is
/// infinite and clip_factor 0; the caller must not apply that step.
double sp_apply_clip(sp_apply *apply, double squares);

#endif
