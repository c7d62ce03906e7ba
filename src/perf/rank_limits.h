// What the machine can do: ranks that wait for each other, add up what they share, and send messages.
#ifndef SP_PERF_RANK_LIMITS_H
#define SP_PERF_RANK_LIMITS_H

#include "perf/limits.h"

/// Sets node_sum, barrier, latency, message, bandwidth, carrying and between_nodes where there are ranks for it.
/// Collective: yes. Errors: SP_ERR_MEMORY, agreed on.
sp_status sp_limits_measure_ranks(const sp_comm *comm, double seconds, sp_limits *out);

#endif
