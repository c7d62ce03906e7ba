// SPDX-License-Identifier: Apache-2.0
// The directory of a run's checkpoints: which are there, and what their directories are called.
#ifndef SP_CHECKPOINT_CHECKPOINT_DIRECTORY_H
#define SP_CHECKPOINT_CHECKPOINT_DIRECTORY_H

#include <stdint.h>

#include "shardprop/status.h"

/// step-000001000 is a checkpoint; .step-000001000.partial-1a2b3c4d (.damaged, .removed) is not yet, or no longer, one.
enum { SP_CHECKPOINT_NAME = 64 };

/// The steps of the checkpoints in a directory, newest first, into *step (freed by the caller). A directory that is not
/// there has none. Errors: SP_ERR_IO.
sp_status sp_checkpoint_list(const char *directory, int64_t **step, int64_t *count);

/// Turn a run directory, a checkpoints directory, a checkpoint or its state.h5 into a checkpoint's path: for a run, the
/// best if there is one, else the last. `path` has PATH_MAX bytes. Errors: SP_ERR_USAGE naming what was looked for.
sp_status sp_checkpoint_find(const char *name, char *path);

/// The step that `directory`/`name` leads to, a link or a file with the name of a checkpoint; -1: to none.
int64_t sp_checkpoint_referred(const char *directory, const char *name);

#endif
