// SPDX-License-Identifier: Apache-2.0
// Limits of the machine: barriers and sums of the ranks of a node, and messages.
#ifndef SP_PERF_RANK_LIMITS_H
#define SP_PERF_RANK_LIMITS_H

#include "comm/comm.h"

/// NaN: too few ranks to measure.
typedef struct sp_rank_limits {
  double node_sum;       ///< B/s of a node: bytes of a vector divided by the time to sum it over the ranks, in place
  double barrier;        ///< s of a barrier of the ranks of a node
  double latency;        ///< s of a small message
  double message;        ///< s that a rank spends on a small message while many are in flight
  double bandwidth;      ///< B/s each way of 4 MiB messages sent in both directions
  double carrying;       ///< s of computing that a rank loses per byte of such messages, sent and received
  double between_nodes;  ///< 1: the previous four were measured between two nodes; 0: within one
} sp_rank_limits;

/// Measure each limit for about `seconds`. Collective: yes. Errors: the same on all ranks: SP_ERR_MEMORY,
/// SP_ERR_LIBRARY.
sp_status sp_rank_limits_measure(const sp_comm *comm, double seconds, sp_rank_limits *out);

#endif
