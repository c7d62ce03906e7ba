// SPDX-License-Identifier: Apache-2.0
// Where two checkpoints differ.
#ifndef SP_CHECKPOINT_CHECKPOINT_DIFF_H
#define SP_CHECKPOINT_CHECKPOINT_DIFF_H

#include <stdbool.h>

#include "model/parameters.h"
#include "shardprop/status.h"

/// One tensor of one vector whose values differ in both.
typedef struct sp_tensor_difference {
  const char *vector;  ///< "parameters" or the name of a slot
  const sp_tensor *tensor;
  int64_t values;              ///< how many differ in their bits
  int64_t first[SP_MAX_RANK];  ///< index of the first of them
  double a, b;                 ///< its values
  double absolute, relative;   ///< largest |a - b|, and |a - b| / max(|a|, |b|)
} sp_tensor_difference;

typedef struct sp_diff_report {
  void *context;
  /// Anything else that differs: "step", "9", "18"; the optimizer's slots, a tensor that only one of them has.
  void (*property)(void *context, const char *name, const char *a, const char *b);
  void (*tensor)(void *context, const sp_tensor_difference *difference);
} sp_diff_report;

/// Compare two checkpoints (paths of their directories), which are verified on the way, in bounded memory. Values are
/// compared where tensors have the same names, shapes and places; those of different precision as float64. The time
/// spent training, versions and configuration do not matter here.
/// *equal: nothing differs. *values: how many were compared.
/// Collective: no. Errors: as of sp_checkpoint_verify.
sp_status sp_checkpoint_diff(const char *a, const char *b, const sp_diff_report *report, bool *equal, int64_t *values);

#endif
