// SPDX-License-Identifier: Apache-2.0
// The sum of parts along the lane tree, one piece of the vector at a time. The additions are planned once.
#ifndef SP_EXCHANGE_TREE_SUM_H
#define SP_EXCHANGE_TREE_SUM_H

#include "base/dtype.h"
#include "compute/addends.h"
#include "exchange/lanes.h"
#include "shardprop/status.h"

/// One addition of parts; its result replaces part `into`.
typedef struct sp_addition {
  int32_t into, from;
  int32_t scratch;  ///< for the result when no part is overwritten; -1 for that of the last addition
} sp_addition;

typedef struct sp_tree_sum {
  int64_t parts, additions;
  int32_t scratches;  ///< most results, except the last one, that exist at the same time
  sp_addition *addition;
} sp_tree_sum;

/// Plan the sum of parts, which are in the order of their lanes. Parts that do not form one subtree give several sums:
/// one at the first part of each maximal subtree. Errors: SP_ERR_MEMORY.
sp_status sp_tree_sum_create(int64_t lanes, const sp_subtree *parts, int64_t count, sp_tree_sum *out);
void sp_tree_sum_free(sp_tree_sum *sum);

/// Add n values of each part in place. value[p] points to the values of part p, and at the end to its sum.
void sp_tree_sum_run(const sp_tree_sum *sum, sp_dtype precision, int64_t n, void *const *value);

/// Make all additions of n values of each part except the last one, and return its operands; or the only part. The parts
/// form one subtree. Results are written to `scratch`, (scratches, n), and overwrite no part; `value` is changed.
sp_addends sp_tree_sum_but_last(const sp_tree_sum *sum, sp_dtype precision, int64_t n, void **value, void *scratch);

#endif
