// Sums of a few float64 values a lane, along the lane tree: scores, statistics of the data.
// May include: base, comm, exchange.
#ifndef SP_EXCHANGE_SUMS_H
#define SP_EXCHANGE_SUMS_H

#include "comm/comm.h"

/// Add `count` values a lane: mine is (hosted lanes, count), total (count), the same bits on all ranks whatever their
/// number; there may be more ranks than lanes. Not for use in a step: allocates.
/// Collective: yes. Errors: SP_ERR_MEMORY, agreed on.
sp_status sp_lane_sums(const sp_comm *comm, int64_t lanes, int64_t count, const double *mine, double *total);

/// The same for what all lanes' values, (lanes, count), are at hand for; they are overwritten.
void sp_lane_sums_add(int64_t lanes, int64_t count, double *all, double *total);

#endif
