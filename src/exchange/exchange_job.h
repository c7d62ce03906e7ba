// SPDX-License-Identifier: Apache-2.0
// What is exchanged: the values, and what is done with the sums of their gradients.
#ifndef SP_EXCHANGE_EXCHANGE_JOB_H
#define SP_EXCHANGE_EXCHANGE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"

/// Values [first, first + n) of the vector, which are those from `place` on of this rank's shard.
typedef struct sp_stretch {
  int64_t first, place, n;
} sp_stretch;

/// Update a stretch of the parameters in place, with the sum of the lanes' gradients, which is finite.
typedef void sp_values_update(void *context, sp_stretch stretch, void *parameters, const void *sum);

/// What a stretch adds to what is measured of the whole gradient before any value is updated: squares, for its norm.
typedef double sp_values_measure(void *context, sp_stretch stretch, void *parameters, const void *sum);

/// What is exchanged.
typedef struct sp_exchange_job {
  int64_t lanes;  ///< at least as many as ranks
  sp_dtype precision;
  int64_t blocks;    ///< of the parameter vector
  int64_t control;   ///< float64 values a lane that sp_exchange_control moves
  void *parameters;  ///< (blocks * SP_BLOCK), borrowed
  bool shared;       ///< the ranks of a node gave the same memory: windows; else messages
  bool whole;        ///< update nothing at all where any sum of the step is not finite: costs a sweep and an agreement
  sp_values_update *update;
  sp_values_measure *measure;  ///< with `whole` only; NULL: nothing is measured
  /// Told of it before the updates, the same bits on all ranks; false, the same too: update nothing at all.
  bool (*measured)(void *context, double total);
  void *context;
} sp_exchange_job;

/// Bytes that an exchange takes for a rank: what a node's ranks share is counted by the rank that fills it.
typedef struct sp_exchange_bytes {
  int64_t gradients;  ///< partial sums of this rank's lanes
  int64_t buffers;    ///< messages under way, what rounding takes off, control values; small structures are not counted
} sp_exchange_bytes;

/// Seconds spent in sums and updates, and in waiting, since the beginning.
typedef struct sp_exchange_times {
  double update, wait;
} sp_exchange_times;

#endif
