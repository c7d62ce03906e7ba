// SPDX-License-Identifier: Apache-2.0
// What the machine can do: ranks that wait for each other, add up what they share, and send messages.
#ifndef SP_PERF_RANK_LIMITS_H
#define SP_PERF_RANK_LIMITS_H

#include "comm/comm.h"

/// NaN where there are too few ranks to measure.
typedef struct sp_rank_limits {
  double node_sum;       ///< B/s of a node: bytes of a vector over the time of adding it up over its ranks, in place
  double barrier;        ///< s for the ranks of a node to wait for each other
  double latency;        ///< s for a small message
  double message;        ///< s a rank spends on a small message while many are under way
  double bandwidth;      ///< B/s each way of 4 MiB messages that cross
  double carrying;       ///< s of computing that a rank loses for each byte of such messages, out and in
  double between_nodes;  ///< 1: the last four are of ranks on two nodes; 0: on one
} sp_rank_limits;

/// Each limit is measured for about `seconds`. Collective: yes. Errors: SP_ERR_MEMORY, SP_ERR_LIBRARY, agreed on.
sp_status sp_rank_limits_measure(const sp_comm *comm, double seconds, sp_rank_limits *out);

#endif
