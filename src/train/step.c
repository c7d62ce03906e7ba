// One synchronised step: gradients of the hosted lanes, the control reduction, the sharded update.
#include <string.h>

#include "base/files.h"
#include "compute/elementwise.h"
#include "data/row_delivery.h"
#include "train/training.h"

// What rides on the control reduction behind the sums of loss and metrics. NONFINITE is of the step before.
enum { FLAG_FAILED, FLAG_NONFINITE, FLAG_STOP, FLAG_SAVE, FLAG_READY, FLAGS };

int sp_trainer_step_sums(const sp_trainer *t) { return sp_network_sums(t->network) + FLAGS; }

// --- passes -------------------------------------------------------------------------------------------------------

/// A pass that is being timed: what the exchange takes out of it is the exchange's.
typedef struct pass_watch {
  sp_trainer *trainer;
  double start;
  sp_exchange_times before;
  bool backward;
  bool last;      ///< of the lane: its gradient is complete where the pass is over
  int64_t added;  ///< from this value on it holds what the passes before have accumulated
} pass_watch;

/// The stretch since the last call, without what the exchange did in it.
static double take_stretch(pass_watch *watch) {
  double now = sp_clock();
  sp_exchange_times times = sp_exchange_time(watch->trainer->exchange);
  double own = now - watch->start - (times.update - watch->before.update) - (times.wait - watch->before.wait);
  watch->start = now;
  watch->before = times;
  return own;
}

static void need(void *context, int64_t end) {
  const pass_watch *watch = context;
  sp_beat(watch->trainer->pulse, SP_PHASE_EXCHANGE);
  sp_exchange_need(watch->trainer->exchange, end);
  sp_beat(watch->trainer->pulse, SP_PHASE_FORWARD);
}

/// The last pass of a lane brings its own gradient: what has been accumulated comes to it before others may read it.
static void add_accumulated(pass_watch *watch, int64_t begin) {
  const sp_trainer *t = watch->trainer;
  if (begin >= watch->added) return;
  size_t offset = (size_t)begin * sp_dtype_size(t->state.precision);
  sp_add(t->state.precision, watch->added - begin, (char *)sp_exchange_gradient(t->exchange) + offset,
         (const char *)t->accumulated + offset);
  watch->added = begin;
}

static void done(void *context, int64_t begin) {
  pass_watch *watch = context;
  if (!watch->backward) {
    watch->trainer->times.forward += take_stretch(watch);
    sp_beat(watch->trainer->pulse, SP_PHASE_BACKWARD);
  }
  watch->backward = true;
  if (watch->last) add_accumulated(watch, begin);
  // Of the passes before nothing is complete, but messages go on.
  sp_exchange_done(watch->trainer->exchange, watch->last ? begin : sp_parameter_values(watch->trainer->state.table));
}

sp_status sp_trainer_gather(sp_trainer *t, int back, int64_t lane, int64_t part, sp_batch *batch) {
  const sp_progress *now = &t->state.progress;
  int64_t step = now->epoch_step - back, rows = sp_order_part_rows(&t->order, step, lane, part);
  sp_order_rows(&t->order, now->epoch, step, lane, part, t->row);
  SP_TRY(sp_dataset_gather(t->feed.train, t->row, rows, t->features, t->targets));
  *batch = (sp_batch){.rows = rows, .features = t->features, .targets = t->targets, .row = t->row,
                      .seed = t->order.seed, .step = now->step - back};
  return SP_OK;
}

static sp_status gather(sp_trainer *t, int64_t lane, int64_t part, sp_batch *batch) {
  double start = sp_clock();
  sp_beat(t->pulse, SP_PHASE_DATA);
  sp_status status = sp_trainer_gather(t, 0, lane, part, batch);
  t->times.data += sp_clock() - start;
  return status;
}

/// A pass over a part of a lane's share, which makes its gradient: it is added to those of the parts before, in their order,
/// and so are its sums.
static void pass(sp_trainer *t, sp_batch *batch, int64_t part, double *lane_sums) {
  int64_t values = sp_parameter_values(t->state.table);
  bool first = part == 0, last = part == sp_order_parts(&t->order, t->state.progress.epoch_step) - 1;
  void *gradient = first && !last ? t->accumulated : sp_exchange_gradient(t->exchange);
  double sums[SP_STATE_SUMS];
  pass_watch watch = {.trainer = t, .last = last, .added = first ? 0 : values};
  sp_pass_events events = {need, done, &watch};
  batch->events = &events;
  take_stretch(&watch);
  sp_beat(t->pulse, SP_PHASE_FORWARD);
  sp_network_gradient(t->network, batch, t->state.parameters, gradient, sums);
  if (!first && !last) sp_add(t->state.precision, values, t->accumulated, gradient);
  for (int i = 0; i < sp_network_sums(t->network); i++) lane_sums[i] += sums[i];
  t->times.backward += take_stretch(&watch);
}

/// The lanes of this rank; their sums, with room for the flags.
static sp_status lane_gradients(sp_trainer *t) {
  int width = sp_trainer_step_sums(t);
  int64_t parts = sp_order_parts(&t->order, t->state.progress.epoch_step);
  sp_batch batch;
  sp_status status = SP_OK;
  for (int64_t lane = t->hosted.begin; lane < t->hosted.end; lane++) {
    double *mine = t->lane_sums + (lane - t->hosted.begin) * width;
    memset(mine, 0, (size_t)width * sizeof *mine);
    for (int64_t part = 0; part < parts; part++) {
      if (status == SP_OK) status = gather(t, lane, part, &batch);
      if (lane == t->hosted.begin && part == 0) {
        sp_beat(t->pulse, SP_PHASE_EXCHANGE);
        sp_exchange_begin(t->exchange);  // rows are gathered while others still update
      }
      if (status == SP_OK) pass(t, &batch, part, mine);
    }
    sp_exchange_lane_done(t->exchange);
  }
  return status;
}

