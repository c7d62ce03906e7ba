// SPDX-License-Identifier: Apache-2.0
// A trainer: the data of a run, the model with its state, and the parts that work on them: a batch source, a step, an
// evaluation and a failure policy.
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
  char *config_text;           ///< resolved YAML, which model.state.config points to
  atomic_bool stop_requested;  ///< by the program: the next step asks the other ranks
} sp_trainer;

/// Build everything for training (or for evaluation only): share out the cores, open and copy the data, make the network,
/// allocate. The number of lanes must be known (not auto). Parameters are not set yet. Borrows comm and config.
/// Collective: yes. Errors: agreed on.
sp_status sp_trainer_create(const sp_comm *comm, const sp_run_config *config, int feed_parts, sp_trainer **out);
void sp_trainer_free(sp_trainer *trainer);  ///< NULL is fine

/// Set the state of step 0. Collective: yes. Errors: agreed on.
sp_status sp_trainer_initialise(sp_trainer *trainer);

/// Set the state of the newest checkpoint that is whole; without one (*found is false), that of step 0.
/// Collective: yes. Errors: agreed on.
sp_status sp_trainer_load(sp_trainer *trainer, const char *checkpoints, bool *found);

/// After a failure that the failure policy rolls back: load the newest checkpoint, or set the state of step 0. The steps
/// that are left out remain known. Collective: yes. Errors: agreed on.
sp_status sp_trainer_go_back(sp_trainer *trainer, const char *checkpoints);

/// Every `train.audit` steps, before a step: settle, and audit. Collective: yes.
/// Errors: agreed on; those of sp_audit_run and sp_train_step_settle.
sp_status sp_trainer_audit(sp_trainer *trainer);

/// Returns whether the run is complete.
bool sp_trainer_is_done(const sp_trainer *trainer);

/// Where the training stands, with the seconds of the last checkpoint or step.
void sp_trainer_standing(const sp_trainer *trainer, sp_standing *standing);

#endif
