// SPDX-License-Identifier: Apache-2.0
// Lanes: the virtual workers of a run, dealt out to the ranks in order (base/share.h), and the fixed tree along which
// their sums are added.
#ifndef SP_EXCHANGE_LANES_H
#define SP_EXCHANGE_LANES_H

#include <stdbool.h>
#include <stdint.h>

/// The tree over lanes 0 … count-1: at level j, node k covers lanes [k 2^j, min((k+1) 2^j, count)); its children are
/// nodes 2k and 2k+1 of level j-1, and a node with one child is that child. A subtree is the lanes of one node. A rank
/// that hosts lanes [begin, end) can add up the maximal subtrees that lie within them without changing any sum.
typedef struct sp_subtree {
  int64_t begin, end;
} sp_subtree;

/// The lanes that a rank hosts.
sp_subtree sp_lanes_hosted(int64_t lanes, int ranks, int rank);

enum { SP_MAX_SUBTREES = 64 };  ///< maximal subtrees in a range of lanes: at most two a level

/// Do the lanes of `range` make up a node of the tree?
bool sp_lanes_is_subtree(int64_t lanes, sp_subtree range);

/// The maximal subtrees within lanes [begin, end), in order. Returns how many.
int sp_lanes_subtrees(int64_t lanes, int64_t begin, int64_t end, sp_subtree subtrees[SP_MAX_SUBTREES]);

/// Add up parts in the order of the tree: calls add(context, into, from) with indices into `parts`, which are subtrees in
/// order that make up the tree (or one subtree) together; NULL: each lane is a part. Part 0 holds the sum at the end.
void sp_lanes_sum_tree(int64_t lanes, const sp_subtree *parts, int64_t count,
                       void (*add)(void *context, int64_t into, int64_t from), void *context);

#endif
