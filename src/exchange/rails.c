// The exchange between nodes. Rank d of a node deals with rank d of every other node ("rails"; modulo the number of ranks
// there, where nodes differ), so all ranks drive the network. Four queues of messages, in an order that both ends know:
//
//   gradients out   for each block of my rail's owners, last blocks first, as soon as all ranks of my node are past it:
//                   the node's partial sums, added up where they lie
//   gradients in    what other nodes' sums of my own shard are; with my node's they are added up and the shard updated
//   parameters out  my shard to the other nodes, first blocks first, when the step's gradients are through
//   parameters in   my rail's owners' shards, straight to where the node's ranks read them
//
// A node sends and receives (nodes - 1) / nodes of the vector twice a step; where lanes make more than one partial sum of
// a node (their number is no multiple of a power of two of it), the gradients as many times.
// A shard's gradients may be updated while a pass goes on: all of the job's ranks are past that part of the vector then.
// May include: base, comm, compute, exchange.
#include <stdlib.h>

#include "base/files.h"
#include "base/memory.h"
#include "exchange/exchange_state.h"

enum { TAG_GRADIENT = 1, TAG_PARAMETER };
enum { MOST_POSTED = 16 };  // of a queue: enough to keep a link busy, few enough that the order of the queue holds

/// A part of a shard that travels as one message.
typedef struct piece {
  int64_t first, blocks, place;
  int owner;
} piece;

/// Messages in a fixed order, the same in every step. `posted` and `done` count on over the steps.
typedef struct queue {
  int64_t pieces, posted, done;
  const piece *piece;
  int width;             // messages of a piece
  MPI_Request *request;  // (MOST_POSTED, width)
} queue;

/// A partial sum of another node, which comes from the rank that deals with this one there.
typedef struct source {
  int node, rank;
} source;

struct sp_rails {
  MPI_Datatype block;
  int *node_first, *node_size;
  piece *own_up, *own_down, *rail_up, *rail_down;  // ascending, descending; my shard's, and those of my rail's owners
  queue gradients_out, gradients_in, parameters_out, parameters_in;

  // My node's sums: its ranks' parts, and those of them that hold a sum of the node in the end.
  sp_tree_sum node_sum;
  void **node_value;
  int heads;
  int64_t *head;

  // The sum of everything: parts of my node's ranks, and one part for each sum of another node.
  sp_tree_sum sum;
  void **value;
  char *scratch, *received;
  int64_t bucket;        // blocks of the largest piece
  source *source;
  int sources;
  int64_t own_begin;     // the place of my node's parts among all
};

// --- queues -------------------------------------------------------------------------------------------------------

static const piece *piece_at(const queue *q, int64_t number) { return &q->piece[number % q->pieces]; }

static MPI_Request *requests_of(const queue *q, int64_t number) { return q->request + number % MOST_POSTED * q->width; }

static bool may_post(const queue *q, int64_t steps) {
  return q->posted < steps * q->pieces && q->posted - q->done < MOST_POSTED;
}

static bool next_is_over(const queue *q) {
  int over = 0;
  if (q->done < q->posted) MPI_Testall(q->width, requests_of(q, q->done), &over, MPI_STATUSES_IGNORE);
  return over;
}

static bool is_over(const queue *q, int64_t steps) { return q->done == steps * q->pieces; }

// --- gradients ----------------------------------------------------------------------------------------------------

static char *const *node_memory(const sp_exchange *x, int64_t *parts) {
  const sp_subtree *range;
  char *const *memory;
  *parts = sp_node_parts(x, &range, &memory);
  return memory;
}

/// Add up the node's partial sums of a piece, where they lie.
static void sum_node(sp_exchange *x, const piece *p) {
  sp_rails *rails = x->rails;
  int64_t parts;
  char *const *memory = node_memory(x, &parts);
  for (int64_t b = p->first; rails->node_sum.additions > 0 && b < p->first + p->blocks; b++) {
    for (int64_t i = 0; i < parts; i++) rails->node_value[i] = memory[i] + (size_t)b * x->block_bytes;
    sp_tree_sum_run(&rails->node_sum, x->job.precision, SP_BLOCK, rails->node_value, NULL);
  }
}

static void send_gradients(sp_exchange *x) {
  sp_rails *rails = x->rails;
  queue *q = &rails->gradients_out;
  int64_t parts, ready_from = sp_node_ready_from(x);
  char *const *memory = node_memory(x, &parts);
  while (may_post(q, x->step) && piece_at(q, q->posted)->first >= ready_from) {
    const piece *p = piece_at(q, q->posted);
    double start = sp_clock();
    sum_node(x, p);
    x->times.update += sp_clock() - start;
    for (int h = 0; h < rails->heads; h++) {
      MPI_Isend(memory[rails->head[h]] + (size_t)p->first * x->block_bytes, (int)p->blocks, rails->block, p->owner,
                TAG_GRADIENT, x->comm->world, &requests_of(q, q->posted)[h]);
      x->sent += p->blocks * (int64_t)x->block_bytes;
    }
    q->posted++;
  }
  while (next_is_over(q)) q->done++;
}

