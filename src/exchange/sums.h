// SPDX-License-Identifier: Apache-2.0
// Sums of float64 values in an order that depends on no number of ranks: of lanes, along the lane tree (scores, statistics of
// the data), and of blocks of the parameter vector.
#ifndef SP_EXCHANGE_SUMS_H
#define SP_EXCHANGE_SUMS_H

#include "comm/comm.h"

/// Add `count` values a lane: mine is (hosted lanes, count), total (count), the same bits on all ranks whatever their
/// number; there may be more ranks than lanes. Not for use in a step: allocates.
/// Collective: yes. Errors: SP_ERR_MEMORY, agreed on.
sp_status sp_lane_sums(const sp_comm *comm, int64_t lanes, int64_t count, const double *mine, double *total);

/// The same for what all lanes' values, (lanes, count), are at hand for; they are overwritten.
void sp_lane_sums_add(int64_t lanes, int64_t count, double *all, double *total);

/// Add up a value for each block, at least one: in pairs, pairs in pairs, and so on. Node k of level j of the tree covers
/// blocks [k 2^j, (k + 1) 2^j), as far as there are any. Collective: no. Errors: none.
double sp_block_sums_add(int64_t blocks, const double *value);

#endif
