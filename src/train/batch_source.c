// SPDX-License-Identifier: Apache-2.0
// Gathering the rows of a pass.
#include "train/batch_source.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/row_delivery.h"

void sp_batch_source_describe(const sp_comm *comm, const sp_run_config *config, const sp_feed *feed,
                              sp_batch_source *out) {
  int64_t rows = feed->train ? feed->train_rows.count : 0;
  int64_t chunk = feed->train ? sp_dataset_chunk_rows(feed->train) : 0;
  *out = (sp_batch_source){.dataset = feed->train};
  out->order = (sp_order){.shuffle = (sp_shuffle)config->data->shuffle,
                          .seed = (uint64_t)config->run->seed,
                          .rows = rows,
                          .batch = sp_run_update_rows(config),
                          .lanes = config->train->lanes,
                          .accumulate = config->optimizer->accumulate,
                          .chunk_rows = chunk > 0 ? chunk : config->train->batch_size,
                          .window = config->data->window};
  out->hosted = sp_lanes_hosted(out->order.lanes, comm->size, comm->rank);
}

/// Returns the rows of mini-batch `part` of lanes [begin, end).
static int64_t part_rows(const sp_order *order, int64_t step, sp_subtree lanes, int64_t part) {
  int64_t rows = 0;
  for (int64_t lane = lanes.begin; lane < lanes.end; lane++) rows += sp_order_part_rows(order, step, lane, part);
  return rows;
}

/// Prepare the network for all sizes of passes: those of the mini-batches of a full batch and of the short batch at the end.
/// There is also room for the largest share of a single lane.
static sp_status prepare_passes(const sp_batch_source *s, int64_t *largest) {
  if (!s->dataset) return SP_OK;
  const int64_t last = sp_order_steps(&s->order) - 1;
  for (int64_t step = 0; step <= last; step = step < last ? last : last + 1) {
    for (int64_t part = 0; part < sp_order_parts(&s->order, step); part++) {
      const int64_t rows = part_rows(&s->order, step, s->hosted, part);
      SP_TRY(sp_network_prepare(s->network, rows));
      if (rows > *largest) *largest = rows;
    }
  }
  const int64_t batch = s->order.batch / s->order.accumulate, most = (batch - 1) / s->order.lanes + 1;
  if (most > *largest) *largest = most;
  return SP_OK;
}

sp_status sp_batch_source_allocate(sp_batch_source *s, const sp_run_config *config, const sp_feed *feed,
                                   sp_network *network, int64_t other_rows) {
  const sp_dataset *dataset = feed->train ? feed->train : feed->test;
  const int64_t lanes = s->hosted.end - s->hosted.begin;
  size_t size = sp_dtype_size(sp_run_precision(config));
  const sp_column_use *use = sp_network_use(network);
  int64_t largest = 0, values;
  s->network = network;
  if (lanes > 0) sp_network_set_lanes(network, lanes);  // a rank without lanes still evaluates and predicts
  SP_TRY(prepare_passes(s, &largest));
  SP_TRY(sp_network_prepare(network, other_rows));
  if (other_rows > largest) largest = other_rows;
  for (int c = 0; c < sp_dataset_columns(dataset); c++) {
    if (!sp_dataset_has(dataset, c) || !use[c].read) continue;
    if (!sp_multiply_size(largest, sp_shape_size(sp_dataset_shape(dataset, c)), &values)) {
      return sp_fail(SP_ERR_MEMORY, "a batch of %lld rows exceeds the address space", (long long)largest);
    }
    SP_TRY(sp_allocate(values, size, "a column of a batch", &s->column[c]));
    if (sp_network_weight_depends_on(network, c)) s->weight_column[c] = s->column[c];
  }
  SP_TRY(sp_allocate(lanes > 0 ? lanes : 1, sizeof *s->lane_end, "lanes", &s->lane_end));
  return sp_allocate(largest, sizeof *s->row, "rows of a batch", &s->row);
}

void sp_batch_source_free(sp_batch_source *s) {
  for (int c = 0; c < SP_MAX_COLUMNS; c++) free(s->column[c]);
  free(s->row);
  free(s->lane_end);
}

/// Gather the rows of mini-batch `part` of some lanes.
static sp_status read_lanes(sp_batch_source *s, const sp_progress *now, int back, sp_subtree lanes, int64_t part,
                            void *const *column, sp_batch *batch) {
  const int64_t step = now->epoch_step - back;
  int64_t rows = 0;
  s->lanes =
      (sp_batch_lanes){.count = lanes.end - lanes.begin, .end = s->lane_end, .parts = 1, .part_end = &s->lanes.count};
  for (int64_t lane = lanes.begin; lane < lanes.end; lane++) {
    sp_order_rows(&s->order, now->epoch, step, lane, part, s->row + rows);
    s->lane_end[lane - lanes.begin] = rows += sp_order_part_rows(&s->order, step, lane, part);
  }
  const sp_delivery training = {.seed = s->order.seed, .epoch = now->epoch};
  SP_TRY(sp_dataset_gather(s->dataset, &training, s->row, rows, column));
  *batch = (sp_batch){.rows = rows,
                      .column = (const void *const *)column,
                      .row = s->row,
                      .seed = s->order.seed,
                      .step = now->step - back,
                      .lanes = &s->lanes};
  return SP_OK;
}

static sp_status check_input(const sp_batch_source *s, const sp_dataset *dataset, const sp_batch *batch) {
  int64_t row;
  sp_status status = sp_network_check_input(s->network, batch, &row);
  return status == SP_OK ? SP_OK : sp_dataset_context(status, dataset, sp_network_input(s->network), batch->row[row]);
}

sp_status sp_batch_source_read(sp_batch_source *s, const sp_progress *now, int64_t part, sp_batch *batch) {
  SP_TRY(read_lanes(s, now, 0, s->hosted, part, s->column, batch));
  return check_input(s, s->dataset, batch);
}

sp_status sp_batch_source_read_weights(sp_batch_source *s, const sp_progress *now, int64_t part, sp_batch *batch) {
  return read_lanes(s, now, 0, s->hosted, part, s->weight_column, batch);
}

sp_batch sp_batch_source_nothing(sp_batch_source *s) {
  const int64_t lanes = s->hosted.end - s->hosted.begin;
  memset(s->lane_end, 0, (size_t)lanes * sizeof *s->lane_end);
  s->lanes = (sp_batch_lanes){.count = lanes, .end = s->lane_end, .parts = 1, .part_end = &s->lanes.count};
  return (sp_batch){.lanes = &s->lanes};
}

sp_status sp_batch_source_read_lane(sp_batch_source *s, const sp_progress *now, int back, int64_t lane, int64_t part,
                                    sp_batch *batch) {
  SP_TRY(read_lanes(s, now, back, (sp_subtree){lane, lane + 1}, part, s->column, batch));
  SP_TRY(sp_network_prepare(s->network, batch->rows));
  return check_input(s, s->dataset, batch);
}

sp_status sp_batch_source_read_rows(sp_batch_source *s, const sp_rows *rows, int64_t first, int64_t count,
                                    sp_batch *batch) {
  for (int64_t i = 0; i < count; i++) s->row[i] = rows->first + first + i;
  SP_TRY(sp_dataset_gather(rows->dataset, NULL, s->row, count, s->column));
  *batch = (sp_batch){.rows = count, .column = (const void *const *)s->column, .row = s->row};
  return check_input(s, rows->dataset, batch);
}
