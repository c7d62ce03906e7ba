// SPDX-License-Identifier: Apache-2.0
// What a step will take on more nodes than there are here, from the figures of a bench.
#ifndef SP_PERF_FORECAST_H
#define SP_PERF_FORECAST_H

#include "exchange/traffic.h"
#include "model/parameters.h"
#include "perf/bench.h"

/// What connects the nodes, and how it is used.
typedef struct sp_link {
  double bandwidth;      ///< B/s of a node, each way
  double latency;        ///< s
  double message_bytes;  ///< of gradients or parameters in a message, at most
  double value_bytes;    ///< of one value on its way
} sp_link;

typedef struct sp_forecast {
  double busy;        ///< s a rank computes: data, passes, sums, update
  double step;        ///< s, with what it waits for
  double wire_bytes;  ///< through a node's link in a step, each way, at most
  double efficiency;  ///< busy time of a step without nodes to exchange with, over its time
  double rows_second;
} sp_forecast;

/// Predict a step of `accumulate` mini-batches of `batch` rows. The figures that must be there: sweep, sweep_cached,
/// sweep_bytes, cache, and the curve.
///   bench  of as many ranks on a node as the layout has, or the memory is not shared as it will be
sp_forecast sp_forecast_step(const sp_bench *bench, const sp_parameter_table *table, const sp_placement *layout,
                             const sp_link *link, double batch, int64_t accumulate);

#endif
