// SPDX-License-Identifier: Apache-2.0
// What the ranks of a node share while gradients are exchanged: their partial sums, and a board with what each rank has
// come to. Transports whose ranks share memory build on it.
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

/// Control values, as sp_exchange_control. Between nodes their first ranks exchange them.
void sp_node_control(sp_exchange *x, const double *mine, double *total);

/// The least of the ranks' values, which each brings once a step. One node only.
int64_t sp_node_least(sp_exchange *x, int64_t mine);

/// All gradients from block `first` on are complete on this rank.
void sp_node_ready(sp_exchange *x, int64_t first);
/// From which block on they are complete on all ranks of the node.
int64_t sp_node_ready_from(const sp_exchange *x);

/// All parameters before block `end` have arrived through this rank.
void sp_node_arrived(sp_exchange *x, int64_t step, int64_t end);
void sp_node_await(sp_exchange *x, int64_t step, int64_t end);  ///< through all ranks of the node

/// This rank has read all gradients of the step.
void sp_node_settled(sp_exchange *x);
void sp_node_await_settled(sp_exchange *x);

/// The partial sums of the node's ranks, in the order of the lanes. Returns how many there are.
int64_t sp_node_parts(const sp_exchange *x, const sp_subtree **range, char *const **memory);

#endif
