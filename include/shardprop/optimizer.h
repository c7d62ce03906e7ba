// SPDX-License-Identifier: Apache-2.0
// Update rules, their schedules and clipping on arrays of the caller's: in one process, or with the state shared out over a
// communicator.
// Public. Includes MPI, shardprop/export.h and shardprop/status.h.
#ifndef SHARDPROP_OPTIMIZER_H
#define SHARDPROP_OPTIMIZER_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

#include "shardprop/export.h"
#include "shardprop/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sp_optimizer sp_optimizer;

typedef enum sp_real { SP_REAL32, SP_REAL64 } sp_real;  ///< float, double

/// Make an optimizer for vectors of n values.
///
///   section  YAML as under `optimizer:` of a configuration: "rmsprop", "rmsprop: {lr: 0.001, momentum: 0.9}",
///            "{adam: {lr: 0.01}, schedule: {cosine: {end: 0.1}, warmup: 100 steps}, clip_norm: 1}"
///            (`shardprop help config optimizer`). groups, accumulate and average are for training runs: refused
///   comm     whose ranks share the state out in whole blocks of 4,096 values: of k values of state for each parameter a
///            rank of R holds about k n / R. MPI_COMM_NULL: all of it here; MPI need not be initialised then
///
/// Shapes:     n >= 0 values, the same on all ranks.
/// Collective: yes, over comm.  Ownership: copies section; comm is duplicated; the caller frees *optimizer.
/// Errors:     the same on all ranks: SP_ERR_CONFIG naming line and option; SP_ERR_USAGE for n < 0, no such real, and
///             when ranks differ in n, real or what section says; SP_ERR_MEMORY; *optimizer is untouched.
SP_API sp_status sp_optimizer_create(MPI_Comm comm, const char *section, sp_real real, int64_t n,
                                     sp_optimizer **optimizer);

/// Say how long the training is: a schedule must know it before the first step. It may be said again when that changes.
///
///   epoch_steps  steps of an epoch, at least 1: what "epochs" of the schedule are
///   steps        of the whole training, at least 1: what a schedule without a length of its own is bent over
///
/// Collective: no, but the same on all ranks.  Errors: SP_ERR_USAGE for less than 1; nothing is changed then.
SP_API sp_status sp_optimizer_set_length(sp_optimizer *optimizer, int64_t epoch_steps, int64_t steps);

/// Apply one step of the rule to the whole vector, in place. Every rank updates its share and gets those of the others.
/// The learning rate is sp_optimizer_learning_rate. Formulas and their sources: those of the rule and of the schedule.
///
///   gradient  of the value to be made smaller, as it is to be applied: already summed, or averaged, over the ranks. A rank
///             reads its own share of it only
///
/// Shapes:     parameters, gradient: (n) in the precision, disjoint. Parameters are the same on all ranks.
/// Collective: yes.  Ownership: borrows both, allocates nothing.
/// Same bits:  element-wise, and norms are added up along a fixed tree, so the result is the same on every number of ranks.
/// Errors:     the same on all ranks: SP_ERR_NONFINITE when the gradient is not finite, or with clip_norm the square of
///             its norm is more than float64 holds (values above 1e154); SP_ERR_USAGE when a schedule has not been told
///             the length: nothing was changed then.
SP_API sp_status sp_optimizer_step(sp_optimizer *optimizer, void *parameters, const void *gradient);

/// Tell the schedule `plateau` that an epoch is over, and its validation score. Other schedules do not listen.
///
/// Collective: no, but the same on all ranks.  Errors: none. A score that is not finite is not better than any.
SP_API void sp_optimizer_end_epoch(sp_optimizer *optimizer, double score, bool higher_is_better);

/// The learning rate of the next step, as the schedule has it; NaN when that has not been told the length.
///
/// Collective: no.  Errors: none.
SP_API double sp_optimizer_learning_rate(const sp_optimizer *optimizer);

/// The norm of the last step's whole gradient, before it was clipped; NaN without clip_norm, and before the first step.
///
/// Collective: no.  Errors: none.
SP_API double sp_optimizer_gradient_norm(const sp_optimizer *optimizer);

/// Steps done.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_optimizer_steps(const sp_optimizer *optimizer);

// --- saving and going on: the slots and the progress are all that an optimizer remembers ---------------------------

/// The name of slot 0, 1, …: one array of n values of the rule's state, such as "square_avg". NULL from the last one on.
///
/// Collective: no.  Ownership: valid as long as the optimizer.  Errors: none.
SP_API const char *sp_optimizer_slot(const sp_optimizer *optimizer, int slot);

/// Copy a slot out, whole on every rank.
///
/// Shapes:     values: (n) in the precision.
/// Collective: yes.  Ownership: borrows values, allocates nothing.
/// Errors:     SP_ERR_USAGE when there is no such slot: nothing was changed then.
SP_API sp_status sp_optimizer_get_slot(const sp_optimizer *optimizer, int slot, void *values);

/// Set a slot to what sp_optimizer_get_slot gave, on any number of ranks. A rank reads its own share only.
///
/// Shapes:     values: (n) in the precision.
/// Collective: no, but each rank must do it for its share.  Ownership: copies.
/// Errors:     SP_ERR_USAGE when there is no such slot: nothing was changed then.
SP_API sp_status sp_optimizer_set_slot(sp_optimizer *optimizer, int slot, const void *values);

/// Where an optimizer stands, and what its schedule `plateau` remembers.
typedef struct sp_optimizer_progress {
  int64_t steps;               ///< done
  double plateau_best;         ///< score; NaN: none yet
  int64_t plateau_bad;         ///< epochs since the best score or the last reduction
  int64_t plateau_cooldown;    ///< epochs to come that do not count
  int64_t plateau_reductions;  ///< so far
} sp_optimizer_progress;

/// What is to be saved beside the slots.
///
/// Collective: no.  Errors: none.
SP_API sp_optimizer_progress sp_optimizer_get_progress(const sp_optimizer *optimizer);

/// Go on from there: with the slots, the next steps have the bits of an optimizer that was never saved.
///
/// Collective: no, but the same on all ranks.  Errors: SP_ERR_USAGE when a count is below 0; nothing is changed then.
SP_API sp_status sp_optimizer_set_progress(sp_optimizer *optimizer, const sp_optimizer_progress *progress);

/// Bytes of state that this rank holds.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_optimizer_state_bytes(const sp_optimizer *optimizer);

/// Free it. NULL is fine on all ranks.
///
/// Collective: yes.  Errors: none.
SP_API void sp_optimizer_free(sp_optimizer *optimizer);

#ifdef __cplusplus
}
#endif
#endif
