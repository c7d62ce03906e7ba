// SPDX-License-Identifier: Apache-2.0
// Memory that the ranks of a node share for the exchange: their partial sums, and a board with the progress of each
// rank. It is the basis of the transports whose ranks share memory.
#ifndef SP_EXCHANGE_NODE_WINDOW_H
#define SP_EXCHANGE_NODE_WINDOW_H

#include "exchange/transport.h"

typedef struct sp_node_window sp_node_window;

/// Sets x->node and x->gradients. Collective: yes. Errors: agreed on.
sp_status sp_node_create(sp_exchange *x);
sp_status sp_node_memory(const sp_exchange *x, sp_exchange_bytes *out);  ///< as sp_exchange_memory
void sp_node_free(sp_exchange *x);

/// Wait until the ranks of the node have read the last step's gradients.
void sp_node_begin(sp_exchange *x);

/// Add control values, as sp_exchange_control. Between nodes, the first ranks exchange them.
void sp_node_control(sp_exchange *x, const double *mine, double *total);

/// Gather values of all ranks. Each rank has written its own into `values`, memory that the ranks of the node share; they
/// must not be overwritten before the second call after this one. Between nodes, the first ranks exchange them: `values`
/// has `counts[n]` values of node n from `offsets[n]` on, which sp_node_spans has set.
void sp_node_gather(sp_exchange *x, double *values, const int *counts, const int *offsets);

/// Set counts and offsets (nodes) on the first rank of each node, from those of this node. Collective: yes.
void sp_node_spans(const sp_exchange *x, int begin, int count, int *counts, int *offsets);

/// Returns the least of the ranks' values. At most once per step; one node only.
int64_t sp_node_least(sp_exchange *x, int64_t mine);

/// Report that all gradients from block `first` on are complete on this rank.
void sp_node_ready(sp_exchange *x, int64_t first);
/// Returns the first block from which on the gradients are complete on all ranks of the node.
int64_t sp_node_ready_from(const sp_exchange *x);

/// Report that all parameters before block `end` that this rank receives have arrived.
void sp_node_arrived(sp_exchange *x, int64_t step, int64_t end);
void sp_node_await(sp_exchange *x, int64_t step, int64_t end);  ///< wait for this on all ranks of the node

/// Report that this rank has read all gradients of the step.
void sp_node_settled(sp_exchange *x);
void sp_node_await_settled(sp_exchange *x);

/// Get the partial sums of the node's ranks, in the order of the lanes. Returns their number.
int64_t sp_node_parts(const sp_exchange *x, const sp_subtree **range, char *const **memory);

#endif
