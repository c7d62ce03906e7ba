// SPDX-License-Identifier: Apache-2.0
// The time of a configuration's step on the present ranks, compared with the limits of the machine.
#ifndef SP_PERF_BENCH_H
#define SP_PERF_BENCH_H

#include "perf/gradient_curve.h"
#include "perf/limits.h"
#include "train/run_config.h"

/// Means over the ranks. Seconds and bytes are per step; parts of a step are means over the steps.
typedef struct sp_bench_step {
  double steps;              ///< number of timed steps
  double batch, parameters;  ///< rows, values
  double data, forward, backward, exchange, update;
  double median, mean;  ///< seconds of a whole step
  double flops;         ///< of the matrix products of all ranks
  double update_bytes;  ///< bytes that the updates of all ranks read and write
  double limit;         ///< seconds for flops and update bytes at the limits of the machine
  double share;         ///< share of the limit that is reached: limit / median
  double node_bytes;    ///< bytes read and written on a node to sum, update and publish
  double wire_bytes;    ///< bytes sent to other nodes by the node that sends most (exchange.path
                        ///< mpi: all messages of its ranks)
} sp_bench_step;

typedef struct sp_bench {
  double ranks, nodes;
  double value_size;  ///< bytes of a parameter
  sp_limits limits;
  sp_bench_step step;  ///< steps = 0: not measured
  sp_curve curve;      ///< points = 0: not measured
} sp_bench;

typedef struct sp_bench_options {
  int64_t steps;    ///< SP_AUTO: as many as take about two seconds
  int64_t warm_up;  ///< number of steps that are not timed
  double seconds;   ///< time to measure each limit, and each pass for each number of rows
  bool limits_only;
} sp_bench_options;

/// Measure a configuration. The number of lanes must be known (not auto). The trained state is discarded and nothing is
/// written. Collective: yes. Errors: the same on all ranks; those of a training.
sp_status sp_bench_run(const sp_comm *comm, const sp_run_config *config, const sp_bench_options *options,
                       sp_bench *out);

#endif
