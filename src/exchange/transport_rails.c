// SPDX-License-Identifier: Apache-2.0
// The exchange between nodes. Rank d of a node communicates with rank d of every other node (a "rail"; modulo the
// number of ranks there, if nodes differ), so that all ranks use the network. There are four queues of messages, in an
// order that both ends know:
//
//   gradients out   the node's partial sums of each block of the owners on this rank's rail, added up in place, last
//                   blocks first, as soon as all ranks of the node have completed the block
//   gradients in    the sums of other nodes for this rank's shard, which are added to those of this node to update
//                   the shard
//   parameters out  this rank's shard to the other nodes, first blocks first, when the step's gradients are complete
//   parameters in   the shards of the owners on this rank's rail, received where the node's ranks read them
//
// A node sends and receives (nodes - 1) / nodes of the vector twice per step. If the lanes of a node form more than one
// partial sum (see traffic.h), the gradients are sent once for each of them.
// With `wire: bfloat16` both are rounded (wire.h): the sums themselves, and the changes of the parameters, which the
// owner and all others add to the same values; the owner updates an exact copy.
// A shard can be updated while a pass is running: all ranks of the job have passed that part of the vector by then.
#include <string.h>

#include "base/files.h"
#include "exchange/exchange_apply.h"
#include "exchange/node_window.h"
#include "exchange/rails_plan.h"
#include "exchange/wire.h"

enum { TAG_GRADIENT = 1, TAG_PARAMETER };

static sp_rails *rails_of(const sp_exchange *x) { return x->own; }

static bool serves(const sp_comm *comm, bool shared) { return shared && comm->node_count > 1; }

// --- queues -------------------------------------------------------------------------------------------------------

static const piece *piece_at(const queue *q, int64_t number) { return &q->piece[number % q->pieces]; }

static MPI_Request *requests_of(const queue *q, int64_t number) { return q->request + number % MOST_POSTED * q->width; }

static char *buffer_of(const sp_rails *rails, const queue *q, int64_t number, int message) {
  return q->buffer + (size_t)((number % MOST_POSTED * q->width + message) * rails->bucket) * rails->block_bytes;
}

static bool may_post(const queue *q, int64_t steps) {
  return q->posted < steps * q->pieces && q->posted - q->done < MOST_POSTED;
}

static bool next_is_over(const queue *q) {
  int over = 0;
  if (q->done < q->posted) MPI_Testall(q->width, requests_of(q, q->done), &over, MPI_STATUSES_IGNORE);
  return over;
}

static bool is_over(const queue *q, int64_t steps) { return q->done >= steps * q->pieces; }

static void send(sp_exchange *x, const piece *p, const void *data, int to, int tag, MPI_Request *request) {
  MPI_Isend(data, (int)p->blocks, rails_of(x)->block, to, tag, x->comm->world, request);
  x->sent += p->blocks * (int64_t)rails_of(x)->block_bytes;
}

// --- gradients ----------------------------------------------------------------------------------------------------

static char *const *node_memory(const sp_exchange *x, int64_t *parts) {
  const sp_subtree *range;
  char *const *memory;
  *parts = sp_node_parts(x, &range, &memory);
  return memory;
}

/// Add up the node's partial sums of a piece in place.
static void sum_node(sp_exchange *x, const piece *p) {
  sp_rails *rails = x->own;
  int64_t parts;
  char *const *memory = node_memory(x, &parts);
  for (int64_t b = p->first; rails->node_sum.additions > 0 && b < p->first + p->blocks; b++) {
    for (int64_t i = 0; i < parts; i++) rails->node_value[i] = memory[i] + (size_t)b * x->block_bytes;
    sp_tree_sum_run(&rails->node_sum, x->job.precision, SP_BLOCK, rails->node_value);
  }
}

/// Returns a sum of the node in the form that is sent: in place, or rounded.
static const void *outgoing_sum(const sp_exchange *x, int64_t number, int head) {
  const sp_rails *rails = x->own;
  const queue *q = &rails->gradients_out;
  const piece *p = piece_at(q, number);
  int64_t parts;
  const char *sum = node_memory(x, &parts)[rails->head[head]] + (size_t)p->first * x->block_bytes;
  if (!rails->rounded) return sum;
  char *wire = buffer_of(rails, q, number, head);
  float *rest = rails->rest + (head * rails->rail_blocks + p->place) * SP_BLOCK;
  sp_wire_encode(p->blocks * SP_BLOCK, (const float *)sum, rest, (uint16_t *)wire);
  return wire;
}

