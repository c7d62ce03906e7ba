// SPDX-License-Identifier: Apache-2.0
// One synchronised step.
#include "train/step.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/log.h"
#include "base/memory.h"
#include "compute/elementwise.h"

// Values of the control reduction after the sums of loss and metrics. NONFINITE refers to the step before.
enum { FLAG_FAILED, FLAG_NONFINITE, FLAG_STOP, FLAG_SAVE, FLAG_READY, FLAGS };

int sp_train_step_sums(const sp_network *network) { return sp_network_sums(network) + FLAGS; }

// --- creation -----------------------------------------------------------------------------------------------------

int64_t sp_train_step_accumulators(const sp_network *network, int64_t hosted) {
  return sp_network_reduces(network) > 0 ? hosted : 1;
}

static size_t vector_bytes(const sp_train_step *s) {
  const sp_state *state = &s->model->state;
  return (size_t)sp_parameter_values(state->table) * sp_dtype_size(state->precision);
}

static sp_status allocate(sp_train_step *s) {
  const sp_model_state *m = s->model;
  int width = sp_train_step_sums(m->network);
  int64_t hosted = s->source->hosted.end - s->source->hosted.begin;
  if (s->source->order.accumulate > 1) {
    SP_TRY(sp_allocate(sp_train_step_accumulators(m->network, hosted), vector_bytes(s), "accumulated gradients",
                       &s->accumulated));
  }
  if (s->lane_source) {
    SP_TRY(sp_allocate(hosted, sizeof *s->lane_batch, "lanes", &s->lane_batch));
    SP_TRY(sp_lockstep_create(hosted, sp_network_reduces(m->network), &s->lockstep));
  }
  if (sp_network_is_weighted(m->network)) {
    SP_TRY(sp_allocate(hosted, sizeof *s->lane_weights, "weights of lanes", &s->lane_weights));
    SP_TRY(sp_lane_adder_create(m->comm, s->source->order.lanes, 1, &s->weight_sum));
  }
  SP_TRY(sp_allocate(hosted * width, sizeof *s->lane_sums, "sums of lanes", &s->lane_sums));
  return sp_allocate(width, sizeof *s->total, "sums of lanes", &s->total);
}

sp_status sp_train_step_create(sp_model_state *model, sp_batch_source *source, sp_batch_source *lane_source,
                               sp_failure_policy *failures, sp_train_step *out) {
  *out = (sp_train_step){.model = model, .source = source, .lane_source = lane_source, .failures = failures};
  SP_TRY(sp_comm_agree(model->comm, allocate(out)));
  sp_exchange_job job = {.lanes = source->order.lanes,
                         .precision = model->state.precision,
                         .blocks = model->shards.blocks,
                         .control = sp_train_step_sums(model->network),
                         .reduce = sp_network_reduces(model->network),
                         .parameters = model->state.parameters,
                         .shared = model->state.parameters_shared};
  sp_shard_update_create(model, &job, &out->update);
  sp_status status = sp_exchange_create(model->comm, model->config->exchange, &job, &out->exchange);
  return sp_document_locate(model->config->document, status);
}

void sp_train_step_free(sp_train_step *s) {
  sp_exchange_free(s->exchange);
  sp_lockstep_free(s->lockstep);
  free(s->lane_batch);
  free(s->accumulated);
  free(s->lane_weights);
  sp_lane_adder_free(&s->weight_sum);
  free(s->lane_sums);
  free(s->total);
  s->exchange = NULL;
  s->lockstep = NULL;
  s->lane_batch = NULL;
  s->accumulated = NULL;
  s->lane_weights = s->lane_sums = s->total = NULL;
}

void sp_train_step_restart(sp_train_step *s) {
  sp_exchange_restart(s->exchange);
  s->failures->nonfinite_step = 0;
}

// --- the weight of the batch --------------------------------------------------------------------------------------

static sp_status weigh_lane(sp_train_step *s, int64_t lane, int64_t parts, double *weight) {
  for (int64_t part = 0; part < parts; part++) {
    sp_batch batch;
    SP_TRY(sp_batch_source_read_weights(s->source, &s->model->state.progress, lane, part, &batch));
    *weight += sp_network_batch_weight(s->model->network, &batch);
  }
  return SP_OK;
}

