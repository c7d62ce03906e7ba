// SPDX-License-Identifier: Apache-2.0
// Observers of a run: what a training reports of itself while it runs. Whoever wants to know (the console, a file of
// records, a program's callbacks) is an observer in one list, which exists on rank 0; on the other ranks it is empty.
#ifndef SP_TRAIN_OBSERVER_H
#define SP_TRAIN_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "shardprop/status.h"

enum { SP_MAX_SCORES = 16 };

typedef struct sp_scores {
  int count;
  const char *name[SP_MAX_SCORES];  ///< "loss" first
  double value[SP_MAX_SCORES];
} sp_scores;

/// Where the training stands.
typedef struct sp_standing {
  int64_t step, steps;    ///< updates done, and when the run is complete
  int64_t epoch, epochs;  ///< the epoch it is in, from 1
  int64_t epoch_step, epoch_steps;
  int64_t rows;            ///< of all steps
  double seconds;          ///< spent training, all starts together
  double started_seconds;  ///< of that, before this start
  int64_t started_rows;
  int ranks;
  double lr;             ///< of the last step; NaN: none since the start
  bool scheduled;        ///< the lr is not the same at all steps
  double gradient_norm;  ///< of the last step, before it was clipped; NaN without clip_norm
} sp_standing;

/// Returns the rows per second since this start of the run.
double sp_standing_rate(const sp_standing *standing);

/// Returns the seconds that the rest of the run takes at that rate; NaN when there is no rate yet.
double sp_standing_left(const sp_standing *standing);

/// A checkpoint that is committed.
typedef struct sp_saved {
  int64_t step;
  double seconds;              ///< from the copy of the state to the commit
  double copy, write, verify;  ///< of them: training paused; the parts were written and synced, and read back
  double cost;                 ///< seconds of training: the pause, and what steps during the writing took longer
  int64_t bytes;
} sp_saved;

/// How a training ends: complete; complete because patience ran out; stopped with everything saved; with an error.
typedef enum sp_ending { SP_ENDING_DONE, SP_ENDING_EARLY, SP_ENDING_STOPPED, SP_ENDING_FAILED } sp_ending;

/// The events of a run, in their order. Any function may be NULL.
typedef struct sp_observer_type {
  /// The state is set: that of a checkpoint, with the time it was written, or that of a new run (NaN).
  void (*ready)(void *context, const sp_standing *, double checkpoint_time);
  /// Training begins. Called on rank 0 only; all ranks agree on the status. After a failure `finish` is still called.
  sp_status (*begin)(void *context, const sp_standing *);
  /// After each step; `batch` are the scores of its batch, `epoch` those of the epoch so far. Must be quick.
  void (*step)(void *context, const sp_standing *, const sp_scores *batch, const sp_scores *epoch);
  /// After each epoch; validation->count is 0 where there are no validation rows.
  void (*epoch)(void *context, const sp_standing *, const sp_scores *training, const sp_scores *validation, bool best);
  void (*checkpoint)(void *context, const sp_standing *, const sp_saved *);
  /// A step was not finite, the `count`th one, and is left out. When the training stands before that step, it has gone back
  /// to a checkpoint, and what was reported of later steps is void.
  void (*left_out)(void *context, const sp_standing *, int64_t step, int count);
  /// Training has ended without an error; `why` it was stopped, else "".
  void (*end)(void *context, const sp_standing *, sp_ending ending, const char *why);
  /// Training has ended after `step` with an error.
  void (*fail)(void *context, int64_t step, const char *message);
  /// Nothing more will be trained, however it ended.
  void (*finish)(void *context);
  /// How the run stands in the end (never SP_ENDING_EARLY). `message`: the reason; NULL: that of `end`. Not called when
  /// another job has taken the run over.
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

/// Errors: SP_ERR_MEMORY when there is no place for it.
sp_status sp_observers_add(sp_observers *list, sp_observer observer);

// Call the function of this event of all observers. sp_observers_begin stops at the first failure.
void sp_observers_ready(const sp_observers *list, const sp_standing *standing, double checkpoint_time);
sp_status sp_observers_begin(const sp_observers *list, const sp_standing *standing);
void sp_observers_step(const sp_observers *list, const sp_standing *standing, const sp_scores *batch,
                       const sp_scores *epoch);
void sp_observers_epoch(const sp_observers *list, const sp_standing *standing, const sp_scores *training,
                        const sp_scores *validation, bool best);
void sp_observers_checkpoint(const sp_observers *list, const sp_standing *standing, const sp_saved *saved);
void sp_observers_left_out(const sp_observers *list, const sp_standing *standing, int64_t step, int count);
void sp_observers_end(const sp_observers *list, const sp_standing *standing, sp_ending ending, const char *why);
void sp_observers_fail(const sp_observers *list, int64_t step, const char *message);
void sp_observers_finish(const sp_observers *list);
void sp_observers_over(const sp_observers *list, sp_ending ending, const char *message);
void sp_observers_close(sp_observers *list);  ///< and empty the list

#endif
