// Gradients in, updated parameters out: lane gradients are added along the lane tree, each rank gets the sum of its
// shard, and updated shards are gathered on all ranks. Everything goes through MPI, pairwise.
//
//   for each lane this rank hosts, in order:
//     write the lane's gradient to sp_exchange_gradient(); call sp_exchange_lane_done()
//   sp_exchange_reduce()    the sum of this rank's shard
//   sp_exchange_sums()      the step's control reduction: losses, counts, flags
//   (the caller updates its shard of the parameters)
//   sp_exchange_publish()   all shards to all ranks
//
// The result has the same bits on every rank count from 1 to the number of lanes.
// May include: base, comm, compute, exchange.
#ifndef SP_EXCHANGE_EXCHANGE_H
#define SP_EXCHANGE_EXCHANGE_H

#include "base/dtype.h"
#include "comm/comm.h"
#include "exchange/shard.h"

typedef struct sp_exchange sp_exchange;

/// For vectors of `blocks` blocks of SP_BLOCK values. Borrows comm. Memory: a gradient for each partial sum a rank holds at a time, and
/// with several ranks its shard once more and a bucket for each partial of the others.
/// Collective: yes. Errors: SP_ERR_MEMORY, agreed on.
sp_status sp_exchange_create(const sp_comm *comm, int64_t lanes, sp_dtype precision, int64_t blocks,
                             sp_exchange **out);
void sp_exchange_free(sp_exchange *exchange);  ///< NULL is fine

const sp_shards *sp_exchange_shards(const sp_exchange *exchange);

/// The lanes that this rank hosts: [first, end).
int64_t sp_exchange_first_lane(const sp_exchange *exchange);
int64_t sp_exchange_end_lane(const sp_exchange *exchange);

/// Where the gradient of the next lane goes: the whole vector.
void *sp_exchange_gradient(sp_exchange *exchange);
/// That gradient is complete: add up the subtrees that it completes.
void sp_exchange_lane_done(sp_exchange *exchange);

/// The sum over all lanes of this rank's shard, stored as shard.h says, valid until the next gradient; NULL when the
/// shard is empty. Starts the next step. Collective: yes.
const void *sp_exchange_reduce(sp_exchange *exchange);

/// Add `count` float64 values a lane along the lane tree: mine is (hosted lanes, count), total (count), on all ranks.
/// Collective: yes. Errors: SP_ERR_MEMORY, agreed on, only when `count` is larger than in any call before.
sp_status sp_exchange_sums(sp_exchange *exchange, int64_t count, const double *mine, double *total);

/// Every rank gives its shard of `parameters` and gets those of the others, in place. Collective: yes.
void sp_exchange_publish(sp_exchange *exchange, void *parameters);

#endif