static char *received(const sp_exchange *x, int64_t number, int from) {
  const sp_rails *rails = x->rails;
  int64_t place = number % MOST_POSTED * rails->sources + from;
  return rails->received + (size_t)(place * rails->bucket) * x->block_bytes;
}

static void receive_gradients(sp_exchange *x) {
  const sp_rails *rails = x->rails;
  queue *q = &x->rails->gradients_in;
  for (; may_post(q, x->step); q->posted++) {
    const piece *p = piece_at(q, q->posted);
    for (int s = 0; s < rails->sources; s++) {
      MPI_Irecv(received(x, q->posted, s), (int)p->blocks, rails->block, rails->source[s].rank, TAG_GRADIENT,
                x->comm->world, &requests_of(q, q->posted)[s]);
    }
  }
}

static void update_piece(sp_exchange *x, int64_t number) {
  sp_rails *rails = x->rails;
  const piece *p = piece_at(&rails->gradients_in, number);
  int64_t parts;
  char *const *memory = node_memory(x, &parts);
  double start = sp_clock();
  for (int64_t b = 0; b < p->blocks; b++) {
    void **value = rails->value;
    for (int s = 0; s < rails->sources; s++) {
      int64_t place = s < rails->own_begin ? s : s + parts;
      value[place] = received(x, number, s) + (size_t)b * x->block_bytes;
    }
    for (int64_t i = 0; i < parts; i++) value[rails->own_begin + i] = memory[i] + (size_t)(p->first + b) * x->block_bytes;
    bool finite = sp_tree_sum_run(&rails->sum, x->job.precision, SP_BLOCK, value, rails->scratch);
    sp_exchange_apply(x, finite, p->first + b, p->place + b, value[0]);
  }
  x->times.update += sp_clock() - start;
}

static void update_pieces(sp_exchange *x) {
  queue *q = &x->rails->gradients_in;
  int64_t ready_from = sp_node_ready_from(x);
  while (q->done < q->posted && piece_at(q, q->done)->first >= ready_from && next_is_over(q)) {
    update_piece(x, q->done);
    q->done++;
    receive_gradients(x);
  }
}

bool sp_rails_gradients_over(const sp_exchange *x) {
  return is_over(&x->rails->gradients_in, x->step) && is_over(&x->rails->gradients_out, x->step);
}

// --- parameters ---------------------------------------------------------------------------------------------------

static char *parameters(const sp_exchange *x, const piece *p) {
  return (char *)x->job.parameters + (size_t)p->first * x->block_bytes;
}

/// The rank of a node that deals with a rank of another one.
static int counterpart(const sp_exchange *x, int node, int rank, int rank_node) {
  const sp_rails *rails = x->rails;
  return rails->node_first[node] + (rank - rails->node_first[rank_node]) % rails->node_size[node];
}

static void send_parameters(sp_exchange *x) {
  queue *q = &x->rails->parameters_out;
  int64_t steps = sp_rails_gradients_over(x) ? x->step : x->step - 1;
  for (; may_post(q, steps); q->posted++) {
    const piece *p = piece_at(q, q->posted);
    int to = 0;
    for (int n = 0; n < x->comm->node_count; n++) {
      if (n == x->comm->node_index) continue;
      MPI_Isend(parameters(x, p), (int)p->blocks, x->rails->block, counterpart(x, n, x->comm->rank, x->comm->node_index),
                TAG_PARAMETER, x->comm->world, &requests_of(q, q->posted)[to++]);
      x->sent += p->blocks * (int64_t)x->block_bytes;
    }
  }
  while (next_is_over(q)) q->done++;
}

static void receive_parameters(sp_exchange *x) {
  queue *q = &x->rails->parameters_in;
  int64_t done = q->done;
  while (next_is_over(q)) q->done++;
  for (; may_post(q, x->step); q->posted++) {
    const piece *p = piece_at(q, q->posted);
    MPI_Irecv(parameters(x, p), (int)p->blocks, x->rails->block, p->owner, TAG_PARAMETER, x->comm->world,
              requests_of(q, q->posted));
  }
  if (q->done > done) {
    int64_t steps = q->done / q->pieces;
    bool between = q->done % q->pieces == 0;
    sp_node_arrived(x, between ? steps : steps + 1, between ? x->job.blocks : piece_at(q, q->done)->first);
  } else if (q->pieces == 0 && sp_rails_gradients_over(x)) {
    sp_node_arrived(x, x->step, x->job.blocks);
  }
}