/// Add the weights of the rows of the batch along the lane tree. This is done before the passes, because updates may begin
/// during them. A failure of this rank is agreed on later in the step. Collective: yes.
static sp_status weigh(sp_train_step *s, double *total) {
  const sp_subtree hosted = s->source->hosted;
  const double start = sp_clock();
  sp_status status = SP_OK;
  sp_beat(s->model->pulse, SP_PHASE_DATA);
  for (int64_t lane = hosted.begin; lane < hosted.end; lane++) {
    double *mine = &s->lane_weights[lane - hosted.begin];
    *mine = 0;
    if (status != SP_OK) continue;
    status = weigh_lane(s, lane, sp_order_parts(&s->source->order, s->model->state.progress.epoch_step), mine);
  }
  s->times.data += sp_clock() - start;
  sp_beat(s->model->pulse, SP_PHASE_EXCHANGE);
  sp_lane_adder_add(&s->weight_sum, s->lane_weights, total);
  return status;
}

static void warn_of_no_weight(sp_train_step *s, int64_t rows) {
  if (s->warned || s->model->comm->rank != 0) return;
  s->warned = true;
  sp_warn(
      "step %lld: the weights of its %lld rows are all 0, so its gradient is 0 and its loss is not recorded (further "
      "such steps are not reported)",
      (long long)s->model->state.progress.step + 1, (long long)rows);
}

/// Set the factor of the gradient: 1 / rows, or 1 / sum of the weights for a weighted loss. A batch without weight has the
/// gradient 0, with which the update is made: momentum, decay and the count of updates continue.
static sp_status set_scale(sp_train_step *s, int64_t rows) {
  double weight = (double)rows;
  sp_status status = s->lane_weights ? weigh(s, &weight) : SP_OK;
  s->update.apply.scale = weight > 0 ? 1 / weight : 0;
  if (status == SP_OK && weight == 0) warn_of_no_weight(s, rows);
  return status;
}

// --- passes -------------------------------------------------------------------------------------------------------

/// A pass that is being timed, without the time spent in the exchange.
typedef struct pass_watch {
  sp_train_step *step;
  int64_t lane;       ///< of those of this rank, from 0
  char *gradient;     ///< of the lane, in which the last pass leaves the sum of all
  char *accumulated;  ///< of the passes of the lane before
  double start;
  sp_exchange_times before;
  bool backward;
  bool last;      ///< last pass of the lane: the values of the gradient are complete as soon as they are computed
  bool reports;   ///< the pass reports them to the exchange; in lockstep, only that of the last lane does
  int64_t added;  ///< from this value on, the gradient includes the accumulated gradients of the passes before
} pass_watch;

/// Return the seconds since the last call, without those spent in the exchange.
static double take_stretch(pass_watch *watch) {
  double now = sp_clock();
  sp_exchange_times times = sp_exchange_time(watch->step->exchange);
  double own = now - watch->start - (times.update - watch->before.update) - (times.wait - watch->before.wait);
  watch->start = now;
  watch->before = times;
  return own;
}

static void need(void *context, int64_t end) {
  const sp_train_step *s = ((const pass_watch *)context)->step;
  sp_beat(s->model->pulse, SP_PHASE_EXCHANGE);
  sp_exchange_need(s->exchange, end);
  sp_beat(s->model->pulse, SP_PHASE_FORWARD);
}

/// Add the accumulated gradients to values of the last pass's gradient, before other ranks may read them.
static void add_accumulated(pass_watch *watch, int64_t begin) {
  const sp_train_step *s = watch->step;
  sp_dtype precision = s->model->state.precision;
  if (begin >= watch->added) return;
  size_t offset = (size_t)begin * sp_dtype_size(precision);
  sp_add(precision, watch->added - begin, watch->gradient + offset, watch->accumulated + offset);
  watch->added = begin;
}

