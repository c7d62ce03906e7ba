// SPDX-License-Identifier: Apache-2.0
// The exchange with messages only: every rank sends its partial sums to the owner of the shard, which adds them in the
// order of the tree, one bucket at a time. Simple and slow; a reference for tests of the exchange through windows.
#include <stdlib.h>

#include "base/files.h"
#include "base/memory.h"
#include "exchange/exchange_apply.h"
#include "exchange/partial_sums.h"
#include "exchange/sums.h"
#include "exchange/tree_sum.h"

enum { BUCKET_BLOCKS = 64 };  // blocks of each partial sum that are received at a time: 1 MiB of float32

typedef struct messages {
  MPI_Datatype block;
  char *memory;           // this rank's partial sums
  sp_tree_sum sum;        // of the partial sums of all ranks, in the order of the lanes
  int64_t *first_part;    // index of the first part of each rank, and the end
  void **slice, **value;  // the bucket of each part; a block of it
  char *received, *scratch;
  MPI_Request *request;
  int *counts, *offsets;  // scratch of the collectives
  double *lane_values;
} messages;

typedef struct bucket {
  int64_t first, blocks, place;
} bucket;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static bucket bucket_of(const sp_exchange *x, int rank, int run, int64_t round) {
  sp_slice s = sp_shard_slice(&x->shards, rank, run);
  int64_t skip = smaller(round * BUCKET_BLOCKS, s.blocks);
  return (bucket){s.first + skip, smaller(s.blocks - skip, BUCKET_BLOCKS), s.place + skip};
}

static void swap_with(sp_exchange *x, int to, int from, int run, int64_t round) {
  messages *m = x->own;
  int requests = 0;
  bucket mine = bucket_of(x, x->comm->rank, run, round), theirs = bucket_of(x, to, run, round);
  for (int64_t p = m->first_part[from]; mine.blocks > 0 && p < m->first_part[from + 1]; p++) {
    MPI_Irecv(m->slice[p], (int)mine.blocks, m->block, from, (int)(p - m->first_part[from]), x->comm->world,
              &m->request[requests++]);
  }
  for (int p = 0; theirs.blocks > 0 && p < x->parts; p++) {
    MPI_Isend(sp_partial(x, p) + (size_t)theirs.first * x->block_bytes, (int)theirs.blocks, m->block, to, p,
              x->comm->world, &m->request[requests++]);
    x->sent += theirs.blocks * (int64_t)x->block_bytes;
  }
  MPI_Waitall(requests, m->request, MPI_STATUSES_IGNORE);
}

static void update_bucket(sp_exchange *x, int run, int64_t round, bool sound) {
  messages *m = x->own;
  int me = x->comm->rank, ranks = x->comm->size;
  bucket mine = bucket_of(x, me, run, round);
  for (int64_t p = 0; p < m->sum.parts; p++) {
    bool own = p >= m->first_part[me] && p < m->first_part[me + 1];
    m->slice[p] = own ? sp_partial(x, p - m->first_part[me]) + (size_t)mine.first * x->block_bytes
                      : m->received + (size_t)(p * BUCKET_BLOCKS) * x->block_bytes;
  }
  for (int k = 1; k < ranks; k++) swap_with(x, (me + k) % ranks, (me + ranks - k) % ranks, run, round);
  for (int64_t b = 0; b < mine.blocks && sound; b++) {
    for (int64_t p = 0; p < m->sum.parts; p++) m->value[p] = (char *)m->slice[p] + (size_t)b * x->block_bytes;
    sp_addends sum = sp_tree_sum_but_last(&m->sum, x->job.precision, SP_BLOCK, m->value, m->scratch);
    sp_exchange_apply(x, sp_stretch_of_block(mine.first + b, mine.place + b), sum);
  }
}

static void publish(sp_exchange *x, int run) {
  messages *m = x->own;
  for (int r = 0; r < x->comm->size; r++) {
    sp_slice s = sp_shard_slice(&x->shards, r, run);
    m->offsets[r] = (int)s.first;
    m->counts[r] = (int)s.blocks;
  }
  x->sent += m->counts[x->comm->rank] * (x->comm->size - 1) * (int64_t)x->block_bytes;
  MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, x->job.parameters, m->counts, m->offsets, m->block,
                 x->comm->world);
}

static void update_run(sp_exchange *x, int run, bool sound) {
  int64_t longest = 0;
  for (int r = 0; r < x->comm->size; r++) {
    int64_t blocks = sp_shard_slice(&x->shards, r, run).blocks;
    longest = blocks > longest ? blocks : longest;
  }
  for (int64_t round = 0; round * BUCKET_BLOCKS < longest; round++) update_bucket(x, run, round, sound);
}

static bool update(sp_exchange *x, bool sound) {
  int runs = sp_shard_runs(&x->shards);
  double start = sp_clock();
  for (int run = 0; run < runs; run++) update_run(x, run, sound);
  x->times.update += sp_clock() - start;
  bool updated = x->kept ? sp_exchange_update_kept(x, sound) : sound;
  start = sp_clock();
  for (int run = 0; run < runs && updated; run++) publish(x, run);
  x->times.update += sp_clock() - start;
  return updated;
}