bool sp_rails_parameters_sent(const sp_exchange *x) { return is_over(&x->rails->parameters_out, x->step); }

void sp_rails_progress(sp_exchange *x) {
  receive_gradients(x);
  send_gradients(x);
  update_pieces(x);
  send_parameters(x);
  receive_parameters(x);
}

// --- making them --------------------------------------------------------------------------------------------------

static int upwards(const void *a, const void *b) {
  const piece *p = a, *q = b;
  return (p->first > q->first) - (p->first < q->first);
}

static int downwards(const void *a, const void *b) { return upwards(b, a); }

/// The pieces of a rank's shard; NULL: only counts them.
static int64_t cut_shard(const sp_exchange *x, int rank, piece *out) {
  int64_t count = 0, bucket = x->rails->bucket;
  for (int run = 0; run < sp_shard_runs(&x->shards); run++) {
    sp_slice s = sp_shard_slice(&x->shards, rank, run);
    for (int64_t b = 0; b < s.blocks; b += bucket, count++) {
      int64_t blocks = s.blocks - b < bucket ? s.blocks - b : bucket;
      if (out) out[count] = (piece){s.first + b, blocks, s.place + b, rank};
    }
  }
  return count;
}

/// The pieces of a rank, or of all owners on this rank's rail when `rank` is negative.
static int64_t cut(const sp_exchange *x, int rank, piece *out) {
  if (rank >= 0) return cut_shard(x, rank, out);
  int64_t count = 0;
  for (int n = 0; n < x->comm->node_count; n++) {
    if (n == x->comm->node_index) continue;
    int first = x->rails->node_first[n];
    for (int r = first; r < first + x->rails->node_size[n]; r++) {
      if (counterpart(x, x->comm->node_index, r, n) == x->comm->rank) count += cut_shard(x, r, out ? out + count : NULL);
    }
  }
  return count;
}

static sp_status create_queue(const sp_exchange *x, int rank, bool ascending, int width, piece **pieces, queue *q) {
  q->pieces = cut(x, rank, NULL);
  q->width = width;
  SP_TRY(sp_allocate(q->pieces, sizeof **pieces, "messages", pieces));
  SP_TRY(sp_allocate((int64_t)MOST_POSTED * width, sizeof *q->request, "messages", &q->request));
  for (int i = 0; i < MOST_POSTED * width; i++) q->request[i] = MPI_REQUEST_NULL;
  cut(x, rank, *pieces);
  if (q->pieces > 0) qsort(*pieces, (size_t)q->pieces, sizeof **pieces, ascending ? upwards : downwards);
  q->piece = *pieces;
  return SP_OK;
}

static sp_status find_nodes(sp_exchange *x) {
  sp_rails *rails = x->rails;
  int *node_of = NULL;
  sp_status status = sp_allocate(x->comm->node_count, sizeof(int), "nodes", &rails->node_first);
  if (status == SP_OK) status = sp_allocate(x->comm->node_count, sizeof(int), "nodes", &rails->node_size);
  if (status == SP_OK) status = sp_allocate(x->comm->size, sizeof *node_of, "nodes", &node_of);
  SP_TRY(sp_comm_agree(x->comm, status));
  MPI_Allgather(&x->comm->node_index, 1, MPI_INT, node_of, 1, MPI_INT, x->comm->world);
  for (int r = x->comm->size - 1; r >= 0; r--) {
    rails->node_first[node_of[r]] = r;
    rails->node_size[node_of[r]]++;
  }
  free(node_of);
  return SP_OK;
}

static int node_sums(const sp_exchange *x, int node, sp_subtree out[SP_MAX_SUBTREES]) {
  int first = x->rails->node_first[node], last = first + x->rails->node_size[node] - 1;
  return sp_lanes_subtrees(x->job.lanes, sp_lanes_hosted(x->job.lanes, x->comm->size, first).begin,
                           sp_lanes_hosted(x->job.lanes, x->comm->size, last).end, out);
}

static sp_status plan_node_sum(sp_exchange *x) {
  sp_rails *rails = x->rails;
  const sp_subtree *range;
  char *const *memory;
  sp_subtree sums[SP_MAX_SUBTREES];
  int64_t parts = sp_node_parts(x, &range, &memory);
  SP_TRY(sp_tree_sum_create(x->job.lanes, range, parts, &rails->node_sum));
  SP_TRY(sp_allocate(parts, sizeof *rails->node_value, "partial sums", &rails->node_value));
  SP_TRY(sp_allocate(SP_MAX_SUBTREES, sizeof *rails->head, "partial sums", &rails->head));
  rails->heads = node_sums(x, x->comm->node_index, sums);
  for (int64_t i = 0, h = 0; i < parts && h < rails->heads; i++) {
    if (range[i].begin == sums[h].begin) rails->head[h++] = i;
  }
  return SP_OK;
}

