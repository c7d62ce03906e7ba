// SPDX-License-Identifier: Apache-2.0
// Shards: which blocks of the parameter vector a rank owns.
//
// The vector is cut into runs, and every rank owns a slice of each run: what the backward pass has finished is spread
// over all ranks, and so over all links between the nodes. A vector below 1,024 blocks (4 Mi values) is one run: it has
// one slice a rank. A larger one has a run for every 512 blocks, at most 16: every link has its share of the work as
// soon as the backward pass has finished the last sixteenth. Nothing but the size of the vector decides.
#ifndef SP_EXCHANGE_SHARD_H
#define SP_EXCHANGE_SHARD_H

#include <stdint.h>

enum { SP_SHARD_RUNS = 16 };  ///< the most there are

/// Blocks, runs and slices follow each other without gaps: runs of equal size (base/share.h) in the vector, and in each
/// run one slice a rank, in rank order, so that a node's slices of a run lie together. With n blocks in run u of U, the
/// slice of rank r of R begins at block floor((r n + p) / R) of the run, p = floor(u R / U). So slices of a run differ
/// by at most one block, and p gives the larger ones of each run to other ranks: whole shards differ by a few blocks.
typedef struct sp_shards {
  int64_t blocks;  ///< of the whole vector
  int rank, ranks;
} sp_shards;

/// Blocks [first, first + blocks) of the vector; `blocks` may be 0. A shard is stored as its slices in the order of the
/// runs: `place` is where this one begins there, in blocks.
typedef struct sp_slice {
  int64_t first, blocks, place;
} sp_slice;

int sp_shard_runs(const sp_shards *shards);
sp_slice sp_shard_slice(const sp_shards *shards, int rank, int run);
int64_t sp_shard_longest_slice(const sp_shards *shards);     ///< blocks of the longest slice of any rank
int64_t sp_shard_blocks(const sp_shards *shards, int rank);  ///< of all runs together

#endif
