// What a training tells of itself while it goes on. The reports implement it; the trainer calls it, on rank 0 only.
#ifndef SP_TRAIN_OBSERVER_H
#define SP_TRAIN_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>

enum { SP_MAX_SCORES = 16 };

typedef struct sp_scores {
  int count;
  const char *name[SP_MAX_SCORES];  ///< "loss" first
  double value[SP_MAX_SCORES];
} sp_scores;

/// Where the training stands.
typedef struct sp_standing {
  int64_t step, steps;        ///< updates done, and when the run is complete
  int64_t epoch, epochs;      ///< the epoch it is in, from 1
  int64_t epoch_step, epoch_steps;
  int64_t rows;               ///< of all steps
  double seconds;             ///< spent training, all starts together
  double started_seconds;     ///< of that, before this start
  int64_t started_rows;
  int ranks;
  double lr;                  ///< of the last step; NaN: none since the start
  bool scheduled;             ///< the lr is not the same at all steps
  double gradient_norm;       ///< of the last step, before it was clipped; NaN without clip_norm
} sp_standing;

/// A checkpoint that is committed.
typedef struct sp_saved {
  int64_t step;
  double seconds;              ///< from the copy of the state to the commit
  double copy, write, verify;  ///< of them: training stood still; the parts were written and synced, and read back
  double cost;                 ///< seconds of training: what it stood still, and what steps beside it took longer
  int64_t bytes;
} sp_saved;

typedef struct sp_observer {
  void *context;
  /// After each step; `batch` are the scores of its batch, `epoch` those of the epoch so far. Must be quick.
  void (*step)(void *context, const sp_standing *, const sp_scores *batch, const sp_scores *epoch);
  /// After each epoch; validation->count is 0 where there are no validation rows.
  void (*epoch)(void *context, const sp_standing *, const sp_scores *training, const sp_scores *validation, bool best);
  void (*checkpoint)(void *context, const sp_standing *, const sp_saved *);
  /// A step was found not to be finite, the `count`th one, and is left out; when the training stands before it, it has gone
  /// back, and what was told of later steps is void.
  void (*left_out)(void *context, const sp_standing *, int64_t step, int count);
  /// `how`: "done", "stopped" (start again to go on) or "early" (patience ran out); `why` it was stopped, else "".
  void (*end)(void *context, const sp_standing *, const char *how, const char *why);
} sp_observer;

#endif
