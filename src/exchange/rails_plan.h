// SPDX-License-Identifier: Apache-2.0
// Planning the exchange between nodes: who deals with whom, which pieces travel, in which order sums are added.
#ifndef SP_EXCHANGE_RAILS_PLAN_H
#define SP_EXCHANGE_RAILS_PLAN_H

#include "exchange/rails.h"

/// Sets x->own, after sp_node_create. Collective: yes. Errors: agreed on.
sp_status sp_rails_create(sp_exchange *x);
/// Bytes that sp_rails_create takes, where all nodes have as many ranks as this one. Errors: SP_ERR_MEMORY.
sp_status sp_rails_memory(sp_exchange *x, int64_t *bytes);
void sp_rails_free(sp_exchange *x);

/// The rank of a node that deals with a rank of another one.
int sp_rails_counterpart(const sp_exchange *x, int node, int rank, int rank_node);

#endif