static void done(void *context, int64_t begin) {
  pass_watch *watch = context;
  sp_train_step *s = watch->step;
  if (!watch->backward) {
    s->times.forward += take_stretch(watch);
    sp_beat(s->model->pulse, SP_PHASE_BACKWARD);
  }
  watch->backward = true;
  if (watch->last) add_accumulated(watch, begin);
  // Before the last pass no value is complete; the call only advances messages.
  sp_exchange_done(s->exchange, watch->last && watch->reports ? begin : sp_parameter_values(s->model->state.table));
}

/// In lockstep: wait for the other lanes and add the sums of all.
static void reduce(void *context, int64_t n, double *sums) {
  pass_watch *watch = context;
  sp_train_step *s = watch->step;
  *(watch->backward ? &s->times.backward : &s->times.forward) += take_stretch(watch);
  sp_lockstep_add(s->lockstep, watch->lane, n, sums);
  take_stretch(watch);  // of the other lanes
  sp_beat(s->model->pulse, watch->backward ? SP_PHASE_BACKWARD : SP_PHASE_FORWARD);
}

static sp_status gather(sp_train_step *s, sp_batch_source *source, int64_t lane, int64_t part, sp_batch *batch) {
  double start = sp_clock();
  sp_beat(s->model->pulse, SP_PHASE_DATA);
  sp_status status = sp_batch_source_read(source, &s->model->state.progress, 0, lane, part, batch);
  s->times.data += sp_clock() - start;
  return status;
}

/// Returns the sums of a hosted lane, which have room for the flags.
static double *sums_of(const sp_train_step *s, int64_t lane) {
  return s->lane_sums + lane * sp_train_step_sums(s->model->network);
}

/// Compute the gradient of part `part` of `parts` of a hosted lane's share, and add it and its sums to those of the parts
/// before, in their order.
static void pass(sp_train_step *s, sp_batch *batch, int64_t lane, int64_t part, int64_t parts) {
  const sp_model_state *m = s->model;
  int64_t values = sp_parameter_values(m->state.table), hosted = s->source->hosted.end - s->source->hosted.begin;
  bool first = part == 0, last = part == parts - 1;
  double sums[SP_STATE_SUMS], *lane_sums = sums_of(s, lane);
  pass_watch watch = {.step = s, .lane = lane, .last = last, .added = first ? 0 : values};
  watch.reports = !s->lockstep || lane == hosted - 1;
  watch.gradient = s->lockstep ? sp_exchange_lane_gradient(s->exchange, lane) : sp_exchange_gradient(s->exchange);
  if (parts > 1) watch.accumulated = (char *)s->accumulated + (s->lockstep ? (size_t)lane * vector_bytes(s) : 0);
  sp_pass_events events = {need, done, &watch};
  sp_pass_reduction reduction = {reduce, &watch};
  void *gradient = first && !last ? watch.accumulated : watch.gradient;
  batch->events = &events;
  if (s->lockstep) batch->reduction = &reduction;
  take_stretch(&watch);
  sp_beat(m->pulse, SP_PHASE_FORWARD);
  sp_network_gradient(m->network, batch, m->state.parameters, gradient, sums);
  if (!first && !last) sp_add(m->state.precision, values, watch.accumulated, gradient);
  for (int i = 0; i < sp_network_sums(m->network); i++) lane_sums[i] += sums[i];
  s->times.backward += take_stretch(&watch);
}

static void clear_sums(const sp_train_step *s) {
  int64_t hosted = s->source->hosted.end - s->source->hosted.begin;
  memset(s->lane_sums, 0, (size_t)hosted * (size_t)sp_train_step_sums(s->model->network) * sizeof *s->lane_sums);
}

static void begin_exchange(sp_train_step *s) {
  sp_beat(s->model->pulse, SP_PHASE_EXCHANGE);
  sp_exchange_begin(s->exchange);  // after gathering rows, which overlaps with the updates of other ranks
}

