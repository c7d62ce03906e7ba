// SPDX-License-Identifier: Apache-2.0
// What the machine can do: matrix products, sweeps over memory, the ranks of a node waiting for each other, messages.
// All ranks measure at once, as they work in a step.
#ifndef SP_PERF_LIMITS_H
#define SP_PERF_LIMITS_H

#include "comm/comm.h"
#include "compute/arithmetic.h"
#include "compute/compute.h"
#include "model/parameters.h"
#include "optim/optimizer_options.h"
#include "perf/rank_limits.h"

/// Means over the ranks, of one rank while all are busy. NaN for what is not measured.
typedef struct sp_limits {
  double product;          ///< flop/s of a square product of 1,024 (reference: 128)
  double product_forward;  ///< flop/s of the forward product of the largest matrix
  double product_weight;   ///< and of the gradient of its weights
  double product_input;    ///< and of the gradient of its input
  double sweep;            ///< B/s of the optimizer's update, on arrays too large for the last-level cache
  double sweep_cached;     ///< and on arrays that fit into a core's own cache
  double sweep_bytes;      ///< bytes that such an update reads and writes for each parameter
  double cache;            ///< bytes of a last-level cache
  double add;              ///< B/s of adding one large array to another: what the memory gives when little is computed
  double copy;             ///< B/s of copying a large array to another, counted once
  sp_rank_limits ranks;    ///< waiting, sums of a node, messages
} sp_limits;

/// What of a configuration the limits depend on.
typedef struct sp_limits_wanted {
  sp_arithmetic arithmetic;
  const sp_optimizer_options *optimizer;
  double seconds;     ///< for each limit
  int64_t rows;       ///< of a lane's share of a batch; 0: no network
  int64_t in, units;  ///< of the largest matrix of the network
} sp_limits_wanted;

/// The largest matrix of a table; leaves `wanted` as it is when there is none.
void sp_limits_find_matrix(const sp_parameter_table *table, sp_limits_wanted *wanted);

/// Collective: yes. Errors: agreed on; SP_ERR_MEMORY, SP_ERR_LIBRARY.
sp_status sp_limits_measure(const sp_comm *comm, const sp_limits_wanted *wanted, sp_limits *out);

#endif