static void send_gradients(sp_exchange *x) {
  sp_rails *rails = x->own;
  queue *q = &rails->gradients_out;
  int64_t ready_from = sp_node_ready_from(x);
  while (may_post(q, x->step) && piece_at(q, q->posted)->first >= ready_from) {
    const piece *p = piece_at(q, q->posted);
    double start = sp_clock();
    sum_node(x, p);
    for (int h = 0; h < rails->heads; h++) {
      send(x, p, outgoing_sum(x, q->posted, h), p->owner, TAG_GRADIENT, &requests_of(q, q->posted)[h]);
    }
    x->times.update += sp_clock() - start;
    q->posted++;
  }
  while (next_is_over(q)) q->done++;
}

static void receive_gradients(sp_exchange *x) {
  const sp_rails *rails = x->own;
  queue *q = &rails_of(x)->gradients_in;
  for (; may_post(q, x->step); q->posted++) {
    for (int s = 0; s < rails->sources; s++) {
      MPI_Irecv(buffer_of(rails, q, q->posted, s), (int)piece_at(q, q->posted)->blocks, rails->block,
                rails->source[s].rank, TAG_GRADIENT, x->comm->world, &requests_of(q, q->posted)[s]);
    }
  }
}

/// Returns another node's sum of a block of a received piece.
static void *received_sum(const sp_exchange *x, int64_t number, int source_number, int64_t block) {
  const sp_rails *rails = x->own;
  char *wire = buffer_of(rails, &rails->gradients_in, number, source_number) + (size_t)block * rails->block_bytes;
  if (!rails->rounded) return wire;
  float *decoded = rails->decoded + (int64_t)source_number * SP_BLOCK;
  sp_wire_decode(SP_BLOCK, (const uint16_t *)wire, decoded);
  return decoded;
}

/// Round the change of a piece of this rank's shard for sending.
static void encode_change(sp_exchange *x, const piece *p) {
  const sp_rails *rails = x->own;
  if (!rails->rounded) return;
  sp_wire_encode_change(p->blocks * SP_BLOCK, (const float *)x->exact + p->place * SP_BLOCK,
                        (float *)x->job.parameters + p->first * SP_BLOCK, rails->change + p->place * SP_BLOCK);
}

static void update_piece(sp_exchange *x, int64_t number) {
  sp_rails *rails = x->own;
  const piece *p = piece_at(&rails->gradients_in, number);
  int64_t parts;
  char *const *memory = node_memory(x, &parts);
  double start = sp_clock();
  for (int64_t b = 0; b < p->blocks; b++) {
    void **value = rails->value;
    for (int s = 0; s < rails->sources; s++) {
      value[s < rails->own_begin ? s : s + parts] = received_sum(x, number, s, b);
    }
    for (int64_t i = 0; i < parts; i++)
      value[rails->own_begin + i] = memory[i] + (size_t)(p->first + b) * x->block_bytes;
    sp_addends sum = sp_tree_sum_but_last(&rails->sum, x->job.precision, SP_BLOCK, value, rails->scratch);
    sp_exchange_apply(x, sp_stretch_of_block(p->first + b, p->place + b), sum);
  }
  if (!x->kept) encode_change(x, p);
  x->times.update += sp_clock() - start;
}

static void update_pieces(sp_exchange *x) {
  queue *q = &rails_of(x)->gradients_in;
  int64_t ready_from = sp_node_ready_from(x);
  if (!is_over(&rails_of(x)->parameters_out, x->step - 1)) return;
  while (q->done < q->posted && piece_at(q, q->done)->first >= ready_from && next_is_over(q)) {
    update_piece(x, q->done);
    q->done++;
    receive_gradients(x);
  }
}

static bool gradients_over(const sp_exchange *x) {
  return is_over(&rails_of(x)->gradients_in, x->step) && is_over(&rails_of(x)->gradients_out, x->step);
}

// --- parameters ---------------------------------------------------------------------------------------------------

/// Returns whether this rank's shard has its final values for this step.
static bool shard_is_new(const sp_exchange *x) {
  return x->kept ? rails_of(x)->published == x->step : gradients_over(x);
}

static char *parameters(const sp_exchange *x, const piece *p) {
  return (char *)x->job.parameters + (size_t)p->first * x->block_bytes;
}

