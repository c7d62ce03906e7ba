// SPDX-License-Identifier: Apache-2.0
// Shards: the blocks of the parameter vector that a rank owns.
//
// The vector is divided into runs, and every rank owns a slice of each run. So the part that the backward pass has
// finished is distributed over all ranks, and over all links between the nodes. A vector of fewer than 1,024 blocks (4
// Mi values) is one run, with one slice per rank. A larger one has a run for every 512 blocks, at most 16, so that
// every link has work as soon as the backward pass has finished the last sixteenth. The number of runs depends only on
// the size of the vector.
#ifndef SP_EXCHANGE_SHARD_H
#define SP_EXCHANGE_SHARD_H

#include <stdint.h>

enum { SP_SHARD_RUNS = 16 };  ///< most runs of a vector

/// Blocks, runs and slices are contiguous: the vector has runs of equal size (base/share.h), and each run has one slice
/// per rank, in rank order, so that the slices of a node are adjacent. With n blocks in run u of U, the slice of rank r
/// of R begins at block floor((r n + p) / R) of the run, p = floor(u R / U). So the slices of a run differ by at most
/// one block, and p gives the larger slices of each run to different ranks: shards differ by a few blocks.
typedef struct sp_shards {
  int64_t blocks;  ///< of the whole vector
  int rank, ranks;
} sp_shards;

/// Blocks [first, first + blocks) of the vector; `blocks` may be 0. A shard is stored as its slices in the order of the
/// runs; `place` is where this slice begins in the shard, in blocks.
typedef struct sp_slice {
  int64_t first, blocks, place;
} sp_slice;

int sp_shard_runs(const sp_shards *shards);
sp_slice sp_shard_slice(const sp_shards *shards, int rank, int run);
int64_t sp_shard_longest_slice(const sp_shards *shards);     ///< blocks of the longest slice of any rank
int64_t sp_shard_blocks(const sp_shards *shards, int rank);  ///< blocks of the shard of a rank

#endif
