// SPDX-License-Identifier: Apache-2.0
// The whole state of a run at a step: what a checkpoint holds.
#ifndef SP_CHECKPOINT_RUN_STATE_H
#define SP_CHECKPOINT_RUN_STATE_H

#include "base/dtype.h"
#include "model/parameters.h"

enum { SP_STATE_SLOTS = 4, SP_STATE_ARRAYS = 8, SP_STATE_SUMS = 512, SP_STATE_LEFT_OUT = 100 };

/// Where a run stands. All of it is saved and comes back with the same bits.
typedef struct sp_progress {
  int64_t step;        ///< updates done
  int64_t epoch;       ///< of the next step, from 0
  int64_t epoch_step;  ///< of the next step within its epoch, from 0
  int64_t rows_seen;
  double epoch_sums[SP_STATE_SUMS];  ///< running sums of loss and metrics over the epoch so far
  double epoch_rows;
  double best_value;  ///< best validation value so far; NaN when none
  int64_t best_step;  ///< of the checkpoint that has it; -1 when none
  int64_t epochs_since_best;
  double seconds;          ///< spent training, all starts together
  double validation_loss;  ///< last one; NaN when none
  double plateau_best;     ///< what the schedule `plateau` remembers (optim/schedule.h): the best score; NaN when none
  int64_t plateau_bad, plateau_cooldown, plateau_reductions;
  int64_t
      left_out[SP_STATE_LEFT_OUT];  ///< numbers, from 1, of steps without an update, for they were not finite; then 0
} sp_progress;

/// A small float64 array kept with the state (mean and deviation of standardize), the same on all ranks. Its name has
/// no slash.
typedef struct sp_state_array {
  char name[64];
  int64_t count;
  double *value;
} sp_state_array;

/// What is saved and loaded. Memory is the caller's.
typedef struct sp_state {
  const sp_parameter_table *table;
  sp_dtype precision;
  void *parameters;        ///< the whole vector, on every rank
  bool parameters_shared;  ///< the ranks of a node pass the same memory as `parameters`
  int slots;
  const char *slot_name[SP_STATE_SLOTS];
  void *slot[SP_STATE_SLOTS];  ///< this rank's shard, its slices one after the other
  sp_progress progress;
  int arrays;
  sp_state_array array[SP_STATE_ARRAYS];
  int64_t lanes;
  uint64_t seed;
  const char *config;  ///< resolved YAML
} sp_state;

#endif
