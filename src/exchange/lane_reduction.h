// SPDX-License-Identifier: Apache-2.0
// Sums over the lanes of all ranks in the middle of a pass: a few float64 values per lane, added along the lane tree. A
// rank adds up the subtrees of its own lanes, and the sums of all ranks are gathered and added by each of them.
#ifndef SP_EXCHANGE_LANE_REDUCTION_H
#define SP_EXCHANGE_LANE_REDUCTION_H

#include "exchange/transport.h"

/// Sets x->reduction, for at most job.reduce values per lane. Collective: yes. Errors: SP_ERR_MEMORY, agreed on.
sp_status sp_reduction_create(sp_exchange *x);
void sp_reduction_free(sp_exchange *x);

/// Add the bytes of this rank to *bytes; shared bytes are counted by the first rank of a node. Errors: SP_ERR_MEMORY.
sp_status sp_reduction_memory(const sp_exchange *x, int64_t *bytes);

/// As sp_exchange_reduce.
void sp_lanes_reduce(sp_exchange *x, int64_t n, double *mine, double *total);

#endif
