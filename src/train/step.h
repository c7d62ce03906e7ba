// SPDX-License-Identifier: Apache-2.0
// One synchronised step: passes over the rows of the lanes of this rank, the control reduction, the sharded update.
#ifndef SP_TRAIN_STEP_H
#define SP_TRAIN_STEP_H

#include "exchange/exchange.h"
#include "exchange/sums.h"
#include "train/batch_source.h"
#include "train/failure_policy.h"
#include "train/model_state.h"
#include "train/shard_update.h"

/// Duration of this rank's steps in seconds, by phase. Between nodes, messages are in flight during all phases.
typedef struct sp_step_times {
  double data;     ///< rows gathered and converted
  double forward;  ///< including the loss
  double backward;
  double exchange;  ///< waiting for other ranks, control reduction
  double update;    ///< sums of gradients, update, distribution of the parameters
  int64_t steps;
} sp_step_times;

typedef struct sp_train_step {
  sp_model_state *model;
  sp_batch_source *source;
  sp_failure_policy *failures;
  sp_exchange *exchange;  ///< NULL: the trainer only evaluates
  sp_shard_update update;
  int64_t lanes;         ///< hosted
  void *accumulated;     ///< the gradient of each lane over the mini-batches so far; NULL: one mini-batch per update
  double *lane_weights;  ///< (lanes): weights of their shares of the batch; NULL: the loss is not weighted
  double *pass_weights;  ///< (lanes): of a mini-batch
  sp_lane_adder weight_sum;  ///< of the lanes' weights
  bool warned;               ///< of a batch without weight
  double *lane_sums;         ///< (lanes, sums + flags)
  double *pass_sums;         ///< (lanes, sums) of a mini-batch
  double *total;             ///< (sums + flags): after a step, the sums over its batch
  double lr;  ///< learning rate of the next step, which replaces the rule's with its schedule; 0: not replaced
  sp_step_times times;  ///< totals over all steps
} sp_train_step;

/// Returns the number of float64 values of a lane in the control reduction: the network's sums, and flags.
int sp_train_step_sums(const sp_network *network);

/// Returns whether a rank needs a gradient for each of its lanes: for an objective, and if the mini-batches of an update are
/// added, which is done for each lane in their order.
bool sp_train_step_needs_each_lane(const sp_network *network, int64_t accumulate);

/// Allocate the memory of steps and create the exchange. Borrows model, source and failures; `out` must not be moved.
/// Collective: yes. Errors: agreed on. The caller frees `out` with sp_train_step_free, also after a failure.
sp_status sp_train_step_create(sp_model_state *model, sp_batch_source *source, sp_failure_policy *failures,
                               sp_train_step *out);

/// Free the memory of steps and the exchange. The last step must be settled. Collective: yes.
void sp_train_step_free(sp_train_step *step);

/// Requests of this rank.
typedef struct sp_step_wishes {
  bool stop, save;  ///< granted if any rank requests it
  bool ready;       ///< granted if all ranks request it
} sp_step_wishes;

/// The result of a step, the same on all ranks.
typedef struct sp_step_outcome {
  int64_t rows;  ///< of the batch
  bool stop, save, ready;
  bool made;  ///< the parameters were updated: the step was not skipped
} sp_step_outcome;

/// Run one synchronised step. Advances the progress within the epoch and sets step->total to the sums over the batch. The new
/// parameters may still be in flight: sp_train_step_settle must be called before anything but a step reads them, and before
/// a step of another epoch. A step to be skipped only advances the progress.
/// Collective: yes. Errors: agreed on; SP_ERR_NONFINITE also for the step before this one. After it, the state must not be
/// saved.
sp_status sp_train_step_make(sp_train_step *step, const sp_step_wishes *wishes, sp_step_outcome *outcome);

/// Wait until the parameters of the last step are complete on all ranks. Collective: yes.
/// Errors: agreed on; SP_ERR_NONFINITE if the gradient of the last step was not finite.
sp_status sp_train_step_settle(sp_train_step *step);

/// Discard the steps before. Call it after setting the parameters, after a failure or after sp_train_step_settle.
/// Collective: no, but on all ranks.
void sp_train_step_restart(sp_train_step *step);

#endif
