// SPDX-License-Identifier: Apache-2.0
// All values of a checkpoint, in pieces that fit into memory.
#ifndef SP_CHECKPOINT_CHECKPOINT_VALUES_H
#define SP_CHECKPOINT_CHECKPOINT_VALUES_H

#include "checkpoint/snapshot.h"

/// Process blocks [first, first + blocks) of a vector, whose checksums match. Vector 0 is the parameters.
typedef sp_status (*sp_checkpoint_visitor)(const sp_snapshot *snapshot, int vector, int64_t first, int64_t blocks,
                                           const void *data, void *context);

/// Read all vectors of the checkpoint at `path`, verify them, and call `each` for each piece: the parameters from the
/// first block to the last, then the slots in order. Collective: no. Errors: SP_ERR_CORRUPT naming file, tensor and
/// block; SP_ERR_IO; SP_ERR_MEMORY; those of `each`.
sp_status sp_checkpoint_visit(const char *path, const sp_snapshot *snapshot, sp_checkpoint_visitor each, void *context);

/// Find the values of a tensor in blocks [first, first + blocks) of a vector: [*begin, *end), counted from the first of
/// these blocks. Returns false if there are none.
bool sp_tensor_in_blocks(const sp_tensor *tensor, int64_t first, int64_t blocks, int64_t *begin, int64_t *end);

#endif
