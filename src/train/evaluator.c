// SPDX-License-Identifier: Apache-2.0
// Scores over rows: each lane evaluates a contiguous share, and the sums are added along the lane tree.
#include "train/evaluator.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/share.h"
#include "exchange/sums.h"
#include "train/kept_rows.h"

enum { LEAST_ROWS = 64 };

sp_status sp_evaluator_create(sp_model_state *model, sp_batch_source *source, int64_t data_rows, sp_evaluator *out) {
  int64_t batch = model->config->train->batch_size, lanes = source->order.lanes;
  int64_t rows = ((batch < data_rows ? batch : data_rows) + lanes - 1) / lanes;
  int sums = sp_network_sums(model->network);
  *out = (sp_evaluator){.model = model, .source = source, .rows = rows < LEAST_ROWS ? LEAST_ROWS : rows};
  SP_TRY(sp_allocate((source->hosted.end - source->hosted.begin) * sums, sizeof *out->lane_sums, "sums of lanes",
                     &out->lane_sums));
  return sp_allocate(sums, sizeof *out->total, "sums of lanes", &out->total);
}

void sp_evaluator_free(sp_evaluator *e) {
  free(e->lane_sums);
  free(e->total);
}

static sp_status forward(sp_evaluator *e, const sp_rows *rows, int64_t first, int64_t count, void *output, double *sums,
                         sp_batch *batch) {
  sp_model_state *m = e->model;
  sp_beat(m->pulse, SP_PHASE_EVALUATION);
  SP_TRY(sp_network_prepare(m->network, count));
  SP_TRY(sp_batch_source_read_rows(e->source, rows, first, count, batch));
  sp_network_evaluate(m->network, batch, m->state.parameters, output, sums);
  return SP_OK;
}

sp_status sp_evaluator_forward(sp_evaluator *e, const sp_rows *rows, int64_t first, int64_t count, void *output,
                               double *sums) {
  sp_batch batch;
  return forward(e, rows, first, count, output, sums, &batch);
}

static sp_status evaluate_lane(sp_evaluator *e, const sp_rows *rows, int64_t lane, sp_kept_rows *kept, double *sums) {
  double more[SP_STATE_SUMS];
  int count = sp_network_sums(e->model->network);
  int64_t lanes = e->source->order.lanes;
  int64_t begin = sp_share_begin(rows->count, lanes, lane), end = sp_share_begin(rows->count, lanes, lane + 1);
  for (int64_t first = begin; first < end; first += e->rows) {
    int64_t n = end - first < e->rows ? end - first : e->rows;
    sp_batch batch;
    SP_TRY(forward(e, rows, first, n, kept->output, more, &batch));
    sp_kept_rows_add(kept, first, &batch);
    for (int i = 0; i < count; i++) sums[i] += more[i];
  }
  return SP_OK;
}

/// Evaluate the lanes of this rank. Collective: no.
static sp_status evaluate(sp_evaluator *e, const sp_rows *rows, sp_kept_rows *kept) {
  const sp_model_state *m = e->model;
  int sums = sp_network_sums(m->network);
  int64_t first = e->source->hosted.begin, end = e->source->hosted.end;
  SP_TRY(sp_kept_rows_create(m->comm, m->network, e->source->order.lanes, rows->count, e->rows, kept));
  for (int64_t lane = first; lane < end; lane++) {
    double *mine = e->lane_sums + (lane - first) * sums;
    memset(mine, 0, (size_t)sums * sizeof *mine);
    SP_TRY(evaluate_lane(e, rows, lane, kept, mine));
  }
  return SP_OK;
}

sp_status sp_evaluator_score(sp_evaluator *e, const sp_rows *rows, sp_scores *scores) {
  const sp_model_state *m = e->model;
  int sums = sp_network_sums(m->network);
  sp_kept_rows kept = {0};
  sp_status status = evaluate(e, rows, &kept);
  sp_beat(m->pulse, SP_PHASE_EXCHANGE);
  status = sp_comm_agree(m->comm, status);
  if (status == SP_OK) status = sp_lane_sums(m->comm, e->source->order.lanes, sums, e->lane_sums, e->total);
  if (status == SP_OK) {
    sp_model_state_scores(m, e->total, (double)rows->count, scores);
    status = sp_kept_rows_scores(&kept, scores->value);
  }
  sp_kept_rows_free(&kept);
  return status;
}

sp_status sp_evaluator_score_average(sp_evaluator *e, const sp_rows *rows, sp_scores *scores) {
  sp_model_state_swap_average(e->model);
  sp_status status = sp_evaluator_score(e, rows, scores);
  sp_model_state_swap_average(e->model);
  return status;
}
