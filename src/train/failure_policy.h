// SPDX-License-Identifier: Apache-2.0
// The action after a step whose loss or gradient is not finite: report the cause, then stop the run, skip the step
// (train.on_nonfinite: skip), or load the newest checkpoint and skip the step when the run reaches it again (rollback).
#ifndef SP_TRAIN_FAILURE_POLICY_H
#define SP_TRAIN_FAILURE_POLICY_H

#include "train/batch_source.h"
#include "train/model_state.h"

typedef struct sp_failure_policy {
  sp_model_state *model;
  sp_batch_source *source;
  int64_t nonfinite_step;  ///< number, from 1, of the last step that was not finite; 0: none since the last rollback
} sp_failure_policy;

/// Values of `value` below for a step in which no value of the gradient was the cause.
enum { SP_NONFINITE_LOSSES = -1, SP_NONFINITE_NORM = -2 };

/// After a step that was not finite on some rank: repeat this rank's part of it and report where the value first appeared.
/// `back` is 0 for the coming step of the progress, 1 for the one before it; `value` is the index of the first value of the
/// vector whose gradient is not finite, or one of the above. `gradient` is memory for a vector, which is overwritten.
/// Collective: yes. Returns SP_ERR_NONFINITE with step, rank, rows and layer.
sp_status sp_failure_explain(sp_failure_policy *policy, int back, int64_t value, void *gradient);

/// Returns the number of skipped steps: past ones, and one that the run has yet to reach after a rollback. The last one
/// found is the last in progress->skipped.
int sp_progress_skipped(const sp_progress *progress);

/// Returns the number of updates so far: steps without the skipped ones.
int64_t sp_progress_updates(const sp_progress *progress);

/// Returns whether the coming step must be skipped.
bool sp_progress_skips_next(const sp_progress *progress);

/// With `skip`, after a step that was not finite and has changed nothing: record it as skipped, warn, and return SP_OK.
/// Otherwise, or if nonfinite_limit is exceeded, return a failure; `failure` is that of the step.
/// Collective: no, but the same on all ranks.
sp_status sp_failure_skip(sp_failure_policy *policy, sp_status failure);

/// With `rollback`, after a step that was not finite: record it as skipped, warn, and return SP_OK; the caller must then load
/// a checkpoint. Otherwise, or if nonfinite_limit is exceeded, return a failure.
/// Collective: no, but the same on all ranks.
sp_status sp_failure_roll_back(sp_failure_policy *policy, sp_status failure);

#endif
