// The trainer: a network, its data and its optimizer state on the ranks of a communicator.
#ifndef SP_TRAIN_TRAINING_H
#define SP_TRAIN_TRAINING_H

#include <stdatomic.h>

#include "checkpoint/run_state.h"
#include "comm/pin.h"
#include "exchange/exchange.h"
#include "exchange/lanes.h"
#include "optim/apply.h"
#include "supervise/deadline.h"
#include "supervise/run_directory.h"
#include "supervise/watchdog.h"
#include "train/feed.h"
#include "train/observer.h"
#include "train/run_config.h"
#include "train/state_memory.h"

/// Seconds that this rank's steps took. Between nodes messages are on their way in all of them.
typedef struct sp_step_times {
  double data;      ///< rows gathered and converted
  double forward;   ///< with the loss
  double backward;
  double exchange;  ///< waiting for other ranks, and agreeing
  double update;    ///< sums of gradients, update, parameters handed over
  int64_t steps;
} sp_step_times;

typedef struct sp_trainer {
  const sp_comm *comm;
  const sp_run_config *config;
  sp_pin pin;
  sp_feed feed;
  sp_order order;
  sp_network *network;
  sp_shards shards;
  sp_subtree hosted;      ///< the lanes of this rank
  sp_exchange *exchange;  ///< NULL when nothing is trained

  sp_state_memory memory;
  sp_state state;         ///< parameters, slots, progress: what a checkpoint holds
  sp_parameter_groups *groups;
  sp_apply apply;         ///< of the last step; lr_factor NaN: there was none yet
  char *config_text;      ///< resolved YAML, what state.config points to
  double *moments;        ///< mean and deviation of standardize
  int rule_slots;         ///< so many of the state's slots, the first ones, are the rule's
  void *average;          ///< the slot behind them: the moving average; NULL: none, or an empty shard
  int *gather_scratch;    ///< (3 * ranks), where there is an average

  int64_t evaluation_rows;  ///< rows of one forward pass of an evaluation
  void *features, *targets; ///< one lane's share of a mini-batch
  int64_t *row;
  void *accumulated;      ///< a gradient: the sum of a lane's passes before the one being made; NULL where one pass is all
  double *lane_sums;      ///< (hosted lanes, sums + flags)
  double *total;          ///< (sums + flags)
  double lr;              ///< learning rate of the next step, in place of the rule's with its schedule; 0: theirs
  double gradient_norm;   ///< of the last step, before it was clipped; NaN without clip_norm
  sp_step_times times;    ///< every step adds to them
  sp_pulse *pulse;        ///< where the watchdog looks; NULL without one
  atomic_bool stop_requested;  ///< by the program: the next step asks the others
  int64_t nonfinite_step; ///< number, from 1, of the last one found not to be finite, unless the run has gone back; else 0
} sp_trainer;

/// Build everything for training (or for evaluation only): share out the cores, open and copy the data, make the network,
/// allocate. The number of lanes must be known (not auto). Parameters are not set yet. Borrows comm and config.
/// Collective: yes. Errors: agreed on.
sp_status sp_trainer_create(const sp_comm *comm, const sp_run_config *config, int feed_parts, sp_trainer **out);
void sp_trainer_free(sp_trainer *trainer);  ///< NULL is fine

/// Let the data and the metrics use the statistics of the state.
void sp_trainer_use_moments(sp_trainer *trainer);

/// Set the state of step 0: statistics of the data, initial parameters and their average, empty slots. Collective: yes.
sp_status sp_trainer_initialise(sp_trainer *trainer);

/// Set the state of the newest checkpoint that is whole, or where there is none (*found) that of step 0.
/// Collective: yes. Errors: agreed on.
sp_status sp_trainer_load(sp_trainer *trainer, const char *checkpoints, bool *found);

// --- the loop (loop.c) --------------------------------------------------------------------------------------------

/// Train until the run is complete (SP_OK), or a stop is requested and saved (SP_STOPPED). Saves to `directory`, which
/// stays locked, and stops before the deadline, which only rank 0 has; `observer` may be NULL.
/// Collective: yes. Errors: agreed on; SP_ERR_NONFINITE names step, rank, rows and layer.
sp_status sp_trainer_run(sp_trainer *trainer, sp_run_directory *directory, sp_deadline *deadline,
                         const sp_observer *observer);

/// Is there nothing left to do?
bool sp_trainer_is_done(const sp_trainer *trainer);

/// Updates of the whole run.
int64_t sp_trainer_steps(const sp_trainer *trainer);

void sp_trainer_standing(const sp_trainer *trainer, sp_standing *standing);

// --- the parts it is made of --------------------------------------------------------------------------------------

/// How many float64 values a lane a step moves: the network's sums, and flags.
int sp_trainer_step_sums(const sp_trainer *trainer);
/// What steps need besides. Collective: yes. Errors: agreed on.
sp_status sp_trainer_create_exchange(sp_trainer *trainer);
/// After the last step, when it is settled: give back what steps needed. Collective: yes.
void sp_trainer_free_exchange(sp_trainer *trainer);

