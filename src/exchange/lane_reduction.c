// SPDX-License-Identifier: Apache-2.0
// Sums over the lanes of all ranks in the middle of a pass.
#include "exchange/lane_reduction.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "comm/window.h"
#include "exchange/node_window.h"
#include "exchange/tree_sum.h"

typedef struct sp_reduction {
  int64_t parts;        // subtrees of the lanes of all ranks, in the order of the lanes
  int64_t *first_part;  // of each rank, and the end
  sp_tree_sum own;      // of the lanes of this rank, into its subtrees
  sp_tree_sum all;      // of all subtrees
  void **lane, **part;  // values of each lane of this rank, and of each part
  double *values;       // (parts, n): a copy that is added up

  sp_window board;  // of the node: (parts, n) of even and of odd calls; empty without a node window
  int64_t calls;
  int *counts, *offsets;      // in parts, of each node or, without a node window, of each rank
  int *n_counts, *n_offsets;  // in values
} sp_reduction;

static int64_t board_values(const sp_exchange *x, int64_t parts) { return parts * x->job.reduce; }

// --- a sum --------------------------------------------------------------------------------------------------------

/// Add up the subtrees of this rank's lanes, and write them to `values`, (parts, n).
static void write_own(const sp_exchange *x, int64_t n, double *mine, double *values) {
  const sp_reduction *r = x->reduction;
  int64_t lanes = x->hosted.end - x->hosted.begin;
  sp_subtree subtree[SP_MAX_SUBTREES];
  int subtrees = sp_lanes_subtrees(x->job.lanes, x->hosted.begin, x->hosted.end, subtree);
  for (int64_t i = 0; i < lanes; i++) r->lane[i] = mine + i * n;
  sp_tree_sum_run(&r->own, SP_FLOAT64, n, r->lane);
  values += r->first_part[x->comm->rank] * n;
  for (int i = 0; i < subtrees; i++) {
    memcpy(values + i * n, r->lane[subtree[i].begin - x->hosted.begin], (size_t)n * sizeof *values);
  }
}

/// Get the values of all ranks into r->values.
static void gather(sp_exchange *x, int64_t n, double *mine) {
  sp_reduction *r = x->reduction;
  int spans = x->node ? x->comm->node_count : x->comm->size;
  for (int i = 0; i < spans; i++) {
    r->n_counts[i] = r->counts[i] * (int)n;
    r->n_offsets[i] = r->offsets[i] * (int)n;
  }
  if (!x->node) {
    write_own(x, n, mine, r->values);
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, r->values, r->n_counts, r->n_offsets, MPI_DOUBLE,
                   x->comm->world);
    return;
  }
  double *board = (double *)r->board.memory + r->calls++ % 2 * board_values(x, r->parts);
  write_own(x, n, mine, board);
  sp_node_gather(x, board, r->n_counts, r->n_offsets);
  memcpy(r->values, board, (size_t)(r->parts * n) * sizeof *board);
}

void sp_lanes_reduce(sp_exchange *x, int64_t n, double *mine, double *total) {
  sp_reduction *r = x->reduction;
  double start = sp_clock(), waited = x->times.wait;
  gather(x, n, mine);
  for (int64_t i = 0; i < r->parts; i++) r->part[i] = r->values + i * n;
  sp_tree_sum_run(&r->all, SP_FLOAT64, n, r->part);
  memcpy(total, r->part[0], (size_t)n * sizeof *total);
  x->times.wait = waited + sp_clock() - start;
}

// --- creation -----------------------------------------------------------------------------------------------------

static int64_t count_parts(const sp_exchange *x, int rank) {
  sp_subtree subtree[SP_MAX_SUBTREES], hosted = sp_lanes_hosted(x->job.lanes, x->comm->size, rank);
  return sp_lanes_subtrees(x->job.lanes, hosted.begin, hosted.end, subtree);
}

static sp_status measure(const sp_exchange *x, int64_t *parts, int64_t *bytes) {
  int64_t values;
  *parts = 0;
  for (int rank = 0; rank < x->comm->size; rank++) *parts += count_parts(x, rank);
  if (sp_multiply_size(*parts, x->job.reduce, &values) && values <= INT32_MAX) {
    *bytes = values * (int64_t)sizeof(double);
    return SP_OK;
  }
  return sp_fail(SP_ERR_MEMORY, "sums of %lld values for each of %lld lanes are too many", (long long)x->job.reduce,
                 (long long)x->job.lanes);
}

