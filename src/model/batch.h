// SPDX-License-Identifier: Apache-2.0
// The input of a network: batches of rows, and the events that a pass reports.
#ifndef SP_MODEL_BATCH_H
#define SP_MODEL_BATCH_H

#include <stdint.h>

/// Events that a pass reports while it runs, so that ranks can exchange data at the same time. Values count from the
/// start of the parameter vector. Either may be called again with the same value, to let the exchange make progress.
typedef struct sp_pass_events {
  /// Parameters before `end` are about to be read for the first time in the forward pass (ascending).
  void (*need)(void *context, int64_t end);
  /// Gradients from `begin` on are complete, and the parameters from there on will not be read again in this pass. First
  /// called with the end of the vector when the backward pass begins; last with 0.
  void (*done)(void *context, int64_t begin);
  void *context;
} sp_pass_events;

/// Sums over the lanes of a batch in the middle of a pass, for layers that need the whole batch.
typedef struct sp_pass_reduction {
  /// Replace n sums of this lane by their totals over all lanes of the batch, with the same bits on any number of ranks.
  /// Collective: all lanes call it equally often, with the same n.
  void (*add)(void *context, int64_t n, double *sums);
  void *context;
} sp_pass_reduction;

/// Report an event; events may be NULL.
static inline void sp_pass_events_need(const sp_pass_events *events, int64_t end) {
  if (events) events->need(events->context, end);
}

static inline void sp_pass_events_done(const sp_pass_events *events, int64_t begin) {
  if (events) events->done(events->context, begin);
}

/// One lane's share of a batch. Borrows its arrays.
typedef struct sp_batch {
  int64_t rows;               ///< a prepared size, or 0
  const void *const *column;  ///< for each column of the data: (rows, shape) in the precision, or (rows) int32_t class
                              ///< numbers; NULL if the network does not use it. The array may be NULL for 0 rows
  const int64_t *row;         ///< (rows) global row numbers; layers use them as counters for random numbers
  uint64_t seed;
  int64_t step;                        ///< number of the update that uses this batch, from 0
  const sp_pass_events *events;        ///< NULL: none
  const sp_pass_reduction *reduction;  ///< NULL: the rows of this batch are all there are
  int64_t lane;                        ///< selects the workspace of the pass, below the number of sp_network_set_lanes
} sp_batch;

#endif