static void send_parameters(sp_exchange *x) {
  const sp_rails *rails = x->own;
  queue *q = &rails_of(x)->parameters_out;
  int64_t steps = shard_is_new(x) ? x->step : x->step - 1;
  for (; may_post(q, steps); q->posted++) {
    const piece *p = piece_at(q, q->posted);
    const void *data = rails->rounded ? (void *)(rails->change + p->place * SP_BLOCK) : parameters(x, p);
    int sent = 0;
    for (int n = 0; n < x->comm->node_count; n++) {
      if (n == x->comm->node_index) continue;
      int to = sp_rails_counterpart(x, n, x->comm->rank, x->comm->node_index);
      send(x, p, data, to, TAG_PARAMETER, &requests_of(q, q->posted)[sent++]);
    }
  }
  while (next_is_over(q)) q->done++;
}

static void tell_arrived(sp_exchange *x, const queue *q) {
  if (q->pieces == 0) {
    if (shard_is_new(x)) sp_node_arrived(x, x->step, x->job.blocks);
    return;
  }
  int64_t steps = q->done / q->pieces;
  bool between = q->done % q->pieces == 0;
  sp_node_arrived(x, between ? steps : steps + 1, between ? x->job.blocks : piece_at(q, q->done)->first);
}

static void receive_parameters(sp_exchange *x) {
  const sp_rails *rails = x->own;
  queue *q = &rails_of(x)->parameters_in;
  int64_t done = q->done;
  while (next_is_over(q)) {
    const piece *p = piece_at(q, q->done);
    if (rails->rounded) {
      sp_wire_add_change(p->blocks * SP_BLOCK, (const uint16_t *)buffer_of(rails, q, q->done, 0),
                         (float *)parameters(x, p));
    }
    q->done++;
  }
  for (; may_post(q, x->step); q->posted++) {
    const piece *p = piece_at(q, q->posted);
    void *to = rails->rounded ? buffer_of(rails, q, q->posted, 0) : parameters(x, p);
    MPI_Irecv(to, (int)p->blocks, rails->block, p->owner, TAG_PARAMETER, x->comm->world, requests_of(q, q->posted));
  }
  if (q->done > done || q->pieces == 0) tell_arrived(x, q);
}

static void forget(sp_exchange *x) {
  sp_rails *rails = x->own;
  if (rails->rest) memset(rails->rest, 0, (size_t)(rails->heads * rails->rail_blocks) * x->block_bytes);
}

static void publish(sp_exchange *x, bool updated) {
  sp_rails *rails = x->own;
  queue *q = &rails->parameters_out;
  if (!updated) forget(x);
  for (int64_t i = 0; i < q->pieces; i++) {
    const piece *p = &q->piece[i];
    if (updated) {
      encode_change(x, p);
    } else if (rails->rounded) {
      sp_wire_no_change(p->blocks * SP_BLOCK, rails->change + p->place * SP_BLOCK);
    }
  }
  rails->published = x->step;
}

// --- a step -------------------------------------------------------------------------------------------------------

/// Post and test messages, and process them, without waiting.
static void progress(sp_exchange *x) {
  receive_gradients(x);
  send_gradients(x);
  update_pieces(x);
  send_parameters(x);
  receive_parameters(x);
}

static void begin(sp_exchange *x) {
  sp_node_begin(x);
  progress(x);
}

static void need(sp_exchange *x, int64_t end) { sp_node_await(x, x->step - 1, end); }

static void passed(sp_exchange *x, int64_t first) {
  sp_node_ready(x, first);
  progress(x);
}

static bool update(sp_exchange *x, bool sound) {
  while (!gradients_over(x)) progress(x);
  bool updated = x->kept ? sp_exchange_update_kept(x, sound) : sound;
  sp_node_settled(x);
  progress(x);
  return updated;
}

static void finish(sp_exchange *x) {
  sp_node_await_settled(x);
  sp_node_await(x, x->step, x->job.blocks);
  while (!is_over(&rails_of(x)->parameters_out, x->step)) progress(x);
}

static sp_status memory(sp_exchange *x, sp_exchange_bytes *out) {
  int64_t bytes;
  SP_TRY(sp_node_memory(x, out));
  SP_TRY(sp_rails_memory(x, &bytes));
  out->buffers += bytes;
  return SP_OK;
}

static sp_status create(sp_exchange *x) {
  SP_TRY(sp_node_create(x));
  return sp_rails_create(x);
}

static void destroy(sp_exchange *x) {
  sp_rails_free(x);
  sp_node_free(x);
}

const sp_transport sp_transport_rails = {.serves = serves,
                                         .create = create,
                                         .memory = memory,
                                         .free = destroy,
                                         .begin = begin,
                                         .need = need,
                                         .passed = passed,
                                         .control = sp_node_control,
                                         .update = update,
                                         .publish = publish,
                                         .finish = finish,
                                         .restart = forget,
                                         .progress = progress};
