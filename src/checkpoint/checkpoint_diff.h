// SPDX-License-Identifier: Apache-2.0
// Comparison of two checkpoints.
#ifndef SP_CHECKPOINT_CHECKPOINT_DIFF_H
#define SP_CHECKPOINT_CHECKPOINT_DIFF_H

#include <stdbool.h>

#include "model/parameters.h"
#include "shardprop/status.h"

/// A tensor of one vector that has different values in the two checkpoints.
typedef struct sp_tensor_difference {
  const char *vector;  ///< "parameters" or the name of a slot
  const sp_tensor *tensor;
  int64_t values;              ///< number of values whose bits differ
  int64_t first[SP_MAX_RANK];  ///< index of the first such value
  double a, b;                 ///< its value in each checkpoint
  double absolute, relative;   ///< largest |a - b|, and |a - b| / max(|a|, |b|)
} sp_tensor_difference;

typedef struct sp_diff_report {
  void *context;
  /// Report any other difference: "step", "9", "18"; the slots; a tensor that only one of them has.
  void (*property)(void *context, const char *name, const char *a, const char *b);
  void (*tensor)(void *context, const sp_tensor_difference *difference);
} sp_diff_report;

/// Compare two checkpoints, given by the paths of their directories, and verify them on the way. Memory is bounded.
/// Values are compared when both checkpoints have the same tensors: names, kinds, shapes and places. Values of
/// different precision are compared as float64. The training time, the versions and the configuration are not compared.
/// *equal: whether there is no difference. *values: number of values compared.
/// Collective: no. Errors: those of sp_checkpoint_verify.
sp_status sp_checkpoint_diff(const char *a, const char *b, const sp_diff_report *report, bool *equal, int64_t *values);

#endif
