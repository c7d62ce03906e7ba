// SPDX-License-Identifier: Apache-2.0
// The distribution of blocks over the files of a checkpoint: one part for each group of ranks that share a copy of the
// state. A part contains the slices of its ranks in the order of the vector, so the slices of one shard run are
// contiguous in it.
#ifndef SP_CHECKPOINT_LAYOUT_H
#define SP_CHECKPOINT_LAYOUT_H

#include "checkpoint/snapshot.h"
#include "comm/comm.h"
#include "exchange/shard.h"

/// Compute the parts and ranges of a checkpoint. `group` is comm, or comm with every rank as a node of its own. Parts
/// get their blocks and file names, but not their offsets. *own is the number of this rank's part; -1 when its group
/// has no blocks.
/// Collective: yes. Errors: SP_ERR_MEMORY. Agreed on.
sp_status sp_ckpt_layout_make(const sp_comm *group, const sp_shards *shards, sp_ckpt_layout *out, int64_t *own);
void sp_ckpt_layout_free(sp_ckpt_layout *layout);

#endif
