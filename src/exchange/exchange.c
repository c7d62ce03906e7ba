// The exchange over MPI: partial sums go pairwise to the shard's owner, who adds them in the order of the tree.
// May include: base, comm, compute, model/parameters.h, exchange.
#include "exchange/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/share.h"
#include "compute/compute.h"
#include "exchange/lanes.h"
#include "model/parameters.h"

enum { BUCKET_BLOCKS = 64 };  // what is received of each partial at a time: 1 MiB of float32

struct sp_exchange {
  const sp_comm *comm;
  sp_dtype precision;
  int64_t lanes, first_lane, end_lane;
  sp_shards shards;
  MPI_Datatype block;

  // This rank's partial sums: subtrees of its own lanes, a stack while the lanes are worked through.
  char **buffer;
  sp_subtree *range;
  int depth, deepest;
  int64_t next_lane;

  // The partial sums of all ranks, in the order of the lanes, and what this rank has received of them.
  int64_t parts;
  sp_subtree *part;
  int64_t *first_part;   // of each rank, and the end
  char **bucket;         // where each part's bucket lies
  char *received, *sum;
  int64_t stride;        // blocks between parts in `received`
  MPI_Request *request;

  double *lane_sums;     // (lanes, width), with room for (lanes, widest)
  int64_t width, widest;
  int *counts, *offsets; // scratch of the collectives
};

static size_t value_size(const sp_exchange *x) { return sp_dtype_size(x->precision); }

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// --- the stack of this rank's partials ----------------------------------------------------------------------------

static int simulate_depth(const sp_exchange *x) {
  sp_subtree stack[SP_MAX_SUBTREES + 1];
  int depth = 0, deepest = 0;
  for (int64_t lane = x->first_lane; lane < x->end_lane; lane++) {
    stack[depth++] = (sp_subtree){lane, lane + 1};
    if (depth > deepest) deepest = depth;
    while (depth > 1 && sp_lanes_is_subtree(x->lanes, (sp_subtree){stack[depth - 2].begin, lane + 1})) {
      stack[--depth - 1].end = lane + 1;
    }
  }
  return deepest;
}

void *sp_exchange_gradient(sp_exchange *x) { return x->buffer[x->depth]; }

void sp_exchange_lane_done(sp_exchange *x) {
  int64_t lane = x->next_lane++;
  x->range[x->depth++] = (sp_subtree){lane, lane + 1};
  while (x->depth > 1) {
    sp_subtree both = {x->range[x->depth - 2].begin, lane + 1};
    if (!sp_lanes_is_subtree(x->lanes, both)) break;
    sp_add(x->precision, x->shards.blocks * SP_BLOCK, x->buffer[x->depth - 2], x->buffer[x->depth - 1]);
    x->range[--x->depth - 1] = both;
  }
}

// --- sums of shards -----------------------------------------------------------------------------------------------

static int64_t largest_slice(const sp_shards *shards) {
  int64_t runs = sp_shard_runs(shards), run = (shards->blocks + runs - 1) / runs;
  return (run + shards->ranks - 1) / shards->ranks;
}

/// What is dealt with at a time: part of a rank's slice of a run.
static sp_slice bucket_of(const sp_exchange *x, int rank, int run, int64_t round) {
  sp_slice slice = sp_shard_slice(&x->shards, rank, run);
  int64_t done = round * BUCKET_BLOCKS;
  return (sp_slice){slice.first + done, done < slice.blocks ? smaller(slice.blocks - done, BUCKET_BLOCKS) : 0,
                    slice.place + done};
}

static void swap_with(sp_exchange *x, int to, int from, int run, int64_t round) {
  int requests = 0;
  sp_slice mine = bucket_of(x, x->comm->rank, run, round), theirs = bucket_of(x, to, run, round);
  for (int64_t p = x->first_part[from]; mine.blocks > 0 && p < x->first_part[from + 1]; p++) {
    MPI_Irecv(x->bucket[p], (int)mine.blocks, x->block, from, (int)(p - x->first_part[from]), x->comm->world,
              &x->request[requests++]);
  }
  for (int p = 0; theirs.blocks > 0 && p < x->depth; p++) {
    const char *data = x->buffer[p] + (size_t)(theirs.first * SP_BLOCK) * value_size(x);
    MPI_Isend(data, (int)theirs.blocks, x->block, to, p, x->comm->world, &x->request[requests++]);
  }
  MPI_Waitall(requests, x->request, MPI_STATUSES_IGNORE);
}

