// One synchronised step: gradients of the hosted lanes, their sum, the control reduction, the sharded update.
// May include: base, comm, data, model, exchange, optim, train.
#include <string.h>

#include "compute/compute.h"
#include "train/trainer.h"

// What rides on the control reduction behind the sums of loss and metrics.
enum { FLAG_FAILED, FLAG_NONFINITE, FLAG_STOP, FLAG_SAVE, FLAGS };

static sp_status lane_gradient(sp_trainer *t, int64_t lane, double *sums) {
  const sp_progress *now = &t->state.progress;
  int64_t rows = sp_order_lane_rows(&t->order, now->epoch_step, lane);
  sp_order_rows(&t->order, now->epoch, now->epoch_step, lane, t->row);
  SP_TRY(sp_dataset_gather(t->feed.train, t->row, rows, t->features, t->targets));
  sp_batch batch = {.rows = rows, .features = t->features, .targets = t->targets, .row = t->row,
                    .seed = t->order.seed, .step = now->step};
  sp_network_gradient(t->network, &batch, t->state.parameters, sp_exchange_gradient(t->exchange), sums);
  return SP_OK;
}

static void update(sp_trainer *t, const void *gradient, double rows) {
  const sp_shards *shards = sp_exchange_shards(t->exchange);
  size_t bytes = SP_BLOCK * sp_dtype_size(t->state.precision);
  for (int run = 0; run < sp_shard_runs(shards); run++) {
    sp_slice slice = sp_shard_slice(shards, shards->rank, run);
    if (slice.blocks == 0) continue;
    sp_update u = {.n = slice.blocks * SP_BLOCK, .p = (char *)t->state.parameters + (size_t)slice.first * bytes,
                   .gradient = (const char *)gradient + (size_t)slice.place * bytes, .scale = 1 / rows,
                   .step = t->state.progress.step + 1};
    for (int i = 0; i < t->state.slots; i++) u.slot[i] = (char *)t->state.slot[i] + (size_t)slice.place * bytes;
    sp_optimizer_update(&t->config->optimizer, t->state.precision, &u);
  }
}

static void move_on(sp_trainer *t, int64_t rows) {
  sp_progress *now = &t->state.progress;
  int sums = sp_network_sums(t->network);
  for (int i = 0; i < sums; i++) now->epoch_sums[i] += t->total[i];
  now->epoch_rows += (double)rows;
  now->rows_seen += rows;
  now->step++;
  now->epoch_step++;
}

sp_status sp_trainer_step(sp_trainer *t, bool stop, bool save, sp_step_outcome *outcome) {
  int sums = sp_network_sums(t->network), width = sums + FLAGS;
  int64_t first = sp_exchange_first_lane(t->exchange), end = sp_exchange_end_lane(t->exchange);
  sp_status status = SP_OK;
  for (int64_t lane = first; lane < end; lane++) {
    double *mine = t->lane_sums + (lane - first) * width;
    memset(mine, 0, (size_t)width * sizeof *mine);
    if (status == SP_OK) status = lane_gradient(t, lane, mine);
    sp_exchange_lane_done(t->exchange);
  }
  const void *gradient = sp_exchange_reduce(t->exchange);

  const sp_shards *shards = sp_exchange_shards(t->exchange);
  int64_t values = sp_shard_blocks(shards, shards->rank) * SP_BLOCK;
  double *flags = t->lane_sums + sums;
  flags[FLAG_FAILED] = status != SP_OK;
  flags[FLAG_NONFINITE] = !sp_all_finite(t->state.precision, values, gradient);
  flags[FLAG_STOP] = stop;
  flags[FLAG_SAVE] = save;
  SP_TRY(sp_exchange_sums(t->exchange, width, t->lane_sums, t->total));

  const double *agreed = t->total + sums;
  if (agreed[FLAG_FAILED] > 0) return sp_comm_agree(t->comm, status);
  if (agreed[FLAG_NONFINITE] > 0 || !sp_all_finite(SP_FLOAT64, sums, t->total)) return sp_trainer_explain_nonfinite(t);

  int64_t rows = sp_order_batch_rows(&t->order, t->state.progress.epoch_step);
  update(t, gradient, (double)rows);
  sp_exchange_publish(t->exchange, t->state.parameters);
  move_on(t, rows);
  *outcome = (sp_step_outcome){rows, agreed[FLAG_STOP] > 0, agreed[FLAG_SAVE] > 0};
  return SP_OK;
}
