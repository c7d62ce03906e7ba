// SPDX-License-Identifier: Apache-2.0
// Planning the exchange between nodes.
#include "exchange/rails_plan.h"

#include <stdlib.h>

#include "base/memory.h"
#include "exchange/node_window.h"

static const sp_rails *rails_of(const sp_exchange *x) { return x->own; }

// --- ranks --------------------------------------------------------------------------------------------------------

int sp_rails_counterpart(const sp_exchange *x, int node, int rank, int rank_node) {
  const sp_rails *rails = x->own;
  return rails->node_first[node] + (rank - rails->node_first[rank_node]) % rails->node_size[node];
}

static sp_status find_nodes(sp_exchange *x) {
  sp_rails *rails = x->own;
  int *node_of = NULL;
  sp_status status = sp_allocate(x->comm->node_count, sizeof(int), "nodes", &rails->node_first);
  if (status == SP_OK) status = sp_allocate(x->comm->node_count, sizeof(int), "nodes", &rails->node_size);
  if (status == SP_OK) status = sp_allocate(x->comm->size, sizeof *node_of, "nodes", &node_of);
  status = sp_comm_agree(x->comm, status);
  if (status == SP_OK) {
    MPI_Allgather(&x->comm->node_index, 1, MPI_INT, node_of, 1, MPI_INT, x->comm->world);
    for (int r = x->comm->size - 1; r >= 0; r--) {
      rails->node_first[node_of[r]] = r;
      rails->node_size[node_of[r]]++;
    }
  }
  free(node_of);
  return status;
}

// --- pieces -------------------------------------------------------------------------------------------------------

static int upwards(const void *a, const void *b) {
  const piece *p = a, *q = b;
  return (p->first > q->first) - (p->first < q->first);
}

static int downwards(const void *a, const void *b) { return upwards(b, a); }

/// Divide a rank's shard into pieces. Returns their number. `out` NULL: only count them.
static int64_t cut_shard(const sp_exchange *x, int rank, piece *out) {
  int64_t count = 0, bucket = rails_of(x)->bucket;
  for (int run = 0; run < sp_shard_runs(&x->shards); run++) {
    sp_slice s = sp_shard_slice(&x->shards, rank, run);
    for (int64_t b = 0; b < s.blocks; b += bucket, count++) {
      int64_t blocks = s.blocks - b < bucket ? s.blocks - b : bucket;
      if (out) out[count] = (piece){s.first + b, blocks, s.place + b, rank};
    }
  }
  return count;
}

/// Returns the next rank of another node, after `rank` of `*node`, whose counterpart on this node is this rank;
/// -1 if none.
static int next_owner(const sp_exchange *x, int *node, int rank) {
  const sp_rails *rails = rails_of(x);
  for (; *node < x->comm->node_count; rank = -1, (*node)++) {
    int first = rails->node_first[*node], end = first + rails->node_size[*node];
    if (*node == x->comm->node_index) continue;
    for (int r = rank < 0 ? first : rank + 1; r < end; r++) {
      if (sp_rails_counterpart(x, x->comm->node_index, r, *node) == x->comm->rank) return r;
    }
  }
  return -1;
}

/// Divide the shards of all owners on this rank's rail into pieces. Returns their number.
static int64_t cut_rail(const sp_exchange *x, piece *out) {
  int64_t count = 0;
  for (int node = 0, r = next_owner(x, &node, -1); r >= 0; r = next_owner(x, &node, r)) {
    count += cut_shard(x, r, out ? out + count : NULL);
  }
  return count;
}

static sp_status create_queue(const sp_exchange *x, bool rail, bool ascending, int width, queue *q) {
  q->pieces = rail ? cut_rail(x, NULL) : cut_shard(x, x->comm->rank, NULL);
  q->width = width;
  SP_TRY(sp_allocate(q->pieces, sizeof *q->piece, "messages", &q->piece));
  SP_TRY(sp_allocate((int64_t)MOST_POSTED * width, sizeof *q->request, "messages", &q->request));
  for (int i = 0; i < MOST_POSTED * width; i++) q->request[i] = MPI_REQUEST_NULL;
  rail ? cut_rail(x, q->piece) : cut_shard(x, x->comm->rank, q->piece);
  if (q->pieces > 0) qsort(q->piece, (size_t)q->pieces, sizeof *q->piece, ascending ? upwards : downwards);
  int64_t place = 0;
  for (int64_t i = 0; rail && i < q->pieces; i++) {
    q->piece[i].place = place;
    place += q->piece[i].blocks;
  }
  return SP_OK;
}

/// Returns the blocks of a queue's buffer, for messages that are not sent or received in place.
static int64_t buffer_blocks(const sp_rails *rails, int64_t width) {
  int64_t blocks;
  return sp_multiply_size(MOST_POSTED * width, rails->bucket, &blocks) ? blocks : INT64_MAX;
}

