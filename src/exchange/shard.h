// Shards: which blocks of the parameter vector a rank owns.
// May include: base.
#ifndef SP_EXCHANGE_SHARD_H
#define SP_EXCHANGE_SHARD_H

#include <stdint.h>

/// Rank r of R owns blocks [floor(r B / R), floor((r + 1) B / R)): contiguous, in rank order, none for some when B < R.
typedef struct sp_shards {
  int64_t blocks;  ///< of the whole vector
  int rank, ranks;
} sp_shards;

int64_t sp_shard_begin(const sp_shards *shards, int rank);  ///< first block of a rank
static inline int64_t sp_shard_end(const sp_shards *shards, int rank) { return sp_shard_begin(shards, rank + 1); }

#endif
