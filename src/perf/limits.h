// SPDX-License-Identifier: Apache-2.0
// Limits of the machine: matrix products, sweeps over memory, barriers of a node, messages. All ranks measure at the
// same time, as they compute in a step.
#ifndef SP_PERF_LIMITS_H
#define SP_PERF_LIMITS_H

#include "comm/comm.h"
#include "compute/arithmetic.h"
#include "compute/compute.h"
#include "model/parameters.h"
#include "optim/optimizer_options.h"
#include "perf/rank_limits.h"

/// Means over the ranks of the speed of one rank while all are busy. NaN: not measured.
typedef struct sp_limits {
  double peak;             ///< flop/s of multiply-adds on registers alone
  double product;          ///< flop/s of a product of square matrices of order 1,024
  double product_forward;  ///< flop/s of the forward product of the largest matrix
  double product_weight;   ///< flop/s of the gradient of its weights
  double product_input;    ///< flop/s of the gradient of its input
  double sweep;            ///< B/s of the optimizer's update, on arrays too large for the last-level cache
  double sweep_cached;     ///< B/s of the update on arrays that fit into a core's own cache
  double sweep_bytes;      ///< bytes that such an update reads and writes for each parameter
  double cache;            ///< bytes of the last-level cache
  double add;              ///< B/s of adding one large array to another, which is limited by the memory
  double copy;             ///< B/s of copying a large array to another, counted once
  sp_rank_limits ranks;    ///< barriers, sums of a node, messages
} sp_limits;

/// The settings that the limits depend on.
typedef struct sp_limits_wanted {
  sp_arithmetic arithmetic;
  const sp_optimizer_options *optimizer;
  double seconds;     ///< time to measure each limit
  int64_t rows;       ///< in a lane's share of a batch; 0: no network
  int64_t in, units;  ///< of the largest matrix of the network
} sp_limits_wanted;

/// Set `in` and `units` to the largest matrix of a table; leaves them unchanged if there is none.
void sp_limits_find_matrix(const sp_parameter_table *table, sp_limits_wanted *wanted);

/// Measure the limits. Collective: yes. Errors: the same on all ranks; SP_ERR_MEMORY, SP_ERR_LIBRARY.
sp_status sp_limits_measure(const sp_comm *comm, const sp_limits_wanted *wanted, sp_limits *out);

#endif
