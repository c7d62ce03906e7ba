// SPDX-License-Identifier: Apache-2.0
// What a network is given: what the data set delivers, and batches of it.
#ifndef SP_MODEL_BATCH_H
#define SP_MODEL_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/shape.h"

/// What the data set delivers; decides with the loss whether targets are classes or values. Features of rank -1: rows are
/// numbers and nothing else, which only an objective can do with. A target of rank -1: there are none, the network predicts
/// and has no scores.
typedef struct sp_network_data {
  sp_shape features, target;
  bool targets_integer;
  bool targets_turn_back;     ///< differences of targets can be given in the data's own units: sp_network_units
  bool targets_standardized;  ///< the transforms of the targets hold a standardize
} sp_network_data;

/// What a pass tells while it runs, so that an exchange between ranks can proceed at the same time. Values count from the
/// start of the parameter vector. Either may be called again with the same value: a chance to make progress.
typedef struct sp_pass_events {
  void (*need)(void *context, int64_t end);  ///< before parameters before `end` are read for the first time in the
                                             ///< forward pass (ascending)
  void (*done)(void *context,
               int64_t begin);  ///< gradients from `begin` on are complete, and the parameters from there
                                ///< on will not be read again in this pass. First called with the
                                ///< vector's end when the backward pass begins; last with 0
  void *context;
} sp_pass_events;

/// Report an event; events may be NULL.
static inline void sp_pass_events_need(const sp_pass_events *events, int64_t end) {
  if (events) events->need(events->context, end);
}

static inline void sp_pass_events_done(const sp_pass_events *events, int64_t begin) {
  if (events) events->done(events->context, begin);
}

/// One lane's share of a batch. Borrowed.
typedef struct sp_batch {
  int64_t rows;          ///< a prepared size; 0 is fine
  const void *features;  ///< (rows, features) in the precision
  const void *targets;   ///< (rows, target) in the precision, or (rows) int32_t classes
  const int64_t *row;    ///< (rows) global row numbers: the counters of layers that draw random numbers
  uint64_t seed;
  int64_t step;                  ///< of the update this batch makes, from 0
  const sp_pass_events *events;  ///< NULL: none
} sp_batch;

#endif
