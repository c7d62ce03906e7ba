// SPDX-License-Identifier: Apache-2.0
// The values that an exchange moves in one step, computed from the lane tree.
#ifndef SP_EXCHANGE_TRAFFIC_H
#define SP_EXCHANGE_TRAFFIC_H

#include <stdint.h>

/// Ranks, and the lanes that are divided among them.
typedef struct sp_placement {
  int64_t lanes, nodes, ranks_per_node;
} sp_placement;

/// The partial sums that are sent: a node sends one for each maximal subtree of its lanes, and only one if its lanes
/// are a subtree (the numbers of nodes and of their lanes are powers of two, or there is one lane per node).
typedef struct sp_traffic {
  int64_t rank_partials;  ///< most partial sums that a rank passes to the other ranks of its node
  int64_t node_partials;  ///< most partial sums that a node sends
  double gradients;       ///< most that a node sends, in parameter vectors: node_partials (N - 1) / N
  double parameters;      ///< that a node sends, in parameter vectors: (N - 1) / N
} sp_traffic;

sp_traffic sp_exchange_traffic(const sp_placement *layout);

#endif