/// Compute the gradients and the sums of this rank's lanes, one after the other, unless `status` is a failure. Returns
/// `status`, or the failure of a pass.
static sp_status lane_gradients(sp_train_step *s, sp_status status) {
  const sp_subtree hosted = s->source->hosted;
  int64_t parts = sp_order_parts(&s->source->order, s->model->state.progress.epoch_step);
  sp_batch batch;
  clear_sums(s);
  for (int64_t lane = hosted.begin; lane < hosted.end; lane++) {
    for (int64_t part = 0; part < parts; part++) {
      if (status == SP_OK) status = gather(s, s->source, lane, part, &batch);
      if (lane == hosted.begin && part == 0) begin_exchange(s);
      if (status == SP_OK) pass(s, &batch, lane - hosted.begin, part, parts);
    }
    sp_exchange_lane_done(s->exchange);
  }
  return status;
}

// --- passes in lockstep -------------------------------------------------------------------------------------------

/// A part of the shares of all lanes.
typedef struct lanes_part {
  sp_train_step *step;
  int64_t part, parts;
} lanes_part;

static void run_lane(void *context, int64_t lane) {
  const lanes_part *p = context;
  pass(p->step, &p->step->lane_batch[lane], lane, p->part, p->parts);
}

static void add_lanes(void *context, int64_t n, double *mine, double *total) {
  const sp_train_step *s = ((const lanes_part *)context)->step;
  sp_beat(s->model->pulse, SP_PHASE_EXCHANGE);
  sp_exchange_reduce(s->exchange, n, mine, total);
}

/// The same as lane_gradients with the lanes in lockstep. A rank that cannot read its rows computes without rows, so that
/// the other ranks get sums and the failure is agreed on at the end of the step.
static sp_status lockstep_gradients(sp_train_step *s, sp_status status) {
  const sp_subtree hosted = s->source->hosted;
  lanes_part p = {.step = s, .parts = sp_order_parts(&s->source->order, s->model->state.progress.epoch_step)};
  sp_lockstep_work work = {run_lane, add_lanes, &p};
  clear_sums(s);
  for (p.part = 0; p.part < p.parts; p.part++) {
    for (int64_t lane = hosted.begin; lane < hosted.end && status == SP_OK; lane++) {
      int64_t i = lane - hosted.begin;
      status = gather(s, &s->lane_source[i], lane, p.part, &s->lane_batch[i]);
    }
    for (int64_t i = 0; i < hosted.end - hosted.begin; i++) {
      if (status != SP_OK) s->lane_batch[i] = (sp_batch){.rows = 0};
      s->lane_batch[i].lane = i;
    }
    if (p.part == 0) begin_exchange(s);
    sp_lockstep_run(s->lockstep, &work);
  }
  sp_exchange_lanes_done(s->exchange);
  return status;
}

/// Advance the progress. The losses of a skipped step do not count.
static void advance(sp_train_step *s, int64_t rows, bool made) {
  sp_progress *now = &s->model->state.progress;
  int sums = made ? sp_network_sums(s->model->network) : 0;
  for (int i = 0; i < sums; i++) now->epoch_sums[i] += s->total[i];
  if (made) now->epoch_rows += (double)rows;
  now->rows_seen += rows;
  now->step++;
  now->epoch_step++;
}

// --- the step -----------------------------------------------------------------------------------------------------

static sp_status explain(const sp_train_step *s, int back, int64_t value) {
  return sp_failure_explain(s->failures, back, value, sp_exchange_gradient(s->exchange));
}

sp_status sp_train_step_settle(sp_train_step *s) {
  sp_beat(s->model->pulse, SP_PHASE_EXCHANGE);
  int64_t value = s->exchange ? sp_exchange_finish(s->exchange) : -1;
  return value < 0 ? SP_OK : explain(s, 1, value);
}

