// SPDX-License-Identifier: Apache-2.0
// Gradients in, updated parameters out: lane gradients are added along the lane tree, each rank updates its shard with
// the sum, and updated parameters come to all ranks. A step of every rank:
//
//   sp_exchange_begin()
//   for each lane this rank hosts, in order:
//     passes with sp_exchange_need() and sp_exchange_done() as their events, the last of which leaves the lane's gradient
//     in sp_exchange_gradient(); then sp_exchange_lane_done()
//   sp_exchange_control()   a few values of every lane (losses, flags) reach all ranks
//   sp_exchange_update()    sums, updates, and hands the new parameters over
//
// and sp_exchange_finish() before anything but a step reads parameters. How values travel is a transport's business
// (exchange/transport.h), which is chosen when the exchange is made:
//
//   node      Gradients and parameters lie in memory that all ranks share: the owner of a block reads the partial sums
//             where they lie, and writes parameters where all ranks read them (transport_node.c).
//   rails     The same on each node; between nodes messages travel while the passes run: a node's sum to the owner as soon
//             as the backward pass is past it, parameters back until the next forward pass needs them (transport_rails.c).
//   messages  Everything through MPI, after the passes, nothing overlapped (transport_messages.c): what the others are
//             tested with, and what remains where ranks cannot share memory.
//
// The result has the same bits with each, on every number of ranks from 1 to the number of lanes.
#ifndef SP_EXCHANGE_EXCHANGE_H
#define SP_EXCHANGE_EXCHANGE_H

#include "comm/comm.h"
#include "exchange/exchange_job.h"
#include "exchange/exchange_options.h"
#include "exchange/shard.h"

typedef struct sp_exchange sp_exchange;

/// Borrows comm and options. Memory: sp_exchange_memory.
/// Collective: yes. Errors: agreed on: SP_ERR_MEMORY; SP_ERR_CONFIG for `wire: bfloat16` by messages or with float64.
sp_status sp_exchange_create(const sp_comm *comm, const sp_exchange_options *options, const sp_exchange_job *job,
                             sp_exchange **out);
void sp_exchange_free(sp_exchange *exchange);  ///< after sp_exchange_finish, when there was a step; NULL is fine

/// Bytes that sp_exchange_create takes for this rank. Of comm only the numbers are used; between nodes all are taken to have
/// as many ranks as this one. Collective: no. Errors: SP_ERR_MEMORY.
sp_status sp_exchange_memory(const sp_comm *comm, const sp_exchange_options *options, const sp_exchange_job *job,
                             sp_exchange_bytes *out);

/// The next step begins: waits until the ranks of the node have read the last step's gradients. Collective: yes.
void sp_exchange_begin(sp_exchange *exchange);

/// Where the gradient of the next lane goes: the whole vector. Within a step, or after sp_exchange_finish: then it is
/// this rank's to write what it likes.
void *sp_exchange_gradient(sp_exchange *exchange);

/// Events of a pass (sp_pass_events): wait for the parameters before value `end`; the gradients from value `begin` on are
/// complete, and the parameters there no longer needed for this lane. The vector's end promises nothing, and lets messages go
/// on.
void sp_exchange_need(sp_exchange *exchange, int64_t end);
void sp_exchange_done(sp_exchange *exchange, int64_t begin);

/// The gradient is complete: add up the subtrees that it completes.
void sp_exchange_lane_done(sp_exchange *exchange);

/// Add `control` values a lane along the lane tree: mine is (hosted lanes, control), total (control) on all ranks.
/// Collective: yes.
void sp_exchange_control(sp_exchange *exchange, const double *mine, double *total);

/// Sum up and update this rank's shard, unless `sound` (the same on all ranks) is false: then the step ends without. A
/// block whose sum is not finite, and those that come after it, are not updated: sp_exchange_nonfinite tells; or with
/// `whole` no block of any rank is, nor where `measured` says no. Returns whether there was an update, with `whole` on
/// all ranks, else as far as `sound` tells; where there was none sp_exchange_finish comes next. Collective: yes.
bool sp_exchange_update(sp_exchange *exchange, bool sound);

/// Has this rank's update met a value that is not finite, since the last sp_exchange_finish?
bool sp_exchange_nonfinite(const sp_exchange *exchange);

/// Wait until the parameters are complete on all ranks. Returns the first value of the vector whose gradient was not
/// finite in the last step, on any rank; -1: there was none. Collective: yes.
int64_t sp_exchange_finish(sp_exchange *exchange);

/// Parameters were set from outside, after sp_exchange_finish: the next step begins with them, and with nothing of the
/// steps before. Collective: no, but on all ranks.
void sp_exchange_restart(sp_exchange *exchange);

/// Since the beginning.
sp_exchange_times sp_exchange_time(const sp_exchange *exchange);

/// Bytes that this rank has sent to other nodes, or with messages to other ranks, since the beginning.
int64_t sp_exchange_bytes_sent(const sp_exchange *exchange);

#endif
