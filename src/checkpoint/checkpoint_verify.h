// SPDX-License-Identifier: Apache-2.0
// Whether a checkpoint is whole, and what of it is damaged.
#ifndef SP_CHECKPOINT_CHECKPOINT_VERIFY_H
#define SP_CHECKPOINT_CHECKPOINT_VERIFY_H

#include <stdint.h>

#include "shardprop/status.h"

/// Read all of a checkpoint and compare it with its checksums. Collective: no. Errors: as of sp_checkpoint_load.
sp_status sp_checkpoint_verify(const char *path);

/// Something that is damaged: a file, or (blocks above 0) blocks of a vector in it that follow each other.
typedef struct sp_damage {
  const char *file;       ///< "manifest", "state.h5", "node-0001.h5"
  const char *vector;     ///< "parameters" or the name of a slot; NULL: the file, outside of its data sets
  int64_t first, blocks;  ///< of the vector
  const char *tensors;    ///< what lies in them: "dense_1/weight to dense_2/bias"
  const char *what;       ///< "checksum differs"
} sp_damage;

/// The same, going on behind what is damaged: `tell` is called for everything that is. Without manifest or state.h5
/// nothing else can be judged. Collective: no. Errors: SP_ERR_CORRUPT with the first damage when there was any.
sp_status sp_checkpoint_examine(const char *path, void (*tell)(void *context, const sp_damage *damage), void *context);

#endif
