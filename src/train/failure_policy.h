// SPDX-License-Identifier: Apache-2.0
// What happens when a loss or a gradient is not finite: the step is explained, and then the run stops, leaves the step out
// (train.on_nonfinite: skip), or goes back to the newest checkpoint and leaves it out when it comes to it again (rollback).
#ifndef SP_TRAIN_FAILURE_POLICY_H
#define SP_TRAIN_FAILURE_POLICY_H

#include "train/batch_source.h"
#include "train/model_state.h"

typedef struct sp_failure_policy {
  sp_model_state *model;
  sp_batch_source *source;
  int64_t nonfinite_step;  ///< number, from 1, of the last step that was not finite; 0: none since the run went back
} sp_failure_policy;

/// What was not finite, where it was no value of the gradient.
enum { SP_NONFINITE_LOSSES = -1, SP_NONFINITE_NORM = -2 };

/// After a step that was not finite on some rank: repeat this rank's part of it and say where it first appeared. `back`
/// is 0 for the coming step of the progress, 1 for the one before it; `value` is the first value of the vector whose
/// gradient is not finite, or one of the above. `gradient` is memory for a whole vector, which is overwritten.
/// Collective: yes. Returns SP_ERR_NONFINITE with step, rank, rows and layer.
sp_status sp_failure_explain(sp_failure_policy *policy, int back, int64_t value, void *gradient);

/// Returns the number of steps that are left out: those of the past, and one that the run has yet to come to. The last one
/// found is the last in progress->left_out.
int sp_progress_left_out(const sp_progress *progress);

/// Returns the number of updates so far: steps, without those that were left out.
int64_t sp_progress_updates(const sp_progress *progress);

/// Returns whether the coming step is to be left out.
bool sp_progress_leaves_out(const sp_progress *progress);

/// With `skip`, after a step that was not finite and has changed nothing: count it, warn, and return SP_OK. Otherwise, or
/// when there are too many of them, return a failure: `failure` is that of the step.
/// Collective: no, but the same on all ranks.
sp_status sp_failure_skip(sp_failure_policy *policy, sp_status failure);

/// With `rollback`, after a step that was not finite: count it, warn, and return SP_OK; then the run must go back to a
/// checkpoint. Otherwise, or when there are too many of them, return a failure. Collective: no, but the same on all ranks.
sp_status sp_failure_roll_back(sp_failure_policy *policy, sp_status failure);

#endif