typedef struct addition {
  sp_exchange *exchange;
  int64_t values;
} addition;

static void add_parts(void *context, int64_t into, int64_t from) {
  addition *a = context;
  sp_add(a->exchange->precision, a->values, a->exchange->bucket[into], a->exchange->bucket[from]);
}

static void sum_bucket(sp_exchange *x, int run, int64_t round) {
  int me = x->comm->rank;
  sp_slice mine = bucket_of(x, me, run, round);
  size_t block_size = (size_t)SP_BLOCK * value_size(x);
  for (int64_t p = 0; p < x->parts; p++) {
    bool own = p >= x->first_part[me] && p < x->first_part[me + 1];
    x->bucket[p] = own ? x->buffer[p - x->first_part[me]] + (size_t)mine.first * block_size
                       : x->received + (size_t)(p * x->stride) * block_size;
  }
  for (int k = 1; k < x->comm->size; k++) {
    swap_with(x, (me + k) % x->comm->size, (me + x->comm->size - k) % x->comm->size, run, round);
  }
  if (mine.blocks == 0) return;
  addition all = {x, mine.blocks * SP_BLOCK};
  sp_lanes_sum_tree(x->lanes, x->part, x->parts, add_parts, &all);
  memcpy(x->sum + (size_t)mine.place * block_size, x->bucket[0], (size_t)mine.blocks * block_size);
}

const void *sp_exchange_reduce(sp_exchange *x) {
  const char *result = x->buffer[0];
  if (x->comm->size > 1) {
    int64_t largest = largest_slice(&x->shards);
    for (int run = 0; run < sp_shard_runs(&x->shards); run++) {
      for (int64_t round = 0; round * BUCKET_BLOCKS < largest; round++) sum_bucket(x, run, round);
    }
    result = x->sum;
  }
  x->depth = 0;
  x->next_lane = x->first_lane;
  return result;
}

void sp_exchange_publish(sp_exchange *x, void *parameters) {
  if (x->comm->size == 1) return;
  for (int run = 0; run < sp_shard_runs(&x->shards); run++) {
    for (int r = 0; r < x->comm->size; r++) {
      sp_slice slice = sp_shard_slice(&x->shards, r, run);
      x->offsets[r] = (int)slice.first;
      x->counts[r] = (int)slice.blocks;
    }
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, parameters, x->counts, x->offsets, x->block, x->comm->world);
  }
}

// --- sums of a few values a lane ----------------------------------------------------------------------------------

static void add_lane_sums(void *context, int64_t into, int64_t from) {
  const sp_exchange *x = context;
  double *sum = x->lane_sums + into * x->width;
  const double *more = x->lane_sums + from * x->width;
  for (int64_t i = 0; i < x->width; i++) sum[i] += more[i];
}

static sp_status widen(sp_exchange *x, int64_t count) {
  double *larger;
  int64_t values;
  if (!sp_multiply_size(x->lanes, count, &values) || values > INT32_MAX) {
    return sp_fail(SP_ERR_MEMORY, "sums of %lld values for each of %lld lanes are too many", (long long)count,
                   (long long)x->lanes);
  }
  SP_TRY(sp_allocate(values, sizeof *larger, "sums of lanes", &larger));
  free(x->lane_sums);
  x->lane_sums = larger;
  x->widest = count;
  return SP_OK;
}

sp_status sp_exchange_sums(sp_exchange *x, int64_t count, const double *mine, double *total) {
  if (count > x->widest) SP_TRY(sp_comm_agree(x->comm, widen(x, count)));
  x->width = count;
  for (int r = 0; r < x->comm->size; r++) {
    int64_t begin = sp_share_begin(x->lanes, x->comm->size, r);
    x->offsets[r] = (int)(begin * count);
    x->counts[r] = (int)((sp_share_begin(x->lanes, x->comm->size, r + 1) - begin) * count);
  }
  if (x->comm->size > 1) {
    MPI_Allgatherv(mine, x->counts[x->comm->rank], MPI_DOUBLE, x->lane_sums, x->counts, x->offsets, MPI_DOUBLE,
                   x->comm->world);
  } else {
    memcpy(x->lane_sums, mine, (size_t)(x->lanes * count) * sizeof *mine);
  }
  sp_lanes_sum_tree(x->lanes, NULL, x->lanes, add_lane_sums, x);
  memcpy(total, x->lane_sums, (size_t)count * sizeof *total);
  return SP_OK;
}

