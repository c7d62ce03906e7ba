// SPDX-License-Identifier: Apache-2.0
// The directory of a run's checkpoints, and the names in it.
#ifndef SP_CHECKPOINT_CHECKPOINT_DIRECTORY_H
#define SP_CHECKPOINT_CHECKPOINT_DIRECTORY_H

#include <stdint.h>

#include "shardprop/status.h"

/// A checkpoint is named step-000001000. A directory named .step-000001000.partial-1a2b3c4d (or .damaged, .removed) is
/// not a checkpoint yet, or not any more.
enum { SP_CHECKPOINT_NAME = 64 };

/// List the steps of the checkpoints in a directory, newest first, in *step (freed by the caller). A missing directory
/// contains none. Errors: SP_ERR_IO, SP_ERR_MEMORY.
sp_status sp_checkpoint_list(const char *directory, int64_t **step, int64_t *count);

/// Find the checkpoint that a run directory, a checkpoints directory, a checkpoint or its state.h5 refers to. For a run
/// this is the best checkpoint if there is one, else the last. Sets `path`, which has PATH_MAX bytes. Errors:
/// SP_ERR_USAGE when there is none; SP_ERR_CORRUPT when `best` or `last` refers to a missing checkpoint; SP_ERR_IO.
sp_status sp_checkpoint_find(const char *name, char *path);

/// Returns the step that `directory`/`name`, a link or a file with the name of a checkpoint, refers to; -1 when there
/// is none.
int64_t sp_checkpoint_referred(const char *directory, const char *name);

#endif
