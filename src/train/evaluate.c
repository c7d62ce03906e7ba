// Scores over rows: each lane takes a contiguous share, sums are added along the lane tree.
#include <string.h>

#include "base/share.h"
#include "data/row_delivery.h"
#include "exchange/sums.h"
#include "train/training.h"

void sp_trainer_scores(const sp_trainer *t, const double *sums, double rows, sp_scores *scores) {
  scores->count = sp_network_scores(t->network);
  for (int i = 0; i < scores->count; i++) scores->name[i] = sp_network_score_name(t->network, i);
  sp_network_score(t->network, sums, rows, scores->value);
}

sp_status sp_trainer_forward(sp_trainer *t, const sp_rows *rows, int64_t first, int64_t count, void *output,
                             double *sums) {
  for (int64_t i = 0; i < count; i++) t->row[i] = rows->first + first + i;
  sp_beat(t->pulse, SP_PHASE_EVALUATION);
  SP_TRY(sp_network_prepare(t->network, count));
  SP_TRY(sp_dataset_gather(rows->dataset, t->row, count, t->features, t->targets));
  sp_batch batch = {.rows = count, .features = t->features, .targets = t->targets, .row = t->row};
  sp_network_evaluate(t->network, &batch, t->state.parameters, output, sums);
  return SP_OK;
}

static sp_status evaluate_lane(sp_trainer *t, const sp_rows *rows, int64_t lane, double *sums) {
  double more[SP_STATE_SUMS];
  int count = sp_network_sums(t->network);
  int64_t begin = sp_share_begin(rows->count, t->order.lanes, lane);
  int64_t end = sp_share_begin(rows->count, t->order.lanes, lane + 1);
  for (int64_t first = begin; first < end; first += t->evaluation_rows) {
    int64_t n = end - first < t->evaluation_rows ? end - first : t->evaluation_rows;
    SP_TRY(sp_trainer_forward(t, rows, first, n, NULL, more));
    for (int i = 0; i < count; i++) sums[i] += more[i];
  }
  return SP_OK;
}

sp_status sp_trainer_evaluate(sp_trainer *t, const sp_rows *rows, sp_scores *scores) {
  int sums = sp_network_sums(t->network);
  int64_t first = t->hosted.begin, end = t->hosted.end;
  sp_status status = SP_OK;
  for (int64_t lane = first; lane < end; lane++) {
    double *mine = t->lane_sums + (lane - first) * sums;
    memset(mine, 0, (size_t)sums * sizeof *mine);
    if (status == SP_OK) status = evaluate_lane(t, rows, lane, mine);
  }
  sp_beat(t->pulse, SP_PHASE_EXCHANGE);
  SP_TRY(sp_comm_agree(t->comm, status));
  SP_TRY(sp_lane_sums(t->comm, t->order.lanes, sums, t->lane_sums, t->total));
  sp_trainer_scores(t, t->total, (double)rows->count, scores);
  return SP_OK;
}
