// SPDX-License-Identifier: Apache-2.0
// Observers of a run, which a training notifies of its events: the console, files of records, callbacks of a program. They
// are in one list on rank 0; on the other ranks the list is empty.
#ifndef SP_TRAIN_OBSERVER_H
#define SP_TRAIN_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "shardprop/status.h"

enum { SP_MAX_SCORES = 64 };

typedef struct sp_scores {
  int count;
  const char *name[SP_MAX_SCORES];  ///< "loss" first
  double value[SP_MAX_SCORES];
} sp_scores;

/// Progress of the training.
typedef struct sp_standing {
  int64_t step, steps;    ///< steps done, and steps of the complete run
  int64_t epoch, epochs;  ///< present epoch, from 1, and epochs of the complete run
  int64_t epoch_step, epoch_steps;
  int64_t rows;            ///< of all steps
  double seconds;          ///< training time of all starts
  double started_seconds;  ///< training time before this start
  int64_t started_rows;
  int ranks;
  int skipped;           ///< steps that were not finite and are skipped
  double lr;             ///< of the last step; NaN: none since the start
  bool scheduled;        ///< the lr varies
  double gradient_norm;  ///< of the last step, before clipping; NaN without clip_norm
} sp_standing;

/// Returns the rows per second since this start of the run.
double sp_standing_rate(const sp_standing *standing);

/// Returns the seconds until the run is complete at that rate; NaN if there is no rate yet.
double sp_standing_left(const sp_standing *standing);

/// A committed checkpoint.
typedef struct sp_saved {
  int64_t step;
  double seconds;              ///< from the copy of the state to the commit
  double copy, write, verify;  ///< of them: pause of training; writing and syncing of the parts; reading them back
  double cost;                 ///< seconds: the pause, and the additional time of steps during the writing
  int64_t bytes;
} sp_saved;

/// How a training ends: complete; complete because patience ran out; stopped after saving a checkpoint; with an error.
typedef enum sp_ending { SP_ENDING_DONE, SP_ENDING_EARLY, SP_ENDING_STOPPED, SP_ENDING_FAILED } sp_ending;

/// The events of a run, in the order in which they occur. Any function may be NULL.
typedef struct sp_observer_type {
  /// The state is set: that of a checkpoint, with the time at which it was written, or that of a new run (NaN).
  void (*ready)(void *context, const sp_standing *, double checkpoint_time);
  /// Training begins. Called on rank 0 only; all ranks agree on the status. After a failure `finish` is still called.
  sp_status (*begin)(void *context, const sp_standing *);
  /// After each step; `batch` are the scores of its batch, `epoch` those of the epoch so far. Must be quick.
  void (*step)(void *context, const sp_standing *, const sp_scores *batch, const sp_scores *epoch);
  /// After each epoch; validation->count is 0 if there are no validation rows.
  void (*epoch)(void *context, const sp_standing *, const sp_scores *training, const sp_scores *validation, bool best);
  void (*checkpoint)(void *context, const sp_standing *, const sp_saved *);
  /// Step `step` was not finite, the `count`th such step, and is skipped. If the progress is before that step, the run was
  /// rolled back, and earlier reports of later steps are void.
  void (*skipped)(void *context, const sp_standing *, int64_t step, int count);
  /// Training has ended without an error; `why`: the reason if it was stopped or ended early, otherwise "".
  void (*end)(void *context, const sp_standing *, sp_ending ending, const char *why);
  /// Training has ended after `step` with an error.
  void (*fail)(void *context, int64_t step, const char *message);
  /// Training is over, with or without an error.
  void (*finish)(void *context);
  /// The final state of the run (never SP_ENDING_EARLY). `message`: the reason; NULL: that of `end`. Not called if another
  /// job has taken over the run.
  void (*over)(void *context, sp_ending ending, const char *message);
  void (*close)(void *context);
} sp_observer_type;

typedef struct sp_observer {
  const sp_observer_type *type;
  void *context;
} sp_observer;

enum { SP_MAX_OBSERVERS = 16 };

/// Observers are called in the order in which they were added.
typedef struct sp_observers {
  int count;
  sp_observer item[SP_MAX_OBSERVERS];
} sp_observers;

/// Errors: SP_ERR_MEMORY if the list is full.
sp_status sp_observers_add(sp_observers *list, sp_observer observer);

// Call the event's function of all observers. sp_observers_begin stops at the first failure.
void sp_observers_ready(const sp_observers *list, const sp_standing *standing, double checkpoint_time);
sp_status sp_observers_begin(const sp_observers *list, const sp_standing *standing);
void sp_observers_step(const sp_observers *list, const sp_standing *standing, const sp_scores *batch,
                       const sp_scores *epoch);
void sp_observers_epoch(const sp_observers *list, const sp_standing *standing, const sp_scores *training,
                        const sp_scores *validation, bool best);
void sp_observers_checkpoint(const sp_observers *list, const sp_standing *standing, const sp_saved *saved);
void sp_observers_skipped(const sp_observers *list, const sp_standing *standing, int64_t step, int count);
void sp_observers_end(const sp_observers *list, const sp_standing *standing, sp_ending ending, const char *why);
void sp_observers_fail(const sp_observers *list, int64_t step, const char *message);
void sp_observers_finish(const sp_observers *list);
void sp_observers_over(const sp_observers *list, sp_ending ending, const char *message);
void sp_observers_close(sp_observers *list);  ///< also empties the list

#endif
