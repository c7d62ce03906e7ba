// SPDX-License-Identifier: Apache-2.0
// Parts: the file of one node, with its blocks of the parameters and slots as flat, contiguous HDF5 data sets.
//
// HDF5 makes the file and says where its data sets lie; the values are written and read at those places with plain
// system calls. So a full disk is an exact error instead of a library in an unknown state, HDF5 is held for a moment
// only, and a damaged file is never given to it.
#ifndef SP_CHECKPOINT_PART_H
#define SP_CHECKPOINT_PART_H

#include "checkpoint/snapshot.h"

/// Make the file of so many blocks of each vector in `directory`; fills in all of *part.
/// Errors: SP_ERR_SPACE, SP_ERR_IO.
sp_status sp_part_create(const char *directory, int node, const sp_state *state, int64_t blocks, sp_part *part);

/// What a node writes: `blocks` blocks of each vector, one vector after the other, and which blocks of the vector they are.
typedef struct sp_part_content {
  const sp_state *state;        ///< precision, slots and names; not the values
  const char *values;           ///< (1 + slots, blocks)
  uint64_t *checksum;           ///< (1 + slots, blocks), filled
  const sp_block_range *range;  ///< of the part, in its order
  int64_t ranges;
} sp_part_content;

/// Check that all values are finite, write them, sync them, fill in their checksums.
/// Errors: SP_ERR_NONFINITE naming the block; SP_ERR_SPACE, SP_ERR_IO.
sp_status sp_part_write(const char *directory, const sp_part *part, const sp_part_content *content);

/// Read a part that was just written back, from the disk where the system lets us, and compare it with its checksums.
/// Errors: SP_ERR_CORRUPT, SP_ERR_IO, SP_ERR_MEMORY.
sp_status sp_part_read_back(const char *directory, const sp_part *part, const sp_part_content *content);

/// Check what lies outside of the data sets. Errors: SP_ERR_CORRUPT, "FILE: …".
sp_status sp_part_check(const char *directory, const sp_snapshot *snapshot, int64_t index);

/// Read blocks [first, first + blocks) of a vector, which may lie in several parts, and check them.
/// Errors: SP_ERR_CORRUPT, "node-0001.h5: slot square_avg: block 17 (dense_1/weight): checksum differs". `into` holds
/// nothing useful then.
sp_status sp_vector_read(const char *directory, const sp_snapshot *snapshot, int vector, int64_t first, int64_t blocks,
                         void *into);

/// XXH3 of a block.
uint64_t sp_block_checksum(sp_dtype precision, const void *block);

/// "slot square_avg: block 17 (dense_1/weight)" for errors; slot NULL for the parameters.
const char *sp_block_text(const sp_parameter_table *table, const char *slot, int64_t block, char buffer[512]);

#endif
