// SPDX-License-Identifier: Apache-2.0
// The exchange of gradients and parameters: the gradients of the lanes are added along the lane tree, each rank updates
// its shard with the sum, and all ranks receive the updated parameters. A step on every rank:
//
//   sp_exchange_begin()
//   passes over the rows of all lanes that this rank hosts, with sp_exchange_need(), sp_exchange_reduce() and
//     sp_exchange_done() as their events, the last of which is done(0); they store the gradient of each part of the lanes
//     in sp_exchange_gradients()
//   sp_exchange_control()   sums a few values of every lane (losses, flags) and returns them on all ranks
//   sp_exchange_update()    sums the gradients, updates the shard, and publishes the new parameters
//
// Call sp_exchange_finish() before anything but a step reads parameters. A transport (exchange/transport.h) moves the
// values. It is chosen when the exchange is created:
//
//   node      Gradients and parameters are in memory that all ranks share: the owner of a block reads the partial
//             sums in place, and writes the parameters where all ranks read them (transport_node.c).
//   rails     The same on each node. Between nodes, messages overlap with the passes: a node's sum is sent to the
//             owner as soon as the backward pass has completed it, and parameters are received before the next
//             forward pass needs them (transport_rails.c).
//   messages  All values are sent with MPI, after the passes, without overlap (transport_messages.c). It is the
//             reference in tests, and serves ranks that cannot share memory.
//
// The bits of the result are the same with each transport, on every number of ranks from 1 to the number of lanes.
#ifndef SP_EXCHANGE_EXCHANGE_H
#define SP_EXCHANGE_EXCHANGE_H

#include "comm/comm.h"
#include "exchange/exchange_job.h"
#include "exchange/exchange_options.h"
#include "exchange/shard.h"

typedef struct sp_exchange sp_exchange;

/// Create an exchange. Borrows comm and options. Memory: sp_exchange_memory. Collective: yes.
/// Errors, agreed on: SP_ERR_MEMORY; SP_ERR_CONFIG for `wire: bfloat16` with the transport `messages` or with float64.
sp_status sp_exchange_create(const sp_comm *comm, const sp_exchange_options *options, const sp_exchange_job *job,
                             sp_exchange **out);
void sp_exchange_free(sp_exchange *exchange);  ///< after sp_exchange_finish, if there was a step; NULL is fine

/// Compute the bytes that sp_exchange_create allocates for this rank. Uses only the numbers in comm, not its
/// communicators, and assumes that all nodes have the same number of ranks. Collective: no. Errors: SP_ERR_MEMORY.
sp_status sp_exchange_memory(const sp_comm *comm, const sp_exchange_options *options, const sp_exchange_job *job,
                             sp_exchange_bytes *out);

/// Begin the next step. Waits until the ranks of the node have read the last step's gradients. Collective: yes.
void sp_exchange_begin(sp_exchange *exchange);

/// The memory of the gradients of this rank: a whole parameter vector for each part of its lanes, `stride` bytes apart. A part
/// is a maximal subtree of the lanes, or with job.each_lane a lane.
typedef struct sp_exchange_parts {
  void *gradient;  ///< of the first part
  int64_t stride, parts;
  const int64_t *end;  ///< (parts): the hosted lane, from 0, at which each ends
} sp_exchange_parts;

/// Returns the memory of the gradients. Valid within a step, and after sp_exchange_finish, when this rank can use it for other
/// values.
sp_exchange_parts sp_exchange_gradients(const sp_exchange *exchange);

/// Events of a pass (sp_pass_events). sp_exchange_need waits for the parameters before value `end`. sp_exchange_done
/// reports that the gradients of all parts from value `begin` on are complete, and that this rank no longer needs the
/// parameters there; with `begin` at the end of the vector it reports nothing, but lets messages make progress.
void sp_exchange_need(sp_exchange *exchange, int64_t end);
void sp_exchange_done(sp_exchange *exchange, int64_t begin);

/// Add `n` values per lane along the lane tree, during the passes of a step; n is the same on all ranks and at most
/// job.reduce. Other messages make progress meanwhile. Overwrites `mine`. Shapes: mine (hosted lanes, n), total (n),
/// the same bits on all ranks and for any number of ranks. Collective: yes, also on ranks whose lanes have no rows or
/// could not be read, which contribute zeros.
void sp_exchange_reduce(sp_exchange *exchange, int64_t n, double *mine, double *total);

/// Add `control` values per lane along the lane tree. Shapes: mine (hosted lanes, control), total (control), the same
/// on all ranks. Collective: yes.
void sp_exchange_control(sp_exchange *exchange, const double *mine, double *total);

/// Sum the gradients and update this rank's shard. If `sound` (the same on all ranks) is false, the step ends without
/// an update. Without `whole`, the blocks after one whose sum is not finite are not updated;
/// sp_exchange_nonfinite reports it. With `whole`, no block of any rank is updated if any sum is not finite or if
/// `measured` returns false. Returns whether there was an update: with `whole` on all ranks, otherwise `sound`. If
/// there was none, the caller must call sp_exchange_finish next. Collective: yes.
bool sp_exchange_update(sp_exchange *exchange, bool sound);

/// Returns whether this rank has found a sum that is not finite since the last sp_exchange_finish.
bool sp_exchange_nonfinite(const sp_exchange *exchange);

/// Wait until the parameters are complete on all ranks. Returns the index of the first value whose gradient was not
/// finite in the last step, on any rank; -1 if there was none. Collective: yes.
int64_t sp_exchange_finish(sp_exchange *exchange);

/// Report that parameters were set from outside, after sp_exchange_finish. The next step begins with them and discards
/// the state of earlier steps. Collective: no, but to be called on all ranks.
void sp_exchange_restart(sp_exchange *exchange);

/// Returns the times since the exchange was created.
sp_exchange_times sp_exchange_time(const sp_exchange *exchange);

/// Returns the bytes that this rank has sent to other nodes (transport `messages`: to other ranks) since the exchange
/// was created.
int64_t sp_exchange_bytes_sent(const sp_exchange *exchange);

#endif
