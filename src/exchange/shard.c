// SPDX-License-Identifier: Apache-2.0
// Shards: the blocks of the parameter vector that a rank owns.
#include "exchange/shard.h"

#include "base/share.h"

int sp_shard_runs(const sp_shards *shards) {
  enum { RUN_BLOCKS = 512 };
  int64_t runs = shards->blocks / RUN_BLOCKS;
  return runs < 2 ? 1 : runs < SP_SHARD_RUNS ? (int)runs : SP_SHARD_RUNS;
}

/// Returns where a rank's slice of a run begins in the vector, without overflow, as sp_share_begin.
static int64_t slice_begin(const sp_shards *shards, int64_t rank, int run) {
  int runs = sp_shard_runs(shards);
  int64_t begin = sp_share_begin(shards->blocks, runs, run), end = sp_share_begin(shards->blocks, runs, run + 1);
  int64_t blocks = end - begin, shift = sp_share_begin(shards->ranks, runs, run);
  return begin + blocks / shards->ranks * rank + (blocks % shards->ranks * rank + shift) / shards->ranks;
}

sp_slice sp_shard_slice(const sp_shards *shards, int rank, int run) {
  int64_t begin = slice_begin(shards, rank, run), place = 0;
  for (int i = 0; i < run; i++) place += slice_begin(shards, rank + INT64_C(1), i) - slice_begin(shards, rank, i);
  return (sp_slice){begin, slice_begin(shards, rank + INT64_C(1), run) - begin, place};
}

int64_t sp_shard_blocks(const sp_shards *shards, int rank) {
  sp_slice last = sp_shard_slice(shards, rank, sp_shard_runs(shards) - 1);
  return last.place + last.blocks;
}

int64_t sp_shard_longest_slice(const sp_shards *shards) {
  int64_t longest = 0;
  for (int run = 0, runs = sp_shard_runs(shards); run < runs; run++) {
    int64_t blocks = sp_share_begin(shards->blocks, runs, run + 1) - sp_share_begin(shards->blocks, runs, run);
    int64_t slice = blocks / shards->ranks + (blocks % shards->ranks > 0);
    if (slice > longest) longest = slice;
  }
  return longest;
}
