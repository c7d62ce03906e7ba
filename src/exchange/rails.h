// SPDX-License-Identifier: Apache-2.0
// What the exchange between nodes consists of: rails_plan.c makes it, transport_rails.c runs it.
#ifndef SP_EXCHANGE_RAILS_H
#define SP_EXCHANGE_RAILS_H

#include <mpi.h>

#include "exchange/transport.h"
#include "exchange/tree_sum.h"

enum {
  MOST_POSTED = 16
};  // pieces of a queue: enough to keep a link busy, few enough that the order of the queue holds

/// A part of a shard that travels as one message.
typedef struct piece {
  int64_t first, blocks;
  int64_t place;  ///< of a shard's piece: in the shard; of a rail's: among all of the rail's, in the order of the queue
  int owner;
} piece;

/// Messages in a fixed order, the same in every step. `posted` and `done` count on over the steps.
typedef struct queue {
  int64_t pieces, posted, done;
  piece *piece;
  int width;             ///< messages of a piece
  MPI_Request *request;  ///< (MOST_POSTED, width)
  char *buffer;          ///< (MOST_POSTED, width, bucket): where messages do not come from, or go to, their place
} queue;

/// A partial sum of another node, which comes from the rank that deals with this one there.
typedef struct source {
  int rank;
} source;

typedef struct sp_rails {
  MPI_Datatype block;  ///< on the wire
  size_t block_bytes;
  int *node_first, *node_size;
  queue gradients_out, gradients_in, parameters_out, parameters_in;

  // My node's sums: its ranks' parts, and those of them that hold a sum of the node in the end.
  sp_tree_sum node_sum;
  void **node_value;
  int heads;
  int64_t *head;

  // The sum of everything: parts of my node's ranks, and one part for each sum of another node.
  sp_tree_sum sum;
  void **value;
  char *scratch;
  int64_t bucket;  ///< blocks of the largest piece
  source *source;
  int sources;
  int64_t own_begin;  ///< the place of my node's parts among all
  int64_t published;  ///< all or nothing: the last step whose parameters may go

  // Only with `wire: bfloat16`.
  bool rounded;
  int64_t rail_blocks;
  float *rest;       ///< (heads, rail_blocks): of my node's sums, what the last rounding took off
  float *decoded;    ///< (sources, block)
  uint16_t *change;  ///< (shard): what is sent of my shard
} sp_rails;

#endif
