// Which blocks of the parameter vector a rank owns.
// May include: base.
#include "exchange/shard.h"

#include "base/share.h"

int64_t sp_shard_begin(const sp_shards *shards, int rank) {
  return sp_share_begin(shards->blocks, shards->ranks, rank);
}
