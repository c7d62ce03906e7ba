// SPDX-License-Identifier: Apache-2.0
// Gathering the rows of a pass.
#include "train/batch_source.h"

#include <stdlib.h>

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

/// Prepare the network for all sizes of passes. Parts of a lane's share have at most four sizes: the first and the last part
/// of a full batch and of the short batch at the end. An audit may use any lane.
static sp_status prepare_parts(const sp_batch_source *s, bool audits, sp_network *network, int64_t *largest) {
  if (!s->dataset) return SP_OK;
  const int64_t last = sp_order_steps(&s->order) - 1;
  for (int64_t lane = audits ? 0 : s->hosted.begin; lane < (audits ? s->order.lanes : s->hosted.end); lane++) {
    const int64_t rows[] = {sp_order_part_rows(&s->order, 0, lane, 0),
                            sp_order_part_rows(&s->order, 0, lane, sp_order_parts(&s->order, 0) - 1),
                            sp_order_part_rows(&s->order, last, lane, 0),
                            sp_order_part_rows(&s->order, last, lane, sp_order_parts(&s->order, last) - 1)};
    for (int i = 0; i < 4; i++) {
      SP_TRY(sp_network_prepare(network, rows[i]));
      if (rows[i] > *largest) *largest = rows[i];
    }
  }
  return SP_OK;
}

sp_status sp_batch_source_allocate(sp_batch_source *s, const sp_run_config *config, const sp_feed *feed,
                                   sp_network *network, int64_t other_rows) {
  const sp_dataset *dataset = feed->train ? feed->train : feed->test;
  size_t size = sp_dtype_size(sp_run_precision(config));
  const sp_column_use *use = sp_network_use(network);
  int64_t largest = 0, values;
  s->network = network;
  SP_TRY(prepare_parts(s, config->train->audit > 0, network, &largest));
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
  return sp_allocate(largest, sizeof *s->row, "rows of a batch", &s->row);
}

void sp_batch_source_free(sp_batch_source *s) {
  for (int c = 0; c < SP_MAX_COLUMNS; c++) free(s->column[c]);
  free(s->row);
}

static sp_status read_part(sp_batch_source *s, const sp_progress *now, int back, int64_t lane, int64_t part,
                           void *const *column, sp_batch *batch) {
  int64_t step = now->epoch_step - back, rows = sp_order_part_rows(&s->order, step, lane, part);
  sp_order_rows(&s->order, now->epoch, step, lane, part, s->row);
  const sp_delivery training = {.seed = s->order.seed, .epoch = now->epoch};
  SP_TRY(sp_dataset_gather(s->dataset, &training, s->row, rows, column));
  *batch = (sp_batch){.rows = rows,
                      .column = (const void *const *)column,
                      .row = s->row,
                      .seed = s->order.seed,
                      .step = now->step - back};
  return SP_OK;
}

static sp_status check_input(const sp_batch_source *s, const sp_dataset *dataset, const sp_batch *batch) {
  int64_t row;
  sp_status status = sp_network_check_input(s->network, batch, &row);
  return status == SP_OK ? SP_OK : sp_dataset_context(status, dataset, sp_network_input(s->network), batch->row[row]);
}

sp_status sp_batch_source_read(sp_batch_source *s, const sp_progress *now, int back, int64_t lane, int64_t part,
                               sp_batch *batch) {
  SP_TRY(read_part(s, now, back, lane, part, s->column, batch));
  return check_input(s, s->dataset, batch);
}

sp_status sp_batch_source_read_weights(sp_batch_source *s, const sp_progress *now, int64_t lane, int64_t part,
                                       sp_batch *batch) {
  return read_part(s, now, 0, lane, part, s->weight_column, batch);
}

sp_status sp_batch_source_read_rows(sp_batch_source *s, const sp_rows *rows, int64_t first, int64_t count,
                                    sp_batch *batch) {
  for (int64_t i = 0; i < count; i++) s->row[i] = rows->first + first + i;
  SP_TRY(sp_dataset_gather(rows->dataset, NULL, s->row, count, s->column));
  *batch = (sp_batch){.rows = count, .column = (const void *const *)s->column, .row = s->row};
  return check_input(s, rows->dataset, batch);
}