static sp_status create_buffer(const sp_rails *rails, queue *q) {
  return sp_allocate(buffer_blocks(rails, q->width), rails->block_bytes, "messages of other nodes", &q->buffer);
}

/// Returns the blocks of a bucket: as requested, but at most the longest slice.
static int64_t bucket_blocks(const sp_exchange *x) {
  int64_t blocks = (int64_t)(x->options->bucket_mb * 1048576 / (double)rails_of(x)->block_bytes);
  int64_t longest = sp_shard_longest_slice(&x->shards);
  return blocks < 1 || longest < 1 ? 1 : blocks < longest ? blocks : longest;
}

// --- sums ---------------------------------------------------------------------------------------------------------

static int node_sums(const sp_exchange *x, int node, sp_subtree out[SP_MAX_SUBTREES]) {
  int first = rails_of(x)->node_first[node], last = first + rails_of(x)->node_size[node] - 1;
  return sp_lanes_subtrees(x->job.lanes, sp_lanes_hosted(x->job.lanes, x->comm->size, first).begin,
                           sp_lanes_hosted(x->job.lanes, x->comm->size, last).end, out);
}

/// Count the sums that this node sends, the sums that it receives, and the blocks of the owners on this rank's rail.
static void count(sp_exchange *x) {
  sp_rails *rails = x->own;
  sp_subtree sums[SP_MAX_SUBTREES];
  rails->bucket = bucket_blocks(x);
  for (int n = 0; n < x->comm->node_count; n++) {
    int found = node_sums(x, n, sums);
    *(n == x->comm->node_index ? &rails->heads : &rails->sources) += found;
  }
  for (int node = 0, r = next_owner(x, &node, -1); r >= 0; r = next_owner(x, &node, r)) {
    rails->rail_blocks += sp_shard_blocks(&x->shards, r);
  }
}

static sp_status plan_node_sum(sp_exchange *x) {
  sp_rails *rails = x->own;
  const sp_subtree *range;
  char *const *memory;
  sp_subtree sums[SP_MAX_SUBTREES];
  int64_t parts = sp_node_parts(x, &range, &memory);
  SP_TRY(sp_tree_sum_create(x->job.lanes, range, parts, &rails->node_sum));
  SP_TRY(sp_allocate(parts, sizeof *rails->node_value, "partial sums", &rails->node_value));
  SP_TRY(sp_allocate(SP_MAX_SUBTREES, sizeof *rails->head, "partial sums", &rails->head));
  node_sums(x, x->comm->node_index, sums);
  for (int64_t i = 0, h = 0; i < parts && h < rails->heads; i++) {
    if (range[i].begin == sums[h].begin) rails->head[h++] = i;
  }
  return SP_OK;
}

/// Plan the total sum of all parts in the order of the lanes: the sums of other nodes,
/// and the parts of this node's ranks.
static sp_status plan_sum(sp_exchange *x) {
  sp_rails *rails = x->own;
  const sp_subtree *own;
  char *const *memory;
  sp_subtree *range, sums[SP_MAX_SUBTREES];
  int64_t own_parts = sp_node_parts(x, &own, &memory),
          most = own_parts + (int64_t)SP_MAX_SUBTREES * x->comm->node_count;
  SP_TRY(sp_allocate(most, sizeof *range, "partial sums", &range));
  sp_status status = sp_allocate(most, sizeof *rails->source, "partial sums", &rails->source);
  int64_t parts = 0;
  int sources = 0;
  for (int n = 0; n < x->comm->node_count && status == SP_OK; n++) {
    bool mine = n == x->comm->node_index;
    int64_t count = mine ? own_parts : node_sums(x, n, sums);
    if (mine) rails->own_begin = parts;
    for (int64_t i = 0; i < count; i++) {
      range[parts++] = mine ? own[i] : sums[i];
      if (mine) continue;
      rails->source[sources++].rank = sp_rails_counterpart(x, n, x->comm->rank, x->comm->node_index);
    }
  }
  if (status == SP_OK) status = sp_tree_sum_create(x->job.lanes, range, parts, &rails->sum);
  if (status == SP_OK) status = sp_allocate(parts, sizeof *rails->value, "partial sums", &rails->value);
  if (status == SP_OK) status = sp_allocate(rails->sum.scratches, x->block_bytes, "sum of a block", &rails->scratch);
  free(range);
  return status;
}

// --- creation -----------------------------------------------------------------------------------------------------

/// The buffers of `wire: bfloat16`, in blocks.
typedef struct rounded_sizes {
  int64_t rest, decoded, shard;
} rounded_sizes;

static rounded_sizes size_rounded(const sp_exchange *x) {
  const sp_rails *rails = x->own;
  int64_t rest;
  if (!sp_multiply_size(rails->rail_blocks, rails->heads, &rest)) rest = INT64_MAX;
  return (rounded_sizes){rest, rails->sources, sp_shard_blocks(&x->shards, x->comm->rank)};
}

