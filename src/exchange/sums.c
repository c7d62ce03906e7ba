// SPDX-License-Identifier: Apache-2.0
// Sums of a few float64 values per lane, along the lane tree.
#include "exchange/sums.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "exchange/lanes.h"

typedef struct table {
  double *value;
  int64_t width;
} table;

static void add_lane(void *context, int64_t into, int64_t from) {
  const table *t = context;
  double *sum = t->value + into * t->width;
  const double *more = t->value + from * t->width;
  for (int64_t i = 0; i < t->width; i++) sum[i] += more[i];
}

void sp_lane_sums_add(int64_t lanes, int64_t count, double *all, double *total) {
  table t = {all, count};
  sp_lanes_sum_tree(lanes, NULL, lanes, add_lane, &t);
  memcpy(total, all, (size_t)count * sizeof *total);
}

static sp_status allocate(const sp_comm *comm, int64_t lanes, int64_t count, double **all, int **counts) {
  int64_t values;
  if (!sp_multiply_size(lanes, count, &values) || values > INT32_MAX) {
    return sp_fail(SP_ERR_MEMORY, "sums of %lld values for each of %lld lanes are too many", (long long)count,
                   (long long)lanes);
  }
  SP_TRY(sp_allocate(values, sizeof **all, "sums of lanes", all));
  return sp_allocate(2 * (int64_t)comm->size, sizeof **counts, "message counts", counts);
}

sp_status sp_lane_sums(const sp_comm *comm, int64_t lanes, int64_t count, const double *mine, double *total) {
  double *all = NULL;
  int *counts = NULL;
  sp_status status = sp_comm_agree(comm, allocate(comm, lanes, count, &all, &counts));
  if (status == SP_OK) {
    int *offsets = counts + comm->size;
    for (int r = 0; r < comm->size; r++) {
      sp_subtree hosted = sp_lanes_hosted(lanes, comm->size, r);
      offsets[r] = (int)(hosted.begin * count);
      counts[r] = (int)((hosted.end - hosted.begin) * count);
    }
    MPI_Allgatherv(mine, counts[comm->rank], MPI_DOUBLE, all, counts, offsets, MPI_DOUBLE, comm->world);
    sp_lane_sums_add(lanes, count, all, total);
  }
  free(all);
  free(counts);
  return status;
}

static double add_blocks(const double *value, int64_t begin, int64_t span, int64_t blocks) {
  if (span == 1) return value[begin];
  int64_t middle = begin + span / 2;
  double left = add_blocks(value, begin, span / 2, blocks);
  return middle < blocks ? left + add_blocks(value, middle, span / 2, blocks) : left;
}

double sp_block_sums_add(int64_t blocks, const double *value) {
  int64_t span = 1;
  while (span < blocks) span *= 2;
  return add_blocks(value, 0, span, blocks);
}
