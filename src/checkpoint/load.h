// SPDX-License-Identifier: Apache-2.0
// Loading a checkpoint on any number of ranks.
#ifndef SP_CHECKPOINT_LOAD_H
#define SP_CHECKPOINT_LOAD_H

#include "checkpoint/run_state.h"
#include "comm/comm.h"
#include "exchange/shard.h"

/// Load one checkpoint (the path of its directory) on any rank count: verifies all that is read; fills parameters on
/// all ranks, slots of this rank's shard, progress, arrays' values (by name; their memory and count must be set, and
/// fit). With slots 0 only the parameters are read. Rank 0 warns when it was written by other versions, or on another
/// instruction set.
/// Collective: yes. Errors: SP_ERR_CORRUPT naming file, tensor and block; SP_ERR_CONFIG naming both sides when it is of
/// another model, precision or optimizer; SP_ERR_IO when the system refuses. After SP_ERR_CORRUPT and SP_ERR_IO
/// parameters and slots hold nothing useful (a second copy would double a rank's memory); all else is untouched.
sp_status sp_checkpoint_load(const sp_comm *comm, const char *path, const sp_shards *shards, sp_state *state);

/// Load the newest checkpoint in `directory` that is whole, warning of each one that is not. *found is false when there
/// is no checkpoint at all. Errors: SP_ERR_CORRUPT when there are some, but none is whole. Collective: yes.
sp_status sp_checkpoint_load_newest(const sp_comm *comm, const char *directory, const sp_shards *shards,
                                    sp_state *state, bool *found);

#endif
