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

/// Remove what is not yet, or no longer, a checkpoint. A directory that is not there is fine. Errors: SP_ERR_IO.
sp_status sp_checkpoint_remove_unfinished(const char *directory);

#endif