/// The rows of a part of a lane's share of a batch: that of the coming step, or of `back` steps before. They lie in the trainer's
/// memory, until the next call.
sp_status sp_trainer_gather(sp_trainer *trainer, int back, int64_t lane, int64_t part, sp_batch *batch);

/// What this rank wishes.
typedef struct sp_step_wishes {
  bool stop, save;  ///< if any rank does, all will
  bool ready;       ///< only if all ranks are
} sp_step_wishes;

/// What the ranks agreed on in a step.
typedef struct sp_step_outcome {
  int64_t rows;  ///< of the batch
  bool stop, save, ready;
  bool made;     ///< there was an update: the step was not left out
} sp_step_outcome;

/// One synchronised update. The outcome holds what comes of everybody's wishes. state.progress moves on
/// within the epoch; trainer->total holds the sums of the batch. The new parameters may still be on their way:
/// sp_trainer_settle comes before anything but a step reads them, and before a step of another epoch.
/// A step that is left out moves state.progress on and no more.
/// Collective: yes. Errors: agreed on; SP_ERR_NONFINITE also for the step before this one. Nothing may be saved then.
sp_status sp_trainer_step(sp_trainer *trainer, const sp_step_wishes *wishes, sp_step_outcome *outcome);

/// Wait until the last step's parameters are complete everywhere. Collective: yes.
/// Errors: agreed on; SP_ERR_NONFINITE when the last step's gradient was not finite.
sp_status sp_trainer_settle(sp_trainer *trainer);

/// The epoch is over, and settled: the next step is the first of the next one.
void sp_trainer_next_epoch(sp_trainer *trainer);

/// What the network gives for rows [first, first + count), at most evaluation_rows of them: output (count, output) in the
/// precision, unless it is NULL; sums (sp_network_sums) of loss and metrics. Collective: no. Errors: SP_ERR_DATA.
sp_status sp_trainer_forward(sp_trainer *trainer, const sp_rows *rows, int64_t first, int64_t count, void *output,
                             double *sums);

/// Scores over rows with the parameters as they stand, the same bits on any rank count. Collective: yes.
sp_status sp_trainer_evaluate(sp_trainer *trainer, const sp_rows *rows, sp_scores *scores);

/// The average becomes a copy of the parameters. Does nothing without an average. Collective: no, but on all ranks.
void sp_trainer_start_average(sp_trainer *trainer);

/// The parameters and their moving average change places, on all ranks: all that reads the parameters reads the
/// average, until this is called again. No step may be under way; nothing may be saved in between. Does nothing without
/// an average.
/// Collective: yes. Errors: none.
void sp_trainer_swap_average(sp_trainer *trainer);

/// The same scores with the average where there is one. It leaves the parameters as they were, also when it fails.
/// Collective: yes. Errors: agreed on.
sp_status sp_trainer_evaluate_average(sp_trainer *trainer, const sp_rows *rows, sp_scores *scores);

enum { SP_NONFINITE_LOSSES = -1, SP_NONFINITE_NORM = -2 };  // what tells where every value of the gradient is finite

/// After a step that was not finite on some rank: repeat this rank's part of it and say where it first appeared. `back`
/// is 0 for the step that state.progress stands before, 1 for the one before that; `value` is the first value of the
/// vector whose gradient is not finite, or one of the above.
/// Collective: yes. Returns SP_ERR_NONFINITE with step, rank, rows and layer.
sp_status sp_trainer_explain_nonfinite(sp_trainer *trainer, int back, int64_t value);

/// Every `train.audit` steps: do all ranks hold the same parameters, and compute the same gradient (audit.c)? Before a step.
/// Collective: yes. Errors: agreed on; SP_ERR_DIVERGED names nodes or ranks; those of sp_trainer_settle.
sp_status sp_trainer_audit(sp_trainer *trainer);

// --- steps that are left out (left_out.c) -------------------------------------------------------------------------

/// How many are, so far or when the run comes to them; the last one found is the last in state.progress.left_out.
int sp_trainer_left_out(const sp_trainer *trainer);

/// Updates made so far: steps, without those that were left out.
int64_t sp_trainer_updates(const sp_trainer *trainer);

/// Is the next step to be left out?
bool sp_trainer_leaves_out(const sp_trainer *trainer);

/// With `on_nonfinite: skip`, after a step that was not finite and has moved nothing: count and say it, SP_OK. Else, or when
/// there are too many of them, a failure: `failure` is that of the step. Collective: no, but the same on all ranks.
sp_status sp_trainer_leave_out(sp_trainer *trainer, sp_status failure);

/// With `on_nonfinite: rollback`, after a step or sp_trainer_settle that was not finite: count and say it, SP_OK; then comes
/// sp_trainer_go_back. Else, or when there are too many of them, a failure. Collective: no, but the same on all ranks.
sp_status sp_trainer_take_back(sp_trainer *trainer, sp_status failure);

/// Load the newest checkpoint, or the state of step 0; what is to be left out remains known.
/// Collective: yes. Errors: agreed on.
sp_status sp_trainer_go_back(sp_trainer *trainer, const char *checkpoints);

/// From sums over rows to scores.
void sp_trainer_scores(const sp_trainer *trainer, const double *sums, double rows, sp_scores *scores);

#endif
