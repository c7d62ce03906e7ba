// SPDX-License-Identifier: Apache-2.0
// The model that is trained: a network with its parameters, optimizer state and progress, on the ranks of a communicator.
#ifndef SP_TRAIN_MODEL_STATE_H
#define SP_TRAIN_MODEL_STATE_H

#include "checkpoint/run_state.h"
#include "comm/comm.h"
#include "exchange/exchange_values.h"
#include "exchange/shard.h"
#include "optim/apply.h"
#include "supervise/pulse.h"
#include "train/feed.h"
#include "train/observer.h"
#include "train/parameter_average.h"
#include "train/run_config.h"

typedef struct sp_model_state {
  const sp_comm *comm;
  const sp_run_config *config;
  sp_network *network;
  int monitored;                ///< index of the score that train.monitor names; -1: the network has no scores
  sp_parameter_groups *groups;  ///< the optimizer's options of each tensor
  sp_shards shards;
  sp_state state;             ///< parameters, slots and progress: the contents of a checkpoint
  sp_exchange_values values;  ///< memory of the parameters and slots
  int rule_slots;             ///< number of the rule's slots, the first ones of the state; the average's slot follows
  sp_parameter_average average;
  double *moments;  ///< means, then deviations, of `standardize`: 2 * moments_size
  int64_t moments_size;
  sp_pulse *pulse;  ///< of this rank; NULL: no watchdog
} sp_model_state;

/// Create the network for the data of `feed`. Borrows comm and config. The caller frees `model` with sp_model_state_free,
/// also after a failure.
/// Collective: yes. Errors: agreed on; SP_ERR_CONFIG naming the key.
sp_status sp_model_state_create(const sp_comm *comm, const sp_run_config *config, const sp_feed *feed,
                                sp_model_state *model);
void sp_model_state_free(sp_model_state *model);

/// Set the parts of the state: the optimizer's groups and slots, and the statistics of the data. Collective: no.
sp_status sp_model_state_describe(sp_model_state *model, const sp_feed *feed);

/// Allocate parameters and slots. Collective: yes. Errors: agreed on.
sp_status sp_model_state_allocate(sp_model_state *model);

/// Set the state of step 0: statistics of the data, initial parameters and their average, empty slots.
/// Collective: yes. Errors: agreed on.
sp_status sp_model_state_initialise(sp_model_state *model, sp_feed *feed);

/// Load the newest intact checkpoint; without one (*found is false), set the state of step 0.
/// Collective: yes. Errors: agreed on.
sp_status sp_model_state_load(sp_model_state *model, sp_feed *feed, const char *checkpoints, bool *found);

/// Set the statistics of the data and the units of the metrics from the state.
void sp_model_state_use_moments(sp_model_state *model, sp_feed *feed);

/// Advance the progress to the first step of the next epoch. The last step must be settled.
void sp_model_state_next_epoch(sp_model_state *model);

/// Call sp_parameter_average_swap for this model. Collective: yes. Errors: none.
void sp_model_state_swap_average(sp_model_state *model);

/// Compute the scores from the network's sums over `rows` rows.
void sp_model_state_scores(const sp_model_state *model, const double *sums, double rows, sp_scores *scores);

#endif
