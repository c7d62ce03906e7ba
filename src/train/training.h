// SPDX-License-Identifier: Apache-2.0
// A trainer: the data of a run, the model with its state, and the parts that use them: a batch source, a step, an evaluator
// and a failure policy.
#ifndef SP_TRAIN_TRAINING_H
#define SP_TRAIN_TRAINING_H

#include <stdatomic.h>

#include "comm/pin.h"
#include "train/batch_source.h"
#include "train/evaluator.h"
#include "train/failure_policy.h"
#include "train/feed.h"
#include "train/model_state.h"
#include "train/step.h"

typedef struct sp_trainer {
  sp_pin pin;
  sp_feed feed;
  sp_model_state model;
  sp_batch_source source;
  sp_evaluator evaluator;
  sp_failure_policy failures;
  sp_train_step step;
  char *config_text;           ///< resolved YAML; model.state.config points to it
  atomic_bool stop_requested;  ///< set by the program; the next step passes the request to the other ranks
} sp_trainer;

/// Create a trainer for training or for evaluation only: pin the ranks, open and cache the data, create the network, and
/// allocate. The number of lanes must be known (not auto). Does not set the parameters. Borrows comm and config.
/// Collective: yes. Errors: agreed on.
sp_status sp_trainer_create(const sp_comm *comm, const sp_run_config *config, int feed_parts, sp_trainer **out);
void sp_trainer_free(sp_trainer *trainer);  ///< accepts NULL

/// Set the state of step 0. Collective: yes. Errors: agreed on.
sp_status sp_trainer_initialise(sp_trainer *trainer);

/// Load the newest intact checkpoint; without one (*found is false), set the state of step 0.
/// Collective: yes. Errors: agreed on.
sp_status sp_trainer_load(sp_trainer *trainer, const char *checkpoints, bool *found);

/// Roll back: load the newest checkpoint, or set the state of step 0, but keep the list of skipped steps.
/// Collective: yes. Errors: agreed on.
sp_status sp_trainer_go_back(sp_trainer *trainer, const char *checkpoints);

/// Settle the last step and run an audit if one is due. Called before each step. Collective: yes.
/// Errors: agreed on; those of sp_audit_run and sp_train_step_settle.
sp_status sp_trainer_audit(sp_trainer *trainer);

/// Returns whether the run is complete.
bool sp_trainer_is_done(const sp_trainer *trainer);

/// Get the progress of the training, with the training time as of the last checkpoint or step.
void sp_trainer_standing(const sp_trainer *trainer, sp_standing *standing);

#endif
