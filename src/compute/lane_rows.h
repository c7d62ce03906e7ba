// SPDX-License-Identifier: Apache-2.0
// Rows that belong to lanes, and the order in which sums over rows are added: within a lane in the order of the rows, then
// over the lanes as a binary counter counts. After lane i, the last two sums in progress are added for each 1 at the end of
// i in binary; after the last lane, all that are left, from the last one on. If the lanes are a subtree of the lane tree
// (exchange/lanes.h), that is their sum along the tree.
#ifndef SP_COMPUTE_LANE_ROWS_H
#define SP_COMPUTE_LANE_ROWS_H

#include <stdint.h>

#include "base/dtype.h"

/// Lanes 0 ... lanes - 1, at least one and at most 65,536. Lane i has rows [end[i - 1], end[i]) of a matrix, the first one
/// from `begin` on. A lane may have no rows; its sum is 0.
typedef struct sp_lane_rows {
  int64_t lanes, begin;
  const int64_t *end;
} sp_lane_rows;

enum { SP_LANE_SUMS = 17 };  ///< most sums in progress at the same time

static inline int64_t sp_lane_begin(const sp_lane_rows *rows, int64_t lane) {
  return lane > 0 ? rows->end[lane - 1] : rows->begin;
}

/// Returns the number of sums in progress before a lane is added, which is the place of its own sum among them.
static inline int sp_lane_place(int64_t lane) { return __builtin_popcountll((unsigned long long)lane); }

/// Returns the number of additions after a lane. Each adds the sum at the last place to the one before it.
static inline int sp_lane_additions(int64_t lanes, int64_t lane) {
  return lane == lanes - 1 ? sp_lane_place(lane) : __builtin_ctzll(~(unsigned long long)lane);
}

/// out (n), in the precision = sum over the lanes of factor * sums[lane * step ...], where each product is rounded to the
/// precision before it is added.
void sp_lanes_add(sp_dtype precision, int64_t lanes, int64_t n, double factor, const double *sums, int64_t step,
                  void *out);

#endif
