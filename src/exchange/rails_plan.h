// SPDX-License-Identifier: Apache-2.0
// Planning the exchange between nodes: the counterparts of each rank, the pieces that are sent,
// and the order of the sums.
#ifndef SP_EXCHANGE_RAILS_PLAN_H
#define SP_EXCHANGE_RAILS_PLAN_H

#include "exchange/rails.h"

/// Sets x->own, after sp_node_create. Collective: yes. Errors: agreed on.
sp_status sp_rails_create(sp_exchange *x);
/// Compute the bytes that sp_rails_create allocates if all nodes have as many ranks as this one. Errors: SP_ERR_MEMORY.
sp_status sp_rails_memory(sp_exchange *x, int64_t *bytes);
void sp_rails_free(sp_exchange *x);

/// Returns the counterpart on `node` of `rank`, a rank of `rank_node`.
int sp_rails_counterpart(const sp_exchange *x, int node, int rank, int rank_node);

#endif
