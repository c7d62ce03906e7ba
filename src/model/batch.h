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

/// Sums over all lanes of a run in the middle of a pass, for layers that need the whole batch.
typedef struct sp_pass_reduction {
  /// Add n sums of each lane of the pass, mine (lanes, n), which may be overwritten, to those of the lanes of all other
  /// ranks: total (n), the same bits on any number of ranks. Collective: yes, with the same n.
  void (*add)(void *context, int64_t n, double *mine, double *total);
  void *context;
} sp_pass_reduction;

/// The lanes whose rows a batch has, and the vectors in which a pass stores their gradients: one for each part, which
/// consists of consecutive lanes that are added in the order of compute/lane_rows.h. Borrows its arrays.
typedef struct sp_batch_lanes {
  int64_t count;            ///< at least 1
  const int64_t *end;       ///< (count): the row at which the rows of each lane end; a lane may have none
  int64_t parts;            ///< at least 1
  const int64_t *part_end;  ///< (parts): the lane at which the lanes of each part end; a part has at least one
  int64_t stride;           ///< bytes from the gradient of a part to that of the next
} sp_batch_lanes;

/// Report an event; events may be NULL.
static inline void sp_pass_events_need(const sp_pass_events *events, int64_t end) {
  if (events) events->need(events->context, end);
}

static inline void sp_pass_events_done(const sp_pass_events *events, int64_t begin) {
  if (events) events->done(events->context, begin);
}

/// Rows of a batch. Borrows its arrays.
typedef struct sp_batch {
  int64_t rows;               ///< a prepared size, or 0
  const void *const *column;  ///< for each column of the data: (rows, shape) in the precision, or (rows) int32_t class
                              ///< numbers; NULL if the network does not use it. The array may be NULL for 0 rows
  const int64_t *row;         ///< (rows) global row numbers; layers use them as counters for random numbers
  uint64_t seed;
  int64_t step;                        ///< number of the update that uses this batch, from 0
  const sp_pass_events *events;        ///< NULL: none
  const sp_pass_reduction *reduction;  ///< NULL: the rows of this batch are all there are
  const sp_batch_lanes *lanes;         ///< NULL: the rows are those of one lane
} sp_batch;

#endif
