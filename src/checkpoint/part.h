// SPDX-License-Identifier: Apache-2.0
// Parts: the file of one node, with its blocks of the parameters and slots as flat, contiguous HDF5 data sets.
//
// HDF5 creates the file and determines the offsets of its data sets; plain system calls write and read the values at
// these offsets. Therefore a full disk is an exact error and does not leave the library in an unknown state, the HDF5
// lock is held only briefly, and HDF5 never reads a damaged file.
#ifndef SP_CHECKPOINT_PART_H
#define SP_CHECKPOINT_PART_H

#include "checkpoint/snapshot.h"

/// Create the file for `blocks` blocks of each vector in `directory`, and set all of *part.
/// Errors: SP_ERR_SPACE, SP_ERR_IO.
sp_status sp_part_create(const char *directory, int node, const sp_state *state, int64_t blocks, sp_part *part);

/// The data that a node writes: `blocks` blocks of each vector, one vector after the other, and their places in the
/// vectors.
typedef struct sp_part_content {
  const sp_state *state;        ///< precision, slots and names; its values are not used
  const char *values;           ///< (1 + slots, blocks)
  uint64_t *checksum;           ///< (1 + slots, blocks), output
  const sp_block_range *range;  ///< ranges of the part, in its order
  int64_t ranges;
} sp_part_content;

/// Check that all values are finite, write them, sync the file, and set the checksums.
/// Errors: SP_ERR_NONFINITE naming the block; SP_ERR_SPACE, SP_ERR_IO.
sp_status sp_part_write(const char *directory, const sp_part *part, const sp_part_content *content);

/// Read a part that was just written, from the disk where the system allows it, and compare it with its checksums.
/// Errors: SP_ERR_CORRUPT, SP_ERR_IO, SP_ERR_MEMORY.
sp_status sp_part_read_back(const char *directory, const sp_part *part, const sp_part_content *content);

/// Verify the bytes outside the data sets. Errors: SP_ERR_CORRUPT, "FILE: …".
sp_status sp_part_check(const char *directory, const sp_snapshot *snapshot, int64_t index);

/// Read blocks [first, first + blocks) of a vector, from several parts if necessary, and verify them.
/// Errors: SP_ERR_CORRUPT, "node-0001.h5: slot square_avg: block 17 (dense_1/weight): checksum differs"; the contents
/// of `into` are then undefined.
sp_status sp_vector_read(const char *directory, const sp_snapshot *snapshot, int vector, int64_t first, int64_t blocks,
                         void *into);

/// Returns the XXH3 of a block.
uint64_t sp_block_checksum(sp_dtype precision, const void *block);

/// Format the name of a block for errors: "slot square_avg: block 17 (dense_1/weight)"; slot NULL for the parameters.
/// Returns the buffer.
const char *sp_block_text(const sp_parameter_table *table, const char *slot, int64_t block, char buffer[512]);

#endif
