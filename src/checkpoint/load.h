// SPDX-License-Identifier: Apache-2.0
// Loading a checkpoint on any number of ranks.
#ifndef SP_CHECKPOINT_LOAD_H
#define SP_CHECKPOINT_LOAD_H

#include "checkpoint/run_state.h"
#include "comm/comm.h"
#include "exchange/shard.h"

/// Load a checkpoint, given by the path of its directory, on any number of ranks. Verifies all data that are read. Sets
/// the parameters on all ranks, the slots of this rank's shard, the progress, and the values of the arrays, which are
/// matched by name; their memory and count must be set and fit. With slots 0 only the parameters are read. Rank 0 warns
/// when another version of the arithmetic or, where results depend on them, other libraries or another instruction set
/// wrote the checkpoint.
/// Collective: yes. Errors: SP_ERR_CORRUPT naming file, tensor and block; SP_ERR_CONFIG naming both sides when model,
/// precision or optimizer differ; SP_ERR_IO. After SP_ERR_CORRUPT and SP_ERR_IO the contents of parameters and slots
/// are undefined, because a second copy would double a rank's memory; all else is unchanged.
sp_status sp_checkpoint_load(const sp_comm *comm, const char *path, const sp_shards *shards, sp_state *state);

/// Load the newest intact checkpoint in `directory` to continue its run, with a warning for each damaged one. *found is
/// false when there is no checkpoint. Collective: yes. Errors: SP_ERR_CORRUPT when there are checkpoints, but none is
/// intact; SP_ERR_CONFIG when another version of the arithmetic wrote it; else those of sp_checkpoint_load.
sp_status sp_checkpoint_load_newest(const sp_comm *comm, const char *directory, const sp_shards *shards,
                                    sp_state *state, bool *found);

#endif
