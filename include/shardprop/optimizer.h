// SPDX-License-Identifier: Apache-2.0
// Update rules, learning rate schedules and clipping on the caller's arrays, in one process or with the optimizer state
// sharded over a communicator.
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

/// Create an optimizer for vectors of n values.
///
///   section  YAML as under `optimizer:` in a configuration: "rmsprop", "rmsprop: {lr: 0.001, momentum: 0.9}",
///            "{adam: {lr: 0.01}, schedule: {cosine: {end: 0.1}, warmup: 100 steps}, clip_norm: 1}"
///            (`shardprop help config optimizer`). groups, accumulate and average are available in training
///            runs only, and refused here
///   comm     communicator over whose ranks the state is sharded in whole blocks of 4,096 values: with k state values
///            per parameter, each of R ranks holds about k n / R values. MPI_COMM_NULL: this process holds the whole
///            state; MPI need not be initialised then
///
/// Shapes:     n >= 0 values, the same on all ranks.
/// Collective: yes, over comm.  Ownership: copies section; comm is duplicated; the caller frees *optimizer.
/// Errors:     the same on all ranks: SP_ERR_CONFIG naming line and option; SP_ERR_USAGE for n < 0, for an unknown
///             `real`, and when ranks differ in n, real or section; SP_ERR_MEMORY; *optimizer is untouched.
SP_API sp_status sp_optimizer_create(MPI_Comm comm, const char *section, sp_real real, int64_t n,
                                     sp_optimizer **optimizer);

/// Set the length of the training, which schedules need before the first step. May be called again when it changes.
///
///   epoch_steps  steps in an epoch, at least 1; the unit of intervals that the schedule gives in epochs
///   steps        steps in the whole training, at least 1; the length of a schedule that does not set its own
///
/// Collective: no, but the same on all ranks.  Errors: SP_ERR_USAGE for values below 1; nothing is changed.
SP_API sp_status sp_optimizer_set_length(sp_optimizer *optimizer, int64_t epoch_steps, int64_t steps);

/// Apply one step of the rule to the whole vector, in place. Every rank updates its shard and receives the shards of
/// the others. The learning rate is sp_optimizer_learning_rate. Formulas and sources: see the rule and the schedule.
///
///   gradient  gradient of the function to minimise, already summed or averaged over the ranks. Each rank reads only
///             its own shard of it
///
/// Shapes:     parameters, gradient: (n) in the precision, disjoint. Parameters are the same on all ranks.
/// Collective: yes.  Ownership: borrows both, allocates nothing.
/// Same bits:  element-wise, and norms are summed along a fixed tree, so the result is the same for every number of
///             ranks.
/// Errors:     the same on all ranks: SP_ERR_NONFINITE when the gradient is not finite or, with clip_norm, the square
///             of its norm overflows float64 (values above 1e154); SP_ERR_USAGE when the schedule needs the length of
///             the training and it is not set. Nothing is changed on failure.
SP_API sp_status sp_optimizer_step(sp_optimizer *optimizer, void *parameters, const void *gradient);

/// Report the end of an epoch and its validation score to the schedule `plateau`. Other schedules ignore it.
///
/// Collective: no, but the same on all ranks.  Errors: none. A score that is not finite never counts as an improvement.
SP_API void sp_optimizer_end_epoch(sp_optimizer *optimizer, double score, bool higher_is_better);

/// Returns the learning rate of the next step; NaN when the schedule needs the length of the training, which is not
/// set.
///
/// Collective: no.  Errors: none.
SP_API double sp_optimizer_learning_rate(const sp_optimizer *optimizer);

/// Returns the norm of the whole gradient in the last step, before clipping; NaN without clip_norm and before step 1.
///
/// Collective: no.  Errors: none.
SP_API double sp_optimizer_gradient_norm(const sp_optimizer *optimizer);

/// Returns the number of steps done.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_optimizer_steps(const sp_optimizer *optimizer);

// --- saving and restoring: slots and progress are the complete state of an optimizer -------------------------------

/// Returns the name of a slot, numbered from 0, such as "square_avg"; NULL when there is no such slot. A slot is an
/// array of n values of the rule's state.
///
/// Collective: no.  Ownership: valid as long as the optimizer.  Errors: none.
SP_API const char *sp_optimizer_slot(const sp_optimizer *optimizer, int slot);

/// Copy a complete slot to `values`, on every rank.
///
/// Shapes:     values: (n) in the precision.
/// Collective: yes.  Ownership: borrows values, allocates nothing.
/// Errors:     SP_ERR_USAGE when there is no such slot: nothing was changed then.
SP_API sp_status sp_optimizer_get_slot(const sp_optimizer *optimizer, int slot, void *values);

/// Set a slot to values from sp_optimizer_get_slot, which may have been called with another number of ranks. Each rank
/// reads only its own shard.
///
/// Shapes:     values: (n) in the precision.
/// Collective: no, but every rank must call it for its shard.  Ownership: copies.
/// Errors:     SP_ERR_USAGE when there is no such slot: nothing was changed then.
SP_API sp_status sp_optimizer_set_slot(sp_optimizer *optimizer, int slot, const void *values);

/// The progress of an optimizer, and the state of the schedule `plateau`.
typedef struct sp_optimizer_progress {
  int64_t steps;               ///< steps done
  double plateau_best;         ///< best score; NaN: none yet
  int64_t plateau_bad;         ///< epochs since the best score or the last reduction
  int64_t plateau_cooldown;    ///< remaining epochs of the cooldown
  int64_t plateau_reductions;  ///< number of reductions so far
} sp_optimizer_progress;

/// Returns the progress, which must be saved together with the slots.
///
/// Collective: no.  Errors: none.
SP_API sp_optimizer_progress sp_optimizer_get_progress(const sp_optimizer *optimizer);

/// Restore the progress. Together with the slots, the next steps have the same bits as without saving and restoring.
///
/// Collective: no, but the same on all ranks.  Errors: SP_ERR_USAGE when a count is below 0; nothing is changed.
SP_API sp_status sp_optimizer_set_progress(sp_optimizer *optimizer, const sp_optimizer_progress *progress);

/// Returns the number of bytes of state that this rank holds.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_optimizer_state_bytes(const sp_optimizer *optimizer);

/// Free an optimizer. `optimizer` may be NULL, on all ranks.
///
/// Collective: yes.  Errors: none.
SP_API void sp_optimizer_free(sp_optimizer *optimizer);

#ifdef __cplusplus
}
#endif
#endif
