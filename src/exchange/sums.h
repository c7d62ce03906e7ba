// SPDX-License-Identifier: Apache-2.0
// Sums of float64 values in an order that is independent of the number of ranks: over lanes, along the lane tree
// (scores, statistics of the data), and over blocks of the parameter vector.
#ifndef SP_EXCHANGE_SUMS_H
#define SP_EXCHANGE_SUMS_H

#include "comm/comm.h"

/// Add `count` values per lane. Shapes: mine (hosted lanes, count), total (count), which has the same bits on all ranks
/// and for any number of ranks. There may be more ranks than lanes. Not for use in a step, because it allocates memory.
/// Collective: yes. Errors: SP_ERR_MEMORY, agreed on.
sp_status sp_lane_sums(const sp_comm *comm, int64_t lanes, int64_t count, const double *mine, double *total);

/// Memory for sums that are computed in every step: sp_lane_adder_add allocates nothing. Sums in the middle of a pass are
/// those of exchange/lane_reduction.h. Borrows comm. Collective: no. Errors: SP_ERR_MEMORY.
typedef struct sp_lane_adder {
  const sp_comm *comm;
  int64_t lanes, count;
  double *all;  ///< (lanes, count)
  int *counts;  ///< of each rank; then the offsets
} sp_lane_adder;
sp_status sp_lane_adder_create(const sp_comm *comm, int64_t lanes, int64_t count, sp_lane_adder *out);
void sp_lane_adder_free(sp_lane_adder *adder);  ///< also if all members are 0, and after a failure of create

/// As sp_lane_sums. Collective: yes. Errors: none.
void sp_lane_adder_add(sp_lane_adder *adder, const double *mine, double *total);

/// The same if the values of all lanes, (lanes, count), are in memory. Overwrites them. Collective: no.
void sp_lane_sums_add(int64_t lanes, int64_t count, double *all, double *total);

/// Returns the sum of one value per block, for at least one block, added pairwise along a tree. Node k of level j of
/// the tree covers the existing blocks of [k 2^j, (k + 1) 2^j). Collective: no. Errors: none.
double sp_block_sums_add(int64_t blocks, const double *value);

#endif
