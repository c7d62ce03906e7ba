// SPDX-License-Identifier: Apache-2.0
// Verification of a checkpoint.
#ifndef SP_CHECKPOINT_CHECKPOINT_VERIFY_H
#define SP_CHECKPOINT_CHECKPOINT_VERIFY_H

#include <stdint.h>

#include "shardprop/status.h"

/// Read a complete checkpoint and compare it with its checksums. Collective: no. Errors: those of sp_checkpoint_load.
sp_status sp_checkpoint_verify(const char *path);

/// A damaged file, or (blocks above 0) consecutive damaged blocks of a vector in it.
typedef struct sp_damage {
  const char *file;       ///< "manifest", "state.h5", "node-0001.h5"
  const char *vector;     ///< "parameters" or the name of a slot; NULL: the file, outside its data sets
  int64_t first, blocks;  ///< of the vector
  const char *tensors;    ///< tensors in these blocks: "dense_1/weight to dense_2/bias"
  const char *what;       ///< "checksum differs"
} sp_damage;

/// Like sp_checkpoint_verify, but continue after damage and call `tell` for each damaged place. Without an intact
/// manifest and state.h5 nothing else can be judged. Collective: no. Errors: also SP_ERR_CORRUPT with the first damage,
/// if there was any.
sp_status sp_checkpoint_examine(const char *path, void (*tell)(void *context, const sp_damage *damage), void *context);

#endif