// --- making one ---------------------------------------------------------------------------------------------------

static sp_status find_parts(sp_exchange *x) {
  int ranks = x->comm->size;
  SP_TRY(sp_allocate(ranks + 1, sizeof *x->first_part, "partial sums", &x->first_part));
  SP_TRY(sp_allocate(x->lanes, sizeof *x->part, "partial sums", &x->part));
  for (int r = 0; r < ranks; r++) {
    sp_subtree subtree[SP_MAX_SUBTREES];
    int count = sp_lanes_subtrees(x->lanes, sp_share_begin(x->lanes, ranks, r), sp_share_begin(x->lanes, ranks, r + 1),
                                  subtree);
    x->first_part[r] = x->parts;
    memcpy(x->part + x->parts, subtree, (size_t)count * sizeof *subtree);
    x->parts += count;
  }
  x->first_part[ranks] = x->parts;
  return SP_OK;
}

static sp_status allocate(sp_exchange *x) {
  int ranks = x->comm->size;
  size_t size = value_size(x);
  x->deepest = simulate_depth(x);
  SP_TRY(sp_allocate(x->deepest + 1, sizeof *x->buffer, "gradients", &x->buffer));
  SP_TRY(sp_allocate(x->deepest + 1, sizeof *x->range, "gradients", &x->range));
  for (int i = 0; i < x->deepest; i++) {
    SP_TRY(sp_allocate(x->shards.blocks * SP_BLOCK, size, "gradients", &x->buffer[i]));
  }
  SP_TRY(sp_allocate(ranks, sizeof *x->counts, "message counts", &x->counts));
  SP_TRY(sp_allocate(ranks, sizeof *x->offsets, "message offsets", &x->offsets));
  if (ranks == 1) return SP_OK;
  SP_TRY(find_parts(x));
  SP_TRY(sp_allocate(x->parts, sizeof *x->bucket, "partial sums", &x->bucket));
  SP_TRY(sp_allocate(2 * SP_MAX_SUBTREES, sizeof *x->request, "messages", &x->request));
  int64_t shard = sp_shard_blocks(&x->shards, x->comm->rank);
  SP_TRY(sp_allocate(shard * SP_BLOCK, size, "gradient of the shard", &x->sum));
  x->stride = smaller(largest_slice(&x->shards), BUCKET_BLOCKS);
  return sp_allocate(x->parts * x->stride * SP_BLOCK, size, "received gradients", &x->received);
}

sp_status sp_exchange_create(const sp_comm *comm, int64_t lanes, sp_dtype precision, int64_t blocks,
                             sp_exchange **out) {
  sp_exchange *x;
  SP_TRY(sp_comm_agree(comm, sp_allocate(1, sizeof *x, "exchange", &x)));
  x->comm = comm;
  x->precision = precision;
  x->lanes = lanes;
  x->first_lane = x->next_lane = sp_share_begin(lanes, comm->size, comm->rank);
  x->end_lane = sp_share_begin(lanes, comm->size, comm->rank + 1);
  x->shards = (sp_shards){blocks, comm->rank, comm->size};
  sp_status status = sp_comm_agree(comm, allocate(x));
  if (status == SP_OK) {
    MPI_Type_contiguous(SP_BLOCK, precision == SP_FLOAT64 ? MPI_DOUBLE : MPI_FLOAT, &x->block);
    MPI_Type_commit(&x->block);
    *out = x;
  } else {
    x->block = MPI_DATATYPE_NULL;
    sp_exchange_free(x);
  }
  return status;
}

void sp_exchange_free(sp_exchange *x) {
  if (!x) return;
  for (int i = 0; x->buffer && i < x->deepest; i++) free(x->buffer[i]);
  if (x->block != MPI_DATATYPE_NULL) MPI_Type_free(&x->block);
  free(x->buffer);
  free(x->range);
  free(x->part);
  free(x->first_part);
  free(x->bucket);
  free(x->received);
  free(x->sum);
  free(x->request);
  free(x->lane_sums);
  free(x->counts);
  free(x->offsets);
  free(x);
}

const sp_shards *sp_exchange_shards(const sp_exchange *x) { return &x->shards; }

int64_t sp_exchange_first_lane(const sp_exchange *x) { return x->first_lane; }

int64_t sp_exchange_end_lane(const sp_exchange *x) { return x->end_lane; }