/// All parts in the order of the lanes: other nodes' sums, and in their place this node's ranks' parts.
static sp_status plan_sum(sp_exchange *x) {
  sp_rails *rails = x->rails;
  const sp_subtree *own;
  char *const *memory;
  sp_subtree *range, sums[SP_MAX_SUBTREES];
  int64_t own_parts = sp_node_parts(x, &own, &memory), most = own_parts + (int64_t)SP_MAX_SUBTREES * x->comm->node_count;
  SP_TRY(sp_allocate(most, sizeof *range, "partial sums", &range));
  sp_status status = sp_allocate(most, sizeof *rails->source, "partial sums", &rails->source);
  int64_t parts = 0;
  for (int n = 0; n < x->comm->node_count && status == SP_OK; n++) {
    bool mine = n == x->comm->node_index;
    int64_t count = mine ? own_parts : node_sums(x, n, sums);
    if (mine) rails->own_begin = parts;
    for (int64_t i = 0; i < count; i++) {
      range[parts++] = mine ? own[i] : sums[i];
      if (!mine) rails->source[rails->sources++] = (source){n, counterpart(x, n, x->comm->rank, x->comm->node_index)};
    }
  }
  if (status == SP_OK) status = sp_tree_sum_create(x->job.lanes, range, parts, &rails->sum);
  if (status == SP_OK) status = sp_allocate(parts, sizeof *rails->value, "partial sums", &rails->value);
  if (status == SP_OK) status = sp_allocate(rails->sum.scratches, x->block_bytes, "sum of a block", &rails->scratch);
  free(range);
  return status;
}

/// No larger than asked for, and than the largest slice.
static int64_t bucket_blocks(const sp_exchange *x) {
  int64_t blocks = (int64_t)(x->options->bucket_mb * 1048576 / (double)x->block_bytes), longest = 1;
  for (int run = 0; run < sp_shard_runs(&x->shards); run++) {
    for (int r = 0; r < x->comm->size; r++) {
      int64_t slice = sp_shard_slice(&x->shards, r, run).blocks;
      longest = slice > longest ? slice : longest;
    }
  }
  return blocks < 1 ? 1 : blocks < longest ? blocks : longest;
}

static sp_status allocate(sp_exchange *x) {
  sp_rails *rails = x->rails;
  int me = x->comm->rank, others = x->comm->node_count - 1;
  int64_t places;
  SP_TRY(plan_node_sum(x));
  SP_TRY(plan_sum(x));
  SP_TRY(create_queue(x, -1, false, rails->heads, &rails->rail_down, &rails->gradients_out));
  SP_TRY(create_queue(x, me, false, rails->sources, &rails->own_down, &rails->gradients_in));
  SP_TRY(create_queue(x, me, true, others, &rails->own_up, &rails->parameters_out));
  SP_TRY(create_queue(x, -1, true, 1, &rails->rail_up, &rails->parameters_in));
  if (!sp_multiply_size((int64_t)MOST_POSTED * rails->sources, rails->bucket, &places)) places = INT64_MAX;
  return sp_allocate(places, x->block_bytes, "buckets of other nodes", &rails->received);
}

sp_status sp_rails_create(sp_exchange *x) {
  SP_TRY(sp_comm_agree(x->comm, sp_allocate(1, sizeof *x->rails, "exchange", &x->rails)));
  MPI_Type_contiguous(SP_BLOCK, x->job.precision == SP_FLOAT64 ? MPI_DOUBLE : MPI_FLOAT, &x->rails->block);
  MPI_Type_commit(&x->rails->block);
  SP_TRY(find_nodes(x));
  x->rails->bucket = bucket_blocks(x);
  return sp_comm_agree(x->comm, allocate(x));
}

void sp_rails_free(sp_exchange *x) {
  sp_rails *rails = x->rails;
  if (!rails) return;
  if (rails->block) MPI_Type_free(&rails->block);
  sp_tree_sum_free(&rails->node_sum);
  sp_tree_sum_free(&rails->sum);
  queue *queues[] = {&rails->gradients_out, &rails->gradients_in, &rails->parameters_out, &rails->parameters_in};
  for (int i = 0; i < 4; i++) free(queues[i]->request);
  piece *pieces[] = {rails->own_up, rails->own_down, rails->rail_up, rails->rail_down};
  for (int i = 0; i < 4; i++) free(pieces[i]);
  free(rails->node_first);
  free(rails->node_size);
  free(rails->node_value);
  free(rails->head);
  free(rails->value);
  free(rails->scratch);
  free(rails->received);
  free(rails->source);
  free(rails);
  x->rails = NULL;
}
