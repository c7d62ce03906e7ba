// SPDX-License-Identifier: Apache-2.0
// Counting the targets of the training rows: each lane counts its share, and the counts are added along the lane tree.
#include "train/loss_factors.h"

#include <stdlib.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "base/share.h"
#include "data/row_delivery.h"
#include "exchange/lanes.h"
#include "exchange/sums.h"

enum { TOGETHER = 4096 };  // rows that are delivered at a time

typedef struct counting {
  const sp_rows *rows;
  sp_network *network;
  void *column[SP_MAX_COLUMNS];  // memory of the targets; NULL for the other columns
  int64_t *row;
  double *mine;  // (hosted lanes, count)
  double *total;
} counting;

static sp_status allocate(counting *c, int64_t lanes, int64_t count) {
  const int target = sp_network_target(c->network);
  const sp_shape *shape = sp_dataset_shape(c->rows->dataset, target);
  int64_t values;
  if (!sp_multiply_size(TOGETHER, sp_shape_size(shape), &values)) {
    return sp_fail(SP_ERR_MEMORY, "the targets of %d rows exceed the address space", TOGETHER);
  }
  SP_TRY(sp_allocate(values, sizeof(double), "targets to count", &c->column[target]));
  SP_TRY(sp_allocate(TOGETHER, sizeof *c->row, "rows to count", &c->row));
  SP_TRY(sp_allocate(count, sizeof *c->total, "counts of targets", &c->total));
  return sp_allocate(lanes * count, sizeof *c->mine, "counts of targets", &c->mine);
}

static sp_status count_lane(const counting *c, int64_t begin, int64_t end, double *total) {
  while (begin < end) {
    const int64_t count = end - begin < TOGETHER ? end - begin : TOGETHER;
    const sp_batch batch = {.rows = count, .column = (const void *const *)c->column, .row = c->row};
    SP_TRY(sp_interrupt_check());
    for (int64_t i = 0; i < count; i++) c->row[i] = c->rows->first + begin + i;
    SP_TRY(sp_dataset_gather(c->rows->dataset, NULL, c->row, count, c->column));
    sp_network_count_targets(c->network, &batch, total);
    begin += count;
  }
  return SP_OK;
}

sp_status sp_loss_factors_compute(const sp_comm *comm, const sp_rows *rows, int64_t lanes, sp_network *network) {
  const sp_subtree hosted = sp_lanes_hosted(lanes, comm->size, comm->rank);
  const char *name;
  int64_t count;
  if (!sp_network_factors(network, &name, &count)) return SP_OK;
  counting c = {.rows = rows, .network = network};
  sp_status status = allocate(&c, hosted.end - hosted.begin, count);
  for (int64_t lane = hosted.begin; lane < hosted.end && status == SP_OK; lane++) {
    status = count_lane(&c, sp_share_begin(rows->count, lanes, lane), sp_share_begin(rows->count, lanes, lane + 1),
                        c.mine + (lane - hosted.begin) * count);
  }
  status = sp_comm_agree(comm, status);
  if (status == SP_OK) status = sp_lane_sums(comm, lanes, count, c.mine, c.total);
  if (status == SP_OK) status = sp_network_balance(network, c.total, (double)rows->count);
  free(c.column[sp_network_target(network)]);
  free(c.row);
  free(c.total);
  free(c.mine);
  return status;
}
