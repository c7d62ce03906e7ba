// SPDX-License-Identifier: Apache-2.0
// Training as a program of one's own: what `shardprop train` does, on a communicator of the caller's.
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

/// Train as a YAML file says, or go on where that run stopped, with reports on stderr and in the run directory.
/// Until it returns, signals whose default action ends the process stop the run, as a closed standard error does: SIGTERM,
/// SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU, SIGPWR, and SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT and the
/// real-time signals where the process has no handlers for them. The handlers of the process are restored at the end.
/// Ranks beyond the run's lanes wait asleep until the others are done, and return what those return; a warning says so.
///
///   config     path of the file; only rank 0 reads it
///   overrides  `count` strings "key.key=value"; may be NULL when count is 0
///
/// Collective: yes, over comm. Ownership: borrows all; comm is duplicated.
/// Errors: the same on all ranks; SP_STOPPED when it was stopped on request and everything is saved.
SP_API sp_status sp_train(MPI_Comm comm, const char *config, const char *const *overrides, int count);

// --- the same in parts, with callbacks ----------------------------------------------------------------------------

typedef struct sp_training sp_training;

/// What a callback is told; valid during the call.
typedef struct sp_training_event {
  int64_t step, steps;            ///< updates done, and when the run is complete
  int64_t epoch, epochs;          ///< the epoch it is in, or has just ended, from 1
  int64_t rows;                   ///< of all steps
  double seconds;                 ///< spent training, all starts of the run together
  int scores;                     ///< how many; 0 for a checkpoint
  const char *const *score_name;  ///< "loss" first, then model.metrics
  const double *score;            ///< step: of its batch; epoch: over its training rows
  const double *validation;       ///< epoch: over the validation rows, NULL without; step: NULL
  bool best;                      ///< epoch: the validation score is the best so far
  int64_t saved_step;             ///< checkpoint: whose state it holds; else -1
} sp_training_event;

/// Returning false asks for a stop: the state is saved, and sp_training_run returns SP_STOPPED.
typedef bool sp_training_callback(void *context, const sp_training_event *event);

/// Start from `sp_training_options options = {0};` ({} in C++) and set what is needed.
typedef struct sp_training_options {
  const char *config;  ///< path of a YAML file, which only rank 0 reads; beside `text` a name for it in errors
  const char *text;    ///< instead of the file: the YAML itself; rank 0's counts
  const char *const *overrides;  ///< `count` strings "key.key=value", the same on all ranks
  int count;
  sp_training_callback *on_step, *on_epoch, *on_checkpoint;  ///< called on rank 0 of comm's order by nodes; NULL: none
  void *context;                                             ///< handed to them
  bool quiet;         ///< only warnings on stderr; the run directory's records are written all the same
  bool take_signals;  ///< during sp_training_run the signals named at sp_train ask for a stop, as there
  bool watchdog;      ///< heed train.watchdog, which ends the process when no rank gets on any more
} sp_training_options;

/// Make a run ready to train, or to go on where it stopped: read and check its configuration, lock its directory, open
/// the data, build everything, load its newest checkpoint. Several may follow each other in a process, one at a time.
/// Leaves alone: signals, MPI's error handlers, and (without `watchdog`) the process's life. Ranks may be bound to cores
/// until the training is closed (`train.pin: none` prevents that).
/// Ranks beyond the run's lanes (train.lanes) do nothing but wait asleep in sp_training_open and sp_training_run, which return
/// the same on all ranks.
///
/// Collective: yes, over comm. Ownership: copies what it needs; comm is duplicated; the caller closes *training.
/// Errors: the same on all ranks: SP_ERR_CONFIG, SP_ERR_DATA, SP_ERR_SHAPE, SP_ERR_BUSY when another job has the run,
/// SP_ERR_CORRUPT when it has checkpoints but none is whole; *training is untouched.
SP_API sp_status sp_training_open(MPI_Comm comm, const sp_training_options *options, sp_training **training);

/// Train until the run is complete, or a stop is asked for and everything is saved. Once only.
///
/// Collective: yes. Ownership: borrows. Callbacks run on the calling thread, in the locale it had when it called, and must
/// not call MPI on comm. The library itself reads and writes numbers with a decimal point in every locale.
/// Errors: the same on all ranks: SP_STOPPED; SP_ERR_NONFINITE naming step, rank and layer; SP_ERR_USAGE the second time.
SP_API sp_status sp_training_run(sp_training *training);

/// Ask for a stop after the next step, on any rank that trains, from a callback, another thread or a signal's handler. On a
/// rank that waits idle it does nothing.
///
/// Collective: no. Errors: none.
SP_API void sp_training_request_stop(sp_training *training);

/// Updates done so far, in all starts of the run; -1 on a rank that waits idle.
///
/// Collective: no. Errors: none.
SP_API int64_t sp_training_step(const sp_training *training);

/// The name of a tensor of the parameters, "dense_1/weight"; NULL where there is none of that number, from 0, and
/// on a rank that waits idle.
///
/// Collective: no. Ownership: valid until the training is closed. Errors: none.
SP_API const char *sp_training_tensor(const sp_training *training, int64_t index);

/// Copy the values of a tensor, row-major, converted to float64. Before or after sp_training_run, or on rank 0 in
/// on_epoch; every rank that trains has all parameters.
///
/// Shapes: values: (count); count must be the tensor's number of values.
/// Collective: no. Ownership: borrows. Errors: SP_ERR_USAGE for an unknown name or another count, naming the right one,
/// and on a rank that waits idle.
SP_API sp_status sp_training_read(const sp_training *training, const char *tensor, double *values, int64_t count);

/// Free everything, and give the run's directory back. NULL is fine on all ranks.
///
/// Collective: yes. Errors: none; the message of the last failure is kept.
SP_API void sp_training_close(sp_training *training);

#ifdef __cplusplus
}
#endif
#endif
