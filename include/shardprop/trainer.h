// SPDX-License-Identifier: Apache-2.0
// Training inside another program: `shardprop train` as functions, on the caller's communicator.
// Public. Includes MPI, shardprop/export.h and shardprop/status.h.
#ifndef SHARDPROP_TRAINER_H
#define SHARDPROP_TRAINER_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

#include "shardprop/export.h"
#include "shardprop/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Train according to a YAML file, or resume the run where it stopped. Reports go to stderr and to the run directory.
/// Until it returns, signals whose default action terminates the process request a stop, as a closed stderr does:
/// SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU, SIGPWR, and SIGALRM, SIGVTALRM, SIGPROF, SIGIO,
/// SIGSTKFLT and the real-time signals where the process has no handlers for them. The previous handlers are restored
/// at the end. Ranks in excess of the run's lanes log a warning, sleep until the others are done, and return the same
/// status.
///
///   config     path of the file; only rank 0 reads it
///   overrides  `count` strings "key.key=value"; may be NULL when count is 0
///
/// Collective: yes, over comm. Ownership: borrows all; comm is duplicated.
/// Errors: the same on all ranks; SP_STOPPED when it was stopped on request and the state is saved.
SP_API sp_status sp_train(MPI_Comm comm, const char *config, const char *const *overrides, int count);

// --- training in steps, with callbacks ----------------------------------------------------------------------------

typedef struct sp_training sp_training;

/// What is passed to a callback; valid during the call.
typedef struct sp_training_event {
  int64_t step, steps;            ///< updates done, and updates in the complete run
  int64_t epoch, epochs;          ///< the current or just completed epoch, from 1, and their number
  int64_t rows;                   ///< rows trained on in all steps
  double seconds;                 ///< spent training, in all starts of the run
  int scores;                     ///< number of scores; 0 for a checkpoint
  const char *const *score_name;  ///< "loss" first, then model.metrics
  const double *score;            ///< step: over its batch; epoch: over its training rows. NaN for rows without weight
                                  ///< and for metrics that need all predictions of an evaluation, such as auc
  const double *validation;       ///< epoch: over the validation rows, NULL if there are none; step: NULL
  bool best;                      ///< epoch: the validation score is the best so far
  int64_t saved_step;             ///< checkpoint: the step whose state it holds; else -1
} sp_training_event;

/// Returning false requests a stop: the state is saved, and sp_training_run returns SP_STOPPED.
typedef bool sp_training_callback(void *context, const sp_training_event *event);

/// Begin with `sp_training_options options = {0};` ({} in C++) and set the members you need.
typedef struct sp_training_options {
  const char *config;            ///< path of a YAML file, read by rank 0 only; with `text`, its name in errors
  const char *text;              ///< the YAML itself, in place of a file; only rank 0's is used
  const char *const *overrides;  ///< `count` strings "key.key=value", the same on all ranks
  int count;
  sp_training_callback *on_step, *on_epoch, *on_checkpoint;  ///< called on rank 0 of comm ordered by nodes; NULL: none
  void *context;                                             ///< passed to the callbacks
  bool quiet;         ///< write only warnings to stderr; records in the run directory are still written
  bool take_signals;  ///< during sp_training_run, handle signals as sp_train does
  bool watchdog;      ///< apply train.watchdog, which terminates the process when no rank makes progress
} sp_training_options;

/// Prepare a run to start or to resume: read and check its configuration, lock its directory, open the data, build the
/// network, load the newest checkpoint. A process may open several trainings one after another, but only one at a time.
/// Does not change signal handlers or MPI error handlers, and never terminates the process (unless `watchdog` is set).
/// Ranks may be bound to cores until the training is closed (`train.pin: none` prevents that).
/// Ranks in excess of the run's lanes (train.lanes) sleep in sp_training_open and sp_training_run, which return the
/// same status on all ranks.
///
/// Collective: yes, over comm. Ownership: copies what it needs; comm is duplicated; the caller closes *training.
/// Errors: the same on all ranks: SP_ERR_CONFIG, SP_ERR_DATA, SP_ERR_SHAPE, SP_ERR_BUSY when another job is using the
/// run, SP_ERR_CORRUPT when the run has checkpoints and none is intact; *training is untouched.
SP_API sp_status sp_training_open(MPI_Comm comm, const sp_training_options *options, sp_training **training);

/// Train until the run is complete, or until a stop is requested and the state is saved. May be called only once.
///
/// Collective: yes. Ownership: borrows. Callbacks run on the calling thread, in the caller's locale, and must not call
/// MPI on comm. The library reads and writes numbers with a decimal point in every locale.
/// Errors: the same on all ranks: SP_STOPPED; SP_ERR_NONFINITE naming step, rank and layer; SP_ERR_USAGE when called
/// again.
SP_API sp_status sp_training_run(sp_training *training);

/// Request a stop after the next step. May be called on any rank that trains, from a callback, another thread or a
/// signal handler. Does nothing on a rank without lanes.
///
/// Collective: no. Errors: none.
SP_API void sp_training_request_stop(sp_training *training);

/// Returns the number of updates done so far, in all starts of the run; -1 on a rank without lanes.
///
/// Collective: no. Errors: none.
SP_API int64_t sp_training_step(const sp_training *training);

/// Returns the name of parameter tensor `index` (from 0), such as "dense_1/weight"; NULL when there is no such tensor,
/// and on a rank without lanes.
///
/// Collective: no. Ownership: valid until the training is closed. Errors: none.
SP_API const char *sp_training_tensor(const sp_training *training, int64_t index);

/// Copy the values of a tensor, row-major and converted to float64. May be called before or after sp_training_run, or
/// on rank 0 in on_epoch. Every rank that trains holds all parameters.
///
/// Shapes: values: (count); count must be the tensor's number of values.
/// Collective: no. Ownership: borrows. Errors: SP_ERR_USAGE for an unknown name, for a wrong count (naming the right
/// one), and on a rank without lanes.
SP_API sp_status sp_training_read(const sp_training *training, const char *tensor, double *values, int64_t count);

/// Free the training and unlock the run directory. `training` may be NULL, on all ranks.
///
/// Collective: yes. Errors: none; the message of the last failure is kept.
SP_API void sp_training_close(sp_training *training);

#ifdef __cplusplus
}
#endif
#endif
