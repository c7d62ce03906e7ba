// SPDX-License-Identifier: Apache-2.0
// What an exchange moves in one step, worked out from the lane tree.
#ifndef SP_EXCHANGE_TRAFFIC_H
#define SP_EXCHANGE_TRAFFIC_H

#include <stdint.h>

/// Ranks, and the lanes dealt out to them.
typedef struct sp_placement {
  int64_t lanes, nodes, ranks_per_node;
} sp_placement;

/// Partial sums that go over the wire: a node hands over one for each maximal subtree of its lanes, one in all when
/// its lanes are a subtree themselves (the nodes and their lanes are powers of two, or there is a lane a node).
typedef struct sp_traffic {
  int64_t rank_partials;  ///< that a rank hands over to the others of its node, at most
  int64_t node_partials;  ///< that a node hands over, at most
  double gradients;       ///< sent by a node, at most, in vectors: node_partials (N - 1) / N
  double parameters;      ///< and (N - 1) / N again
} sp_traffic;

sp_traffic sp_exchange_traffic(const sp_placement *layout);

#endif
