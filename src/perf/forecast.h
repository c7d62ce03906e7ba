// SPDX-License-Identifier: Apache-2.0
// Predicting the time of a step on more nodes than are present, from the figures of a bench.
#ifndef SP_PERF_FORECAST_H
#define SP_PERF_FORECAST_H

#include "exchange/traffic.h"
#include "model/parameters.h"
#include "perf/bench.h"

/// The network between the nodes, and its use.
typedef struct sp_link {
  double bandwidth;      ///< B/s of a node, each way
  double latency;        ///< s of a message
  double message_bytes;  ///< maximum bytes of gradients or parameters in a message
  double value_bytes;    ///< bytes of one value in a message
} sp_link;

typedef struct sp_forecast {
  double busy;        ///< s that a rank computes: data, passes, sums, update
  double step;        ///< s, including waiting
  double wire_bytes;  ///< maximum bytes over the link of a node in a step, each way
  double efficiency;  ///< busy time of a step on a single node, divided by the time of the step
  double rows_second;
} sp_forecast;

/// Predict a step of `accumulate` mini-batches of `batch` rows. Requires the figures sweep, sweep_cached, sweep_bytes
/// and cache, and the curve.
///   bench  measured with the layout's number of ranks per node, so that the memory is shared in the same way
sp_forecast sp_forecast_step(const sp_bench *bench, const sp_parameter_table *table, const sp_placement *layout,
                             const sp_link *link, double batch, int64_t accumulate);

#endif
