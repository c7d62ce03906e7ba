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

sp_status sp_lane_adder_create(const sp_comm *comm, int64_t lanes, int64_t count, sp_lane_adder *out) {
  int64_t values;
  *out = (sp_lane_adder){.comm = comm, .lanes = lanes, .count = count};
  if (!sp_multiply_size(lanes, count, &values) || values > INT32_MAX) {
    return sp_fail(SP_ERR_MEMORY, "sums of %lld values for each of %lld lanes are too many", (long long)count,
                   (long long)lanes);
  }
  SP_TRY(sp_allocate(values, sizeof *out->all, "sums of lanes", &out->all));
  SP_TRY(sp_allocate(2 * (int64_t)comm->size, sizeof *out->counts, "message counts", &out->counts));
  for (int r = 0; r < comm->size; r++) {
    sp_subtree hosted = sp_lanes_hosted(lanes, comm->size, r);
    out->counts[r] = (int)((hosted.end - hosted.begin) * count);
    out->counts[comm->size + r] = (int)(hosted.begin * count);
  }
  return SP_OK;
}

void sp_lane_adder_free(sp_lane_adder *r) {
  free(r->all);
  free(r->counts);
  *r = (sp_lane_adder){0};
}

void sp_lane_adder_add(sp_lane_adder *r, const double *mine, double *total) {
  const sp_comm *comm = r->comm;
  MPI_Allgatherv(mine, r->counts[comm->rank], MPI_DOUBLE, r->all, r->counts, r->counts + comm->size, MPI_DOUBLE,
                 comm->world);
  sp_lane_sums_add(r->lanes, r->count, r->all, total);
}

sp_status sp_lane_sums(const sp_comm *comm, int64_t lanes, int64_t count, const double *mine, double *total) {
  sp_lane_adder adder;
  sp_status status = sp_comm_agree(comm, sp_lane_adder_create(comm, lanes, count, &adder));
  if (status == SP_OK) sp_lane_adder_add(&adder, mine, total);
  sp_lane_adder_free(&adder);
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
