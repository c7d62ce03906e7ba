// SPDX-License-Identifier: Apache-2.0
// The values that an exchange moves in one step, computed from the lane tree.
#include "exchange/traffic.h"

#include "base/share.h"
#include "exchange/lanes.h"

/// Returns the largest number of maximal subtrees in one of `shares` shares of the lanes.
static int64_t most_partials(int64_t lanes, int64_t shares) {
  int64_t most = 1;
  for (int64_t i = 0; i < shares; i++) {
    sp_subtree subtree[SP_MAX_SUBTREES];
    int64_t begin = sp_share_begin(lanes, shares, i), end = sp_share_begin(lanes, shares, i + 1);
    int64_t count = sp_lanes_subtrees(lanes, begin, end, subtree);
    if (count > most) most = count;
  }
  return most;
}

sp_traffic sp_exchange_traffic(const sp_placement *l) {
  int64_t node_partials = most_partials(l->lanes, l->nodes);
  double away = (double)(l->nodes - 1) / (double)l->nodes;
  return (sp_traffic){.rank_partials = most_partials(l->lanes, l->nodes * l->ranks_per_node),
                      .node_partials = node_partials,
                      .gradients = (double)node_partials * away,
                      .parameters = away};
}
