// SPDX-License-Identifier: Apache-2.0
// Which checkpoints of a run are kept, and the removal of the others.
#ifndef SP_CHECKPOINT_RETENTION_H
#define SP_CHECKPOINT_RETENTION_H

#include <stdint.h>

#include "shardprop/status.h"

/// What is kept: the newest `keep` checkpoints up to step `last`, where the run stands; the first one of each `keep_every`
/// steps (less than 1: none); the one of step `best` (-1: none), or while that one is not there, what was the best before.
typedef struct sp_retention {
  int64_t keep, keep_every, last, best;
} sp_retention;

/// Remove the others, and what is left of unfinished ones. Those after `last` could not be loaded when the run went back
/// to it: they are neither counted, for a good one would have to go, nor removed. Where all are later, another start of the
/// job has removed what this one saved, and nothing is changed. Sets the links `last` and `best` beside them, each in one
/// move. Called by rank 0 while nothing is saved.
/// Collective: no. Errors: SP_ERR_IO.
sp_status sp_checkpoint_retain(const char *directory, const sp_retention *retention);

/// Bytes on the disk at the end of a run of so many steps, of checkpoints of that size: the newest `keep`, those of each
/// `keep_every` steps, the best one, and one being written. INT64_MAX: more than can be counted.
int64_t sp_retention_bytes(int64_t keep, int64_t keep_every, int64_t steps, int64_t checkpoint);

/// Remove what is not yet, or no longer, a checkpoint. A directory that is not there is fine. Errors: SP_ERR_IO.
sp_status sp_checkpoint_remove_unfinished(const char *directory);

#endif
