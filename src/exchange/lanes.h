// SPDX-License-Identifier: Apache-2.0
// Lanes: the virtual workers of a run, divided among the ranks in order (base/share.h), and the fixed tree along which
// their values are added.
#ifndef SP_EXCHANGE_LANES_H
#define SP_EXCHANGE_LANES_H

#include <stdbool.h>
#include <stdint.h>

/// The tree over lanes 0 … count-1: at level j, node k covers lanes [k 2^j, min((k+1) 2^j, count)); its children are
/// nodes 2k and 2k+1 of level j-1, and a node with one child is that child. A subtree is the lanes of one node of the
/// tree. A rank that hosts lanes [begin, end) can add up the maximal subtrees within them without changing any sum.
typedef struct sp_subtree {
  int64_t begin, end;
} sp_subtree;

/// Returns the lanes that a rank hosts.
sp_subtree sp_lanes_hosted(int64_t lanes, int ranks, int rank);

enum { SP_MAX_SUBTREES = 64 };  ///< most maximal subtrees in a range of lanes: two per level

/// Returns whether the lanes of `range` are a subtree.
bool sp_lanes_is_subtree(int64_t lanes, sp_subtree range);

/// Find the maximal subtrees within lanes [begin, end), in order. Returns their number.
int sp_lanes_subtrees(int64_t lanes, int64_t begin, int64_t end, sp_subtree subtrees[SP_MAX_SUBTREES]);

/// Add parts in the order of the tree. Calls add(context, into, from) with indices of `parts`, which are consecutive
/// subtrees that together form the tree or one subtree; NULL: each lane is a part. The sum is in part 0 at the end.
void sp_lanes_sum_tree(int64_t lanes, const sp_subtree *parts, int64_t count,
                       void (*add)(void *context, int64_t into, int64_t from), void *context);

#endif