static sp_status allocate_rounded(sp_exchange *x) {
  sp_rails *rails = x->own;
  rounded_sizes blocks = size_rounded(x);
  SP_TRY(sp_allocate(blocks.rest, x->block_bytes, "rounding errors", &rails->rest));
  SP_TRY(sp_allocate(blocks.decoded, x->block_bytes, "sums of a block", &rails->decoded));
  SP_TRY(sp_allocate(blocks.shard, rails->block_bytes, "changes of parameters", &rails->change));
  SP_TRY(sp_allocate(blocks.shard, x->block_bytes, "exact parameters", &x->exact));
  SP_TRY(create_buffer(rails, &rails->gradients_out));
  return create_buffer(rails, &rails->parameters_in);
}

static sp_status allocate(sp_exchange *x) {
  sp_rails *rails = x->own;
  SP_TRY(plan_node_sum(x));
  SP_TRY(plan_sum(x));
  SP_TRY(create_queue(x, true, false, rails->heads, &rails->gradients_out));
  SP_TRY(create_queue(x, false, false, rails->sources, &rails->gradients_in));
  SP_TRY(create_queue(x, false, true, x->comm->node_count - 1, &rails->parameters_out));
  SP_TRY(create_queue(x, true, true, 1, &rails->parameters_in));
  SP_TRY(create_buffer(rails, &rails->gradients_in));
  return rails->rounded ? allocate_rounded(x) : SP_OK;
}

static void set_wire(sp_exchange *x) {
  sp_rails *rails = x->own;
  rails->rounded = x->options->wire == SP_WIRE_BFLOAT16;
  rails->block_bytes = rails->rounded ? SP_BLOCK * sizeof(uint16_t) : x->block_bytes;
}

sp_status sp_rails_create(sp_exchange *x) {
  SP_TRY(sp_comm_agree(x->comm, sp_allocate(1, sizeof(sp_rails), "exchange", &x->own)));
  sp_rails *rails = x->own;
  set_wire(x);
  MPI_Type_contiguous((int)rails->block_bytes, MPI_BYTE, &rails->block);
  MPI_Type_commit(&rails->block);
  SP_TRY(find_nodes(x));
  count(x);
  return sp_comm_agree(x->comm, allocate(x));
}

static sp_status spread_evenly(const sp_comm *comm, sp_rails *rails) {
  SP_TRY(sp_allocate(comm->node_count, sizeof(int), "nodes", &rails->node_first));
  SP_TRY(sp_allocate(comm->node_count, sizeof(int), "nodes", &rails->node_size));
  for (int n = 0; n < comm->node_count; n++) {
    rails->node_first[n] = n * comm->node_size;
    rails->node_size[n] = comm->node_size;
  }
  return SP_OK;
}

/// Compute the bytes that `allocate` allocates, without small structures.
static int64_t count_bytes(const sp_exchange *x) {
  const sp_rails *rails = x->own;
  int64_t block = (int64_t)x->block_bytes, wire = (int64_t)rails->block_bytes;
  int64_t bytes = buffer_blocks(rails, rails->sources) * wire;
  if (!rails->rounded) return bytes;
  rounded_sizes blocks = size_rounded(x);
  bytes += (buffer_blocks(rails, rails->heads) + buffer_blocks(rails, 1)) * wire;
  return bytes + (blocks.rest + blocks.decoded + blocks.shard) * block + blocks.shard * wire;
}

sp_status sp_rails_memory(sp_exchange *x, int64_t *bytes) {
  sp_rails rails = {0};
  x->own = &rails;
  set_wire(x);
  sp_status status = spread_evenly(x->comm, &rails);
  if (status == SP_OK) {
    count(x);
    *bytes = count_bytes(x);
  }
  free(rails.node_first);
  free(rails.node_size);
  x->own = NULL;
  return status;
}

void sp_rails_free(sp_exchange *x) {
  sp_rails *rails = x->own;
  if (!rails) return;
  if (rails->block) MPI_Type_free(&rails->block);
  sp_tree_sum_free(&rails->node_sum);
  sp_tree_sum_free(&rails->sum);
  queue *queues[] = {&rails->gradients_out, &rails->gradients_in, &rails->parameters_out, &rails->parameters_in};
  for (int i = 0; i < 4; i++) {
    free(queues[i]->request);
    free(queues[i]->piece);
    free(queues[i]->buffer);
  }
  free(rails->node_first);
  free(rails->node_size);
  free(rails->node_value);
  free(rails->head);
  free(rails->value);
  free(rails->scratch);
  free(rails->source);
  free(rails->rest);
  free(rails->decoded);
  free(rails->change);
  free(x->exact);
  free(rails);
  x->own = NULL;
}
