// SPDX-License-Identifier: Apache-2.0
// What a configuration's step takes on the ranks there are, beside what the machine can do.
#ifndef SP_PERF_BENCH_H
#define SP_PERF_BENCH_H

#include "perf/gradient_curve.h"
#include "perf/limits.h"
#include "train/run_config.h"

/// Means over the ranks. Seconds and bytes are of one step; its parts are means over the steps.
typedef struct sp_bench_step {
  double steps;              ///< how many were timed
  double batch, parameters;  ///< rows, values
  double data, forward, backward, exchange, update;
  double median, mean;  ///< of whole steps
  double flops;         ///< of its matrix products, all ranks together
  double update_bytes;  ///< that the update reads and writes, all ranks together
  double limit;         ///< flops and update bytes at the machine's limits
  double share;         ///< of the limit reached: limit / median
  double node_bytes;    ///< read and written on a node to add up, update and publish
  double wire_bytes;    ///< sent by the node that sends most, to others (exchange.path mpi: all
                        ///< messages of its ranks)
} sp_bench_step;

typedef struct sp_bench {
  double ranks, nodes;
  double value_size;  ///< bytes of a parameter
  sp_limits limits;
  sp_bench_step step;  ///< steps 0: not measured
  sp_curve curve;      ///< no points: not measured
} sp_bench;

typedef struct sp_bench_options {
  int64_t steps;    ///< SP_AUTO: about two seconds of them
  int64_t warm_up;  ///< steps that are not counted
  double seconds;   ///< for each limit, and for each pass of each number of rows
  bool limits_only;
} sp_bench_options;

/// Measure. The number of lanes must be known (not auto). What is trained meanwhile is thrown away, nothing is written.
/// Collective: yes. Errors: agreed on; those of a training.
sp_status sp_bench_run(const sp_comm *comm, const sp_run_config *config, const sp_bench_options *options,
                       sp_bench *out);

#endif
