// SPDX-License-Identifier: Apache-2.0
// Which file of a checkpoint holds which blocks: a part for each group of ranks that share a copy of the state. A part
// holds the slices of its ranks in the order of the vector: those of a run lie together there.
#ifndef SP_CHECKPOINT_LAYOUT_H
#define SP_CHECKPOINT_LAYOUT_H

#include "checkpoint/snapshot.h"
#include "comm/comm.h"
#include "exchange/shard.h"

/// `group` is comm, or comm with every rank a node of its own. Parts get their blocks and file names, not their offsets.
/// *own is the number of this rank's part; -1: its group has no blocks.
/// Collective: yes. Errors: SP_ERR_MEMORY. Agreed on.
sp_status sp_ckpt_layout_make(const sp_comm *group, const sp_shards *shards, sp_ckpt_layout *out, int64_t *own);
void sp_ckpt_layout_free(sp_ckpt_layout *layout);

#endif