/// Update if the ranks agree that the step was sound, otherwise return the failure. Collective: yes.
static sp_status judge(sp_train_step *s, const double *flags, sp_status status) {
  const sp_comm *comm = s->model->comm;
  bool finite = sp_all_finite(SP_FLOAT64, sp_network_sums(s->model->network), s->total);
  bool sound = flags[FLAG_FAILED] == 0 && flags[FLAG_NONFINITE] == 0 && finite;
  sp_beat(s->model->pulse,
          comm->node_count > 1 ? SP_PHASE_EXCHANGE : SP_PHASE_UPDATE);  // between nodes it waits for messages
  if (sp_exchange_update(s->exchange, sound)) return SP_OK;
  int64_t value = sp_exchange_finish(s->exchange);
  if (flags[FLAG_NONFINITE] > 0) return explain(s, 1, value);
  if (flags[FLAG_FAILED] > 0) return sp_comm_agree(comm, status);
  if (!sound) return explain(s, 0, SP_NONFINITE_LOSSES);
  return explain(s, 0, value < 0 ? SP_NONFINITE_NORM : value);
}

static sp_status pass_over(sp_train_step *s, int64_t rows, sp_step_outcome *outcome) {
  SP_TRY(sp_train_step_settle(s));
  advance(s, rows, false);
  *outcome = (sp_step_outcome){.rows = rows};
  return SP_OK;
}

/// Return the factor of the rule's learning rate: that of the schedule, or the one that gives s->lr.
static double lr_factor(const sp_train_step *s) {
  const sp_run_config *config = s->model->config;
  const sp_progress *now = &s->model->state.progress;
  int64_t epoch_steps = sp_order_steps(&s->source->order);
  if (s->lr > 0) return s->lr / sp_rule_lr(&config->optimizer->rule);
  sp_schedule_place place = {.step = now->step,
                             .epoch_steps = epoch_steps,
                             .steps = sp_run_steps(config, epoch_steps),
                             .reductions = now->plateau_reductions};
  return sp_schedule_factor(config->optimizer->schedule, &place);
}

/// Add the time since `start` to the times; `before` are the times then. The rest of the time counts as exchange.
static void add_times(sp_train_step *s, double start, const sp_step_times *before, double update_before) {
  sp_step_times *now = &s->times;
  double passed = now->data - before->data + now->forward - before->forward + now->backward - before->backward;
  double updating = sp_exchange_time(s->exchange).update - update_before;
  now->update += updating;
  now->exchange += sp_clock() - start - passed - updating;
  now->steps++;
}

sp_status sp_train_step_make(sp_train_step *s, const sp_step_wishes *wishes, sp_step_outcome *outcome) {
  const sp_model_state *m = s->model;
  const sp_progress *now = &m->state.progress;
  int64_t rows = sp_order_batch_rows(&s->source->order, now->epoch_step);
  sp_beat_step(m->pulse, now->step);
  if (sp_progress_skips_next(now)) return pass_over(s, rows, outcome);
  s->update.apply.lr_factor = lr_factor(s);
  s->update.apply.rows = (double)rows;
  s->update.apply.step = sp_progress_updates(now) + 1;
  double start = sp_clock(), update_before = sp_exchange_time(s->exchange).update;
  sp_step_times before = s->times;
  bool nonfinite =
      sp_exchange_nonfinite(s->exchange);  // before the passes, during which updates of this step begin between nodes
  sp_status status = set_scale(s, rows);
  status = s->lockstep ? lockstep_gradients(s, status) : lane_gradients(s, status);

  double *flags = s->lane_sums + sp_network_sums(m->network);
  flags[FLAG_FAILED] = status != SP_OK;
  flags[FLAG_NONFINITE] = nonfinite;
  flags[FLAG_STOP] = wishes->stop;
  flags[FLAG_SAVE] = wishes->save;
  flags[FLAG_READY] = wishes->ready;
  sp_beat(m->pulse, SP_PHASE_EXCHANGE);
  sp_exchange_control(s->exchange, s->lane_sums, s->total);
  const double *agreed = s->total + sp_network_sums(m->network);
  sp_step_outcome all = {rows, agreed[FLAG_STOP] > 0, agreed[FLAG_SAVE] > 0, agreed[FLAG_READY] == m->comm->size,
                         false};
  status = judge(s, agreed, status);
  all.made = status == SP_OK;
  SP_TRY(sp_failure_skip(s->failures, status));
  advance(s, rows, all.made);
  *outcome = all;
  add_times(s, start, &before, update_before);
  return SP_OK;
}