static void control(sp_exchange *x, const double *mine, double *total) {
  messages *m = x->own;
  double start = sp_clock();
  for (int r = 0; r < x->comm->size; r++) {
    sp_subtree hosted = sp_lanes_hosted(x->job.lanes, x->comm->size, r);
    m->offsets[r] = (int)(hosted.begin * x->job.control);
    m->counts[r] = (int)((hosted.end - hosted.begin) * x->job.control);
  }
  MPI_Allgatherv(mine, m->counts[x->comm->rank], MPI_DOUBLE, m->lane_values, m->counts, m->offsets, MPI_DOUBLE,
                 x->comm->world);
  sp_lane_sums_add(x->job.lanes, x->job.control, m->lane_values, total);
  x->times.wait += sp_clock() - start;
}

// --- creation -----------------------------------------------------------------------------------------------------

static sp_subtree hosted_by(const sp_exchange *x, int rank) {
  return sp_lanes_hosted(x->job.lanes, x->comm->size, rank);
}

static sp_status plan_sum(sp_exchange *x) {
  messages *m = x->own;
  int ranks = x->comm->size;
  int64_t parts = 0;
  sp_subtree *part;
  SP_TRY(sp_allocate(ranks + 1, sizeof *m->first_part, "partial sums", &m->first_part));
  SP_TRY(sp_allocate(x->job.lanes, sizeof *part, "partial sums", &part));
  for (int r = 0; r < ranks; r++) {
    int64_t own = sp_partials(x, hosted_by(x, r));
    m->first_part[r] = parts;
    for (int64_t i = 0; i < own; i++) part[parts++] = sp_partial_range(x, hosted_by(x, r), i);
  }
  m->first_part[ranks] = parts;
  sp_status status = sp_tree_sum_create(x->job.lanes, part, parts, &m->sum);
  free(part);
  return status;
}

/// Compute the bytes of this rank's partial sums, the control values of all lanes,
/// and the blocks received from all ranks.
static sp_status measure(const sp_exchange *x, int64_t *partials, int64_t *values, int64_t *received) {
  int64_t parts = 0, bytes;
  for (int r = 0; r < x->comm->size; r++) parts += sp_partials(x, hosted_by(x, r));
  *received = parts * BUCKET_BLOCKS;
  SP_TRY(sp_partials_memory(x, x->hosted, partials));
  if (!sp_multiply_size(x->job.lanes, x->job.control, values) || *values > INT32_MAX) {
    return sp_fail(SP_ERR_MEMORY, "%lld sums for each of %lld lanes are too many", (long long)x->job.control,
                   (long long)x->job.lanes);
  }
  if (sp_multiply_size(*received, (int64_t)x->block_bytes, &bytes)) return SP_OK;
  return sp_fail(SP_ERR_MEMORY, "received gradients: larger than can be addressed");
}

static sp_status memory(sp_exchange *x, sp_exchange_bytes *out) {
  int64_t partials, values, received;
  SP_TRY(measure(x, &partials, &values, &received));
  *out = (sp_exchange_bytes){partials, values * (int64_t)sizeof(double) + received * (int64_t)x->block_bytes};
  return SP_OK;
}

static sp_status allocate(sp_exchange *x) {
  messages *m = x->own;
  int64_t partials, values, received;
  SP_TRY(measure(x, &partials, &values, &received));
  SP_TRY(plan_sum(x));
  SP_TRY(sp_allocate(partials, 1, "gradients", &m->memory));
  SP_TRY(sp_allocate(m->sum.parts, sizeof *m->slice, "partial sums", &m->slice));
  SP_TRY(sp_allocate(m->sum.parts, sizeof *m->value, "partial sums", &m->value));
  SP_TRY(sp_allocate(received, x->block_bytes, "received gradients", &m->received));
  SP_TRY(sp_allocate(m->sum.scratches, x->block_bytes, "sum of a block", &m->scratch));
  SP_TRY(sp_allocate(x->parts + m->sum.parts, sizeof *m->request, "messages", &m->request));
  SP_TRY(sp_allocate(x->comm->size, sizeof *m->counts, "message counts", &m->counts));
  SP_TRY(sp_allocate(x->comm->size, sizeof *m->offsets, "message offsets", &m->offsets));
  x->gradients = m->memory;
  return sp_allocate(values, sizeof *m->lane_values, "sums of lanes", &m->lane_values);
}

static sp_status create(sp_exchange *x) {
  if (x->options->wire != SP_WIRE_FULL) {
    return sp_fail(
        SP_ERR_CONFIG,
        "exchange.wire: bfloat16 requires that the ranks of a node share memory, which is impossible here or "
        "disabled by exchange.path: mpi");
  }
  SP_TRY(sp_comm_agree(x->comm, sp_allocate(1, sizeof(messages), "exchange", &x->own)));
  messages *m = x->own;
  MPI_Type_contiguous(SP_BLOCK, x->job.precision == SP_FLOAT64 ? MPI_DOUBLE : MPI_FLOAT, &m->block);
  MPI_Type_commit(&m->block);
  return sp_comm_agree(x->comm, allocate(x));
}

static void destroy(sp_exchange *x) {
  messages *m = x->own;
  if (!m) return;
  if (m->block) MPI_Type_free(&m->block);
  sp_tree_sum_free(&m->sum);
  free(m->memory);
  free(m->first_part);
  free(m->slice);
  free(m->value);
  free(m->received);
  free(m->scratch);
  free(m->request);
  free(m->counts);
  free(m->offsets);
  free(m->lane_values);
  free(m);
}

static bool serves(const sp_comm *comm, bool shared) {
  (void)comm, (void)shared;
  return true;
}

const sp_transport sp_transport_messages = {
    .serves = serves, .create = create, .memory = memory, .free = destroy, .control = control, .update = update};
