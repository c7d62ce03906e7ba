// SPDX-License-Identifier: Apache-2.0
// Keeping numbers of rows, collecting them on rank 0, and computing scores from all of them.
#include "train/kept_rows.h"

#include <limits.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/memory_available.h"
#include "base/share.h"
#include "base/text.h"
#include "exchange/lanes.h"

/// Returns the numbers of a row that all metrics keep, or, if `most`, those of the metric that keeps most.
static int64_t numbers_of(const sp_network *network, bool most) {
  int64_t numbers = 0;
  for (int m = 0; m < sp_network_metrics(network); m++) {
    const int kept = sp_network_kept(network, m);
    numbers = !most ? numbers + kept : kept > numbers ? kept : numbers;
  }
  return numbers;
}

int64_t sp_kept_rows_bytes(const sp_network *network, int64_t rows, int64_t ranks) {
  const int64_t all = numbers_of(network, false), most = numbers_of(network, true);
  int64_t mine, whole;
  if (all == 0) return 0;
  if (rows > INT_MAX || !sp_multiply_size((rows + ranks - 1) / ranks, all * (int64_t)sizeof(double), &mine) ||
      !sp_multiply_size(rows, most * (int64_t)sizeof(double), &whole) || mine > INT64_MAX - whole) {
    return -1;
  }
  return mine + whole;
}

sp_status sp_kept_rows_check(const sp_comm *comm, const sp_network *network, int64_t rows) {
  const int64_t bytes = sp_kept_rows_bytes(network, rows, comm->size);
  char need[32], have[32];
  if (bytes == 0 || (comm->rank > 0 && bytes > 0)) return SP_OK;
  const int64_t available = sp_memory_available();
  if (bytes > 0 && bytes <= available / 2) return SP_OK;
  return sp_fail(SP_ERR_MEMORY,
                 "model.metrics: a metric needs all predictions of an evaluation, and %lld rows take %s on rank 0, "
                 "expected at most half of its free memory, which is %s: evaluate fewer rows, or remove auc",
                 (long long)rows, bytes < 0 ? "more than can be addressed" : sp_text_bytes(bytes, need),
                 sp_text_bytes(available, have));
}

sp_status sp_kept_rows_create(const sp_comm *comm, const sp_network *network, int64_t lanes, int64_t rows,
                              int64_t pass_rows, sp_kept_rows *out) {
  const sp_subtree hosted = sp_lanes_hosted(lanes, comm->size, comm->rank);
  const int64_t numbers = numbers_of(network, false);
  int64_t values;
  *out = (sp_kept_rows){.comm = comm, .network = network, .rows = rows, .lanes = lanes};
  out->first = sp_share_begin(rows, lanes, hosted.begin);
  out->end = sp_share_begin(rows, lanes, hosted.end);
  if (numbers == 0) return SP_OK;
  if (!sp_multiply_size(out->end - out->first, numbers, &values)) {
    return sp_fail(SP_ERR_MEMORY, "the numbers of %lld rows exceed the address space", (long long)rows);
  }
  SP_TRY(sp_allocate(values, sizeof *out->mine, "numbers of the rows for metrics", &out->mine));
  if (!sp_multiply_size(pass_rows, sp_shape_size(sp_network_output(network)), &values)) {
    return sp_fail(SP_ERR_MEMORY, "the outputs of %lld rows exceed the address space", (long long)pass_rows);
  }
  return sp_allocate(values, sizeof(double), "outputs of a pass", &out->output);
}

void sp_kept_rows_free(sp_kept_rows *k) {
  free(k->mine);
  free(k->output);
  *k = (sp_kept_rows){0};
}

/// Returns this rank's numbers of a metric.
static double *numbers_at(const sp_kept_rows *k, int metric) {
  double *at = k->mine;
  for (int m = 0; m < metric; m++) at += (k->end - k->first) * sp_network_kept(k->network, m);
  return at;
}

void sp_kept_rows_add(sp_kept_rows *k, int64_t first, const sp_batch *batch) {
  for (int m = 0; k->mine && m < sp_network_metrics(k->network); m++) {
    const int kept = sp_network_kept(k->network, m);
    if (kept > 0) sp_network_keep(k->network, m, batch, k->output, numbers_at(k, m) + (first - k->first) * kept);
  }
}

/// Collect the numbers of a metric on rank 0. all: (rows, kept) on rank 0. counts: (2, ranks). Collective: yes.
static void collect(const sp_kept_rows *k, int metric, double *all, int *counts) {
  const sp_comm *comm = k->comm;
  int *offsets = counts + comm->size;
  MPI_Datatype row;
  for (int r = 0; r < comm->size; r++) {
    const sp_subtree hosted = sp_lanes_hosted(k->lanes, comm->size, r);
    offsets[r] = (int)sp_share_begin(k->rows, k->lanes, hosted.begin);
    counts[r] = (int)sp_share_begin(k->rows, k->lanes, hosted.end) - offsets[r];
  }
  MPI_Type_contiguous(sp_network_kept(k->network, metric), MPI_DOUBLE, &row);
  MPI_Type_commit(&row);
  MPI_Gatherv(numbers_at(k, metric), counts[comm->rank], row, all, counts, offsets, row, 0, comm->world);
  MPI_Type_free(&row);
}

static sp_status allocate(const sp_kept_rows *k, double **all, int **counts) {
  int64_t values;
  SP_TRY(sp_allocate(2 * (int64_t)k->comm->size, sizeof **counts, "message counts", counts));
  if (k->comm->rank > 0) return SP_OK;
  if (!sp_multiply_size(k->rows, numbers_of(k->network, true), &values)) {
    return sp_fail(SP_ERR_MEMORY, "the numbers of %lld rows exceed the address space", (long long)k->rows);
  }
  return sp_allocate(values, sizeof **all, "numbers of all rows for metrics", all);
}

sp_status sp_kept_rows_scores(sp_kept_rows *k, double *scores) {
  double *all = NULL;
  int *counts = NULL;
  if (numbers_of(k->network, false) == 0) return SP_OK;
  sp_status status = sp_comm_agree(k->comm, allocate(k, &all, &counts));
  for (int m = 0; status == SP_OK && m < sp_network_metrics(k->network); m++) {
    if (sp_network_kept(k->network, m) == 0) continue;
    collect(k, m, all, counts);
    if (k->comm->rank == 0) sp_network_finish(k->network, m, all, k->rows, scores);
  }
  if (status == SP_OK) MPI_Bcast(scores, sp_network_scores(k->network), MPI_DOUBLE, 0, k->comm->world);
  free(all);
  free(counts);
  return status;
}
