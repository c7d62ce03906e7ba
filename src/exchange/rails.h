// SPDX-License-Identifier: Apache-2.0
// The state of the exchange between nodes: rails_plan.c creates it, transport_rails.c runs it.
#ifndef SP_EXCHANGE_RAILS_H
#define SP_EXCHANGE_RAILS_H

#include <mpi.h>

#include "exchange/transport.h"
#include "exchange/tree_sum.h"

enum {
  MOST_POSTED = 16
};  // pieces of a queue: enough to keep a link busy, few enough to preserve the order of the queue

/// A part of a shard that travels as one message.
typedef struct piece {
  int64_t first, blocks;
  int64_t place;  ///< in blocks: of a piece of this rank's shard, in the shard; of a piece of the rail, in queue order
  int owner;
} piece;

/// Messages in a fixed order, the same in every step. `posted` and `done` count over all steps.
typedef struct queue {
  int64_t pieces, posted, done;
  piece *piece;
  int width;             ///< messages per piece
  MPI_Request *request;  ///< (MOST_POSTED, width)
  char *buffer;          ///< (MOST_POSTED, width, bucket): for messages that are not sent or received in place
} queue;

/// A partial sum of another node, which the counterpart of this rank sends.
typedef struct source {
  int rank;
} source;

typedef struct sp_rails {
  MPI_Datatype block;  ///< a block on the wire
  size_t block_bytes;
  int *node_first, *node_size;
  queue gradients_out, gradients_in, parameters_out, parameters_in;

  // The sums of this node: the parts of its ranks, and the parts that hold a sum of the node at the end.
  sp_tree_sum node_sum;
  void **node_value;
  int heads;
  int64_t *head;

  // The total sum: the parts of this node's ranks, and one part for each sum of another node.
  sp_tree_sum sum;
  void **value;
  char *scratch;
  int64_t bucket;  ///< blocks of the largest piece
  source *source;
  int sources;
  int64_t own_begin;  ///< index of the first part of this node
  int64_t published;  ///< with job.whole: the last step whose parameters may be sent

  // Only with `wire: bfloat16`.
  bool rounded;
  int64_t rail_blocks;
  float *rest;       ///< (heads, rail_blocks): the last rounding errors of this node's sums
  float *decoded;    ///< (sources, block)
  uint16_t *change;  ///< (shard): the rounded changes of this rank's shard, which are sent
} sp_rails;

#endif
