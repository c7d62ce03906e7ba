// SPDX-License-Identifier: Apache-2.0
// The complete state of a run at a step: the contents of a checkpoint.
#ifndef SP_CHECKPOINT_RUN_STATE_H
#define SP_CHECKPOINT_RUN_STATE_H

#include "base/dtype.h"
#include "model/parameters.h"

enum { SP_STATE_SLOTS = 4, SP_STATE_ARRAYS = 80, SP_STATE_SUMS = 512, SP_STATE_SKIPPED = 100 };

/// The progress of a run. All of it is saved and restored with the same bits.
typedef struct sp_progress {
  int64_t step;        ///< number of updates
  int64_t epoch;       ///< epoch of the next step, from 0
  int64_t epoch_step;  ///< number of the next step within its epoch, from 0
  int64_t rows_seen;
  double epoch_sums[SP_STATE_SUMS];  ///< running sums of loss and metrics over the epoch so far
  double epoch_rows;
  double best_value;  ///< best validation value so far; NaN when none
  int64_t best_step;  ///< step of the best validation value; -1 when none
  int64_t epochs_since_best;
  double seconds;          ///< training time, summed over all starts
  double validation_loss;  ///< last validation loss; NaN when none
  double plateau_best;     ///< state of the schedule `plateau` (optim/schedule.h): best score; NaN when none
  int64_t plateau_bad, plateau_cooldown, plateau_reductions;
  /// Numbers, from 1, of the steps that were skipped because they were not finite; then 0.
  int64_t skipped[SP_STATE_SKIPPED];
} sp_progress;

/// A small float64 array that is saved with the state, such as features.mean of standardize. It is the same on all
/// ranks. Its name contains no slash.
typedef struct sp_state_array {
  char name[96];
  int64_t count;
  double *value;
} sp_state_array;

/// The state to save or load. The caller owns the memory.
typedef struct sp_state {
  const sp_parameter_table *table;
  sp_dtype precision;
  void *parameters;        ///< the complete vector, on every rank
  bool parameters_shared;  ///< the ranks of a node pass the same memory as `parameters`
  int slots;
  const char *slot_name[SP_STATE_SLOTS];
  void *slot[SP_STATE_SLOTS];  ///< this rank's shard: its slices, concatenated
  sp_progress progress;
  int arrays;
  sp_state_array array[SP_STATE_ARRAYS];
  int64_t lanes;
  uint64_t seed;
  const char *config;    ///< resolved YAML
  int arithmetic;        ///< version of the arithmetic that computes the values (compute/arithmetic.h)
  bool of_instructions;  ///< the values depend on the instruction set too (train.precision: bfloat16)
} sp_state;

#endif
