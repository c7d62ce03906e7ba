// SPDX-License-Identifier: Apache-2.0
// One synchronised step: gradients of the lanes of this rank, the control reduction, the sharded update.
#ifndef SP_TRAIN_STEP_H
#define SP_TRAIN_STEP_H

#include "exchange/exchange.h"
#include "train/batch_source.h"
#include "train/failure_policy.h"
#include "train/model_state.h"
#include "train/shard_update.h"

/// Seconds that this rank's steps took. Between nodes messages are on their way in all of them.
typedef struct sp_step_times {
  double data;     ///< rows gathered and converted
  double forward;  ///< with the loss
  double backward;
  double exchange;  ///< waiting for other ranks, and agreeing
  double update;    ///< sums of gradients, update, parameters handed over
  int64_t steps;
} sp_step_times;

typedef struct sp_train_step {
  sp_model_state *model;
  sp_batch_source *source;
  sp_failure_policy *failures;
  sp_exchange *exchange;  ///< NULL: nothing is trained
  sp_shard_update update;
  void *accumulated;  ///< a gradient: the sum of a lane's passes before the current one; NULL where a lane has one pass
  double *lane_sums;  ///< (hosted lanes, sums + flags)
  double *total;      ///< (sums + flags): after a step, the sums of its batch
  double lr;          ///< learning rate of the next step, in place of the rule's with its schedule; 0: theirs
  sp_step_times times;  ///< every step adds to them
} sp_train_step;

/// Returns the number of float64 values that a step moves per lane: the network's sums, and flags.
int sp_train_step_sums(const sp_network *network);

/// Allocate what steps need. Borrows model, source and failures; `out` must stay where it is.
/// Collective: yes. Errors: agreed on. What was allocated is freed by sp_train_step_free, also after a failure.
sp_status sp_train_step_create(sp_model_state *model, sp_batch_source *source, sp_failure_policy *failures,
                               sp_train_step *out);

/// After the last step, when it is settled: free what steps needed. Collective: yes.
void sp_train_step_free(sp_train_step *step);

/// What this rank asks for.
typedef struct sp_step_wishes {
  bool stop, save;  ///< granted when any rank asks
  bool ready;       ///< granted when all ranks ask
} sp_step_wishes;

/// What the ranks agreed on in a step.
typedef struct sp_step_outcome {
  int64_t rows;  ///< of the batch
  bool stop, save, ready;
  bool made;  ///< there was an update: the step was not left out
} sp_step_outcome;

/// Make one synchronised update. The outcome holds what the ranks agreed on. The progress advances within the epoch;
/// step->total holds the sums of the batch. The new parameters may still be on their way: sp_train_step_settle must come
/// before anything but a step reads them, and before a step of another epoch. A step that is left out only advances the
/// progress.
/// Collective: yes. Errors: agreed on; SP_ERR_NONFINITE also for the step before this one. Nothing may be saved then.
sp_status sp_train_step_make(sp_train_step *step, const sp_step_wishes *wishes, sp_step_outcome *outcome);

/// Wait until the last step's parameters are complete everywhere. Collective: yes.
/// Errors: agreed on; SP_ERR_NONFINITE when the last step's gradient was not finite.
sp_status sp_train_step_settle(sp_train_step *step);

/// The parameters were set from outside, after a failure or sp_train_step_settle: forget the steps before.
/// Collective: no, but on all ranks.
void sp_train_step_restart(sp_train_step *step);

#endif