/// Losses of a step that is left out do not count.
static void move_on(sp_trainer *t, int64_t rows, bool made) {
  sp_progress *now = &t->state.progress;
  int sums = made ? sp_network_sums(t->network) : 0;
  for (int i = 0; i < sums; i++) now->epoch_sums[i] += t->total[i];
  if (made) now->epoch_rows += (double)rows;
  now->rows_seen += rows;
  now->step++;
  now->epoch_step++;
}

// --- the step -----------------------------------------------------------------------------------------------------

sp_status sp_trainer_settle(sp_trainer *t) {
  sp_beat(t->pulse, SP_PHASE_EXCHANGE);
  int64_t value = t->exchange ? sp_exchange_finish(t->exchange) : -1;
  return value < 0 ? SP_OK : sp_trainer_explain_nonfinite(t, 1, value);
}

/// What all ranks know now: was anything wrong?
static sp_status judge(sp_trainer *t, const double *flags, sp_status status) {
  bool finite = sp_all_finite(SP_FLOAT64, sp_network_sums(t->network), t->total);
  bool sound = flags[FLAG_FAILED] == 0 && flags[FLAG_NONFINITE] == 0 && finite;
  sp_beat(t->pulse, t->comm->node_count > 1 ? SP_PHASE_EXCHANGE : SP_PHASE_UPDATE);  // where it waits for other nodes
  if (sp_exchange_update(t->exchange, sound)) return SP_OK;
  int64_t value = sp_exchange_finish(t->exchange);
  if (flags[FLAG_NONFINITE] > 0) return sp_trainer_explain_nonfinite(t, 1, value);
  if (flags[FLAG_FAILED] > 0) return sp_comm_agree(t->comm, status);
  if (!sound) return sp_trainer_explain_nonfinite(t, 0, SP_NONFINITE_LOSSES);
  return sp_trainer_explain_nonfinite(t, 0, value < 0 ? SP_NONFINITE_NORM : value);
}

static sp_status pass_over(sp_trainer *t, sp_step_outcome *outcome) {
  SP_TRY(sp_trainer_settle(t));
  int64_t rows = sp_order_batch_rows(&t->order, t->state.progress.epoch_step);
  move_on(t, rows, false);
  *outcome = (sp_step_outcome){.rows = rows};
  return SP_OK;
}

/// What makes the rule's learning rate `lr`, or what the schedule says.
static double lr_factor(const sp_trainer *t) {
  const sp_progress *now = &t->state.progress;
  if (t->lr > 0) return t->lr / sp_optimizer_lr(&t->config->optimizer->rule);
  sp_schedule_place place = {.step = now->step, .epoch_steps = sp_order_steps(&t->order), .steps = sp_trainer_steps(t),
                             .reductions = now->plateau_reductions};
  return sp_schedule_factor(t->config->optimizer->schedule, &place);
}

sp_status sp_trainer_step(sp_trainer *t, const sp_step_wishes *wishes, sp_step_outcome *outcome) {
  sp_beat_step(t->pulse, t->state.progress.step);
  if (sp_trainer_leaves_out(t)) return pass_over(t, outcome);
  t->apply.lr_factor = lr_factor(t);
  t->apply.scale = 1 / (double)sp_order_batch_rows(&t->order, t->state.progress.epoch_step);
  t->apply.step = sp_trainer_updates(t) + 1;
  double start = sp_clock(), update_before = sp_exchange_time(t->exchange).update;
  sp_step_times before = t->times;
  bool nonfinite = sp_exchange_nonfinite(t->exchange);  // between nodes this step's updates begin while passes go on
  sp_status status = lane_gradients(t);

  double *flags = t->lane_sums + sp_network_sums(t->network);
  flags[FLAG_FAILED] = status != SP_OK;
  flags[FLAG_NONFINITE] = nonfinite;
  flags[FLAG_STOP] = wishes->stop;
  flags[FLAG_SAVE] = wishes->save;
  flags[FLAG_READY] = wishes->ready;
  sp_beat(t->pulse, SP_PHASE_EXCHANGE);
  sp_exchange_control(t->exchange, t->lane_sums, t->total);
  const double *agreed = t->total + sp_network_sums(t->network);
  sp_step_outcome all = {sp_order_batch_rows(&t->order, t->state.progress.epoch_step), agreed[FLAG_STOP] > 0,
                         agreed[FLAG_SAVE] > 0, agreed[FLAG_READY] == t->comm->size, false};
  status = judge(t, agreed, status);
  all.made = status == SP_OK;
  SP_TRY(sp_trainer_leave_out(t, status));
  move_on(t, all.rows, all.made);
  *outcome = all;

  sp_step_times *now = &t->times;
  double passed = now->data - before.data + now->forward - before.forward + now->backward - before.backward;
  double updating = sp_exchange_time(t->exchange).update - update_before;
  now->update += updating;
  now->exchange += sp_clock() - start - passed - updating;
  now->steps++;
  return SP_OK;
}
