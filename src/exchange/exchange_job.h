// SPDX-License-Identifier: Apache-2.0
// The values that are exchanged, and the functions that process the sums of their gradients.
#ifndef SP_EXCHANGE_EXCHANGE_JOB_H
#define SP_EXCHANGE_EXCHANGE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "compute/addends.h"

/// Values [first, first + n) of the vector, which are values [place, place + n) of this rank's shard.
typedef struct sp_stretch {
  int64_t first, place, n;
} sp_stretch;

/// Update a stretch of the parameters in place with the sum of the lanes' gradients, whose last addition is left to this
/// function. Returns whether all sums are finite. A value whose sum is not finite must not make a parameter infinite or NaN;
/// otherwise it does not matter what becomes of the stretch.
typedef bool sp_values_update(void *context, sp_stretch stretch, void *parameters, sp_addends sum);

/// Returns the contribution of a stretch to a measure of the whole gradient: its sum of squares, for the norm.
typedef double sp_values_measure(void *context, sp_stretch stretch, void *parameters, const void *sum);

/// The job of an exchange.
typedef struct sp_exchange_job {
  int64_t lanes;  ///< at least as many as ranks
  sp_dtype precision;
  int64_t blocks;    ///< of the parameter vector
  int64_t control;   ///< number of float64 values per lane that sp_exchange_control adds
  int64_t reduce;    ///< largest number of float64 values per lane that sp_exchange_reduce adds at a time; 0: none
  bool each_lane;    ///< a rank has a gradient for each of its lanes; otherwise for each maximal subtree of them
  void *parameters;  ///< (blocks * SP_BLOCK), borrowed
  bool shared;       ///< the ranks of a node pass the same memory, so windows are used; else messages
  bool whole;        ///< update no value if any sum is not finite; costs a sweep over memory and an agreement
  sp_values_update *update;
  sp_values_measure *measure;  ///< with `whole` only; NULL: nothing is measured
  /// Receives the total before the updates, the same bits on all ranks. Returns false, on all ranks, to update no value.
  bool (*measured)(void *context, double total);
  void *context;
} sp_exchange_job;

/// Bytes that an exchange allocates for a rank. Memory shared by the ranks of a node is counted by the rank that fills it.
typedef struct sp_exchange_bytes {
  int64_t gradients;  ///< of this rank's parts
  int64_t buffers;    ///< messages, rounding errors and control values; small structures are not counted
} sp_exchange_bytes;

/// Seconds spent in sums and updates, and in waiting, since the exchange was created.
typedef struct sp_exchange_times {
  double update, wait;
} sp_exchange_times;

#endif
