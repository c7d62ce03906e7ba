// SPDX-License-Identifier: Apache-2.0
// Retention: which checkpoints of a run are kept, and the removal of the others.
#ifndef SP_CHECKPOINT_RETENTION_H
#define SP_CHECKPOINT_RETENTION_H

#include <stdint.h>

#include "shardprop/status.h"

/// The checkpoints to keep: the newest `keep` up to step `last`, the current step of the run; the first one of every
/// `keep_every` steps (less than 1: none); the one of step `best` (-1: none) or, while that does not exist, the
/// previous best one.
typedef struct sp_retention {
  int64_t keep, keep_every, last, best;
} sp_retention;

/// Remove the other checkpoints and the remains of unfinished ones. Checkpoints after step `last` could not be loaded
/// when the run resumed from an earlier one: they are neither counted, because an intact one would be removed instead,
/// nor removed. When all are later than `last`, a newer start of the job has removed the checkpoints of this one, and
/// nothing is changed. Sets the links `last` and `best`, each in one atomic operation. Called by rank 0 while no
/// checkpoint is being saved.
/// Collective: no. Errors: SP_ERR_IO.
sp_status sp_checkpoint_retain(const char *directory, const sp_retention *retention);

/// Returns the bytes on the disk at the end of a run of `steps` steps with checkpoints of `checkpoint` bytes: the
/// newest `keep`, one of every `keep_every` steps, the best one, and one being written. INT64_MAX on overflow.
int64_t sp_retention_bytes(int64_t keep, int64_t keep_every, int64_t steps, int64_t checkpoint);

/// Remove directories of unfinished, damaged and removed checkpoints. A missing directory is not an error. Errors:
/// SP_ERR_IO.
sp_status sp_checkpoint_remove_unfinished(const char *directory);

#endif