sp_status sp_reduction_memory(const sp_exchange *x, int64_t *bytes) {
  int64_t parts = 0, one = 0;
  SP_TRY(measure(x, &parts, &one));
  bool shares = x->job.shared || x->comm->size == 1;
  *bytes += one + (shares && x->comm->node_rank == 0 ? 2 * one : 0);
  return SP_OK;
}

/// Plan the sums of this rank's lanes and of the subtrees of all ranks.
static sp_status plan_sums(sp_exchange *x, sp_subtree *part) {
  sp_reduction *r = x->reduction;
  int64_t lanes = x->hosted.end - x->hosted.begin;
  for (int64_t i = 0; i < lanes; i++) part[i] = (sp_subtree){x->hosted.begin + i, x->hosted.begin + i + 1};
  SP_TRY(sp_tree_sum_create(x->job.lanes, part, lanes, &r->own));
  for (int rank = 0; rank < x->comm->size; rank++) {
    sp_subtree hosted = sp_lanes_hosted(x->job.lanes, x->comm->size, rank), subtree[SP_MAX_SUBTREES];
    int count = sp_lanes_subtrees(x->job.lanes, hosted.begin, hosted.end, subtree);
    memcpy(part + r->first_part[rank], subtree, (size_t)count * sizeof *part);
    r->first_part[rank + 1] = r->first_part[rank] + count;
  }
  return sp_tree_sum_create(x->job.lanes, part, r->parts, &r->all);
}

static sp_status allocate(sp_exchange *x) {
  int64_t parts = 0, bytes = 0, lanes = x->hosted.end - x->hosted.begin;
  sp_subtree *part;
  SP_TRY(measure(x, &parts, &bytes));
  SP_TRY(sp_allocate(1, sizeof *x->reduction, "sums of lanes", &x->reduction));
  sp_reduction *r = x->reduction;
  r->parts = parts;
  SP_TRY(sp_allocate(x->comm->size + 1, sizeof *r->first_part, "sums of lanes", &r->first_part));
  SP_TRY(sp_allocate(lanes, sizeof *r->lane, "sums of lanes", &r->lane));
  SP_TRY(sp_allocate(parts, sizeof *r->part, "sums of lanes", &r->part));
  SP_TRY(sp_allocate(bytes, 1, "sums of lanes", &r->values));
  SP_TRY(sp_allocate(4 * (int64_t)x->comm->size, sizeof *r->counts, "message counts", &r->counts));
  r->offsets = r->counts + x->comm->size;
  r->n_counts = r->offsets + x->comm->size;
  r->n_offsets = r->n_counts + x->comm->size;
  SP_TRY(sp_allocate(parts > lanes ? parts : lanes, sizeof *part, "sums of lanes", &part));
  sp_status status = plan_sums(x, part);
  free(part);
  return status;
}

sp_status sp_reduction_create(sp_exchange *x) {
  const sp_comm *comm = x->comm;
  SP_TRY(sp_comm_agree(comm, allocate(x)));
  sp_reduction *r = x->reduction;
  if (!x->node) {
    for (int rank = 0; rank < comm->size; rank++) {
      r->offsets[rank] = (int)r->first_part[rank];
      r->counts[rank] = (int)(r->first_part[rank + 1] - r->first_part[rank]);
    }
    return SP_OK;
  }
  int first = comm->rank - comm->node_rank;
  int begin = (int)r->first_part[first], end = (int)r->first_part[first + comm->node_size];
  sp_node_spans(x, begin, end - begin, r->counts, r->offsets);
  return sp_window_open(comm, 2 * board_values(x, r->parts) * (int64_t)sizeof(double), "sums of lanes", &r->board);
}

void sp_reduction_free(sp_exchange *x) {
  sp_reduction *r = x->reduction;
  if (!r) return;
  sp_window_close(&r->board);
  sp_tree_sum_free(&r->own);
  sp_tree_sum_free(&r->all);
  free(r->first_part);
  free(r->lane);
  free(r->part);
  free(r->values);
  free(r->counts);
  free(r);
  x->reduction = NULL;
}
