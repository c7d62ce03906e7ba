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

bool sp_train_step_needs_each_lane(const sp_network *network, int64_t accumulate) {
  return accumulate > 1 || sp_network_needs_each_lane(network);
}

static sp_status allocate(sp_train_step *s) {
  const sp_model_state *m = s->model;
  const int width = sp_train_step_sums(m->network);
  if (s->source->order.accumulate > 1) {
    const size_t bytes = (size_t)sp_parameter_values(m->state.table) * sp_dtype_size(m->state.precision);
    SP_TRY(sp_allocate(s->lanes, bytes, "accumulated gradients", &s->accumulated));
  }
  if (sp_network_is_weighted(m->network)) {
    SP_TRY(sp_allocate(s->lanes, sizeof *s->lane_weights, "weights of lanes", &s->lane_weights));
    SP_TRY(sp_allocate(s->lanes, sizeof *s->pass_weights, "weights of lanes", &s->pass_weights));
    SP_TRY(sp_lane_adder_create(m->comm, s->source->order.lanes, 1, &s->weight_sum));
  }
  SP_TRY(sp_allocate(s->lanes * width, sizeof *s->lane_sums, "sums of lanes", &s->lane_sums));
  SP_TRY(sp_allocate(s->lanes * width, sizeof *s->pass_sums, "sums of lanes", &s->pass_sums));
  return sp_allocate(width, sizeof *s->total, "sums of lanes", &s->total);
}

sp_status sp_train_step_create(sp_model_state *model, sp_batch_source *source, sp_failure_policy *failures,
                               sp_train_step *out) {
  *out = (sp_train_step){.model = model, .source = source, .failures = failures};
  out->lanes = source->hosted.end - source->hosted.begin;
  SP_TRY(sp_comm_agree(model->comm, allocate(out)));
  sp_exchange_job job = {.lanes = source->order.lanes,
                         .precision = model->state.precision,
                         .blocks = model->shards.blocks,
                         .control = sp_train_step_sums(model->network),
                         .reduce = sp_network_reduces(model->network),
                         .each_lane = sp_train_step_needs_each_lane(model->network, source->order.accumulate),
                         .parameters = model->state.parameters,
                         .shared = model->state.parameters_shared};
  sp_shard_update_create(model, &job, &out->update);
  sp_status status = sp_exchange_create(model->comm, model->config->exchange, &job, &out->exchange);
  return sp_document_locate(model->config->document, status);
}

void sp_train_step_free(sp_train_step *s) {
  sp_exchange_free(s->exchange);
  free(s->accumulated);
  free(s->lane_weights);
  free(s->pass_weights);
  sp_lane_adder_free(&s->weight_sum);
  free(s->lane_sums);
  free(s->pass_sums);
  free(s->total);
  s->exchange = NULL;
  s->accumulated = NULL;
  s->lane_weights = s->pass_weights = s->lane_sums = s->pass_sums = s->total = NULL;
}

void sp_train_step_restart(sp_train_step *s) {
  sp_exchange_restart(s->exchange);
  s->failures->nonfinite_step = 0;
}

// --- the weight of the batch --------------------------------------------------------------------------------------

/// Compute the weights of the rows of each lane.
static sp_status weigh_lanes(sp_train_step *s) {
  const int64_t parts = sp_order_parts(&s->source->order, s->model->state.progress.epoch_step);
  for (int64_t part = 0; part < parts; part++) {
    sp_batch batch;
    SP_TRY(sp_batch_source_read_weights(s->source, &s->model->state.progress, part, &batch));
    sp_network_weigh(s->model->network, &batch, s->pass_weights);
    for (int64_t i = 0; i < s->lanes; i++) s->lane_weights[i] += s->pass_weights[i];
  }
  return SP_OK;
}

/// Add the weights of the rows of the batch along the lane tree. This is done before the passes, because updates may begin
/// during them. A failure of this rank is agreed on later in the step. Collective: yes.
static sp_status weigh(sp_train_step *s, double *total) {
  const double start = sp_clock();
  sp_beat(s->model->pulse, SP_PHASE_DATA);
  memset(s->lane_weights, 0, (size_t)s->lanes * sizeof *s->lane_weights);
  sp_status status = weigh_lanes(s);
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
  double start;
  sp_exchange_times before;
  bool backward;
  bool last;      ///< pass of the step: the values of the gradients are complete as soon as they are computed
  int64_t added;  ///< from this value on, the gradients include the accumulated ones
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

/// Add to values [begin, end) of the gradients of all lanes those of the mini-batches before, or the other way round.
static void add_accumulated(const sp_train_step *s, int64_t begin, int64_t end, bool into_gradients) {
  const sp_dtype precision = s->model->state.precision;
  const size_t size = sp_dtype_size(precision);
  const int64_t bytes = sp_parameter_values(s->model->state.table) * (int64_t)size;
  const sp_exchange_parts parts = sp_exchange_gradients(s->exchange);
  for (int64_t lane = 0; lane < s->lanes; lane++) {  // each of them is a part
    char *gradient = (char *)parts.gradient + lane * parts.stride + (size_t)begin * size;
    char *accumulated = (char *)s->accumulated + lane * bytes + (size_t)begin * size;
    sp_add(precision, end - begin, into_gradients ? gradient : accumulated, into_gradients ? accumulated : gradient);
  }
}

static void need(void *context, int64_t end) {
  const sp_train_step *s = ((const pass_watch *)context)->step;
  sp_beat(s->model->pulse, SP_PHASE_EXCHANGE);
  sp_exchange_need(s->exchange, end);
  sp_beat(s->model->pulse, SP_PHASE_FORWARD);
}

static void done(void *context, int64_t begin) {
  pass_watch *watch = context;
  sp_train_step *s = watch->step;
  if (!watch->backward) {
    s->times.forward += take_stretch(watch);
    sp_beat(s->model->pulse, SP_PHASE_BACKWARD);
  }
  watch->backward = true;
  if (watch->last && begin < watch->added) {  // before other ranks may read the values
    add_accumulated(s, begin, watch->added, true);
    watch->added = begin;
  }
  // Before the last pass no value is complete; the call only advances messages.
  sp_exchange_done(s->exchange, watch->last ? begin : sp_parameter_values(s->model->state.table));
}

static void reduce(void *context, int64_t n, double *mine, double *total) {
  pass_watch *watch = context;
  sp_train_step *s = watch->step;
  sp_beat(s->model->pulse, SP_PHASE_EXCHANGE);
  sp_exchange_reduce(s->exchange, n, mine, total);
  sp_beat(s->model->pulse, watch->backward ? SP_PHASE_BACKWARD : SP_PHASE_FORWARD);
}

static sp_status gather(sp_train_step *s, int64_t part, sp_batch *batch) {
  double start = sp_clock();
  sp_beat(s->model->pulse, SP_PHASE_DATA);
  sp_status status = sp_batch_source_read(s->source, &s->model->state.progress, part, batch);
  s->times.data += sp_clock() - start;
  return status;
}

/// Compute the gradients and the sums of part `part` of `parts` of the lanes' shares, and add them to those of the parts before,
/// in their order.
static void pass(sp_train_step *s, const sp_batch *rows, int64_t part, int64_t parts) {
  const sp_model_state *m = s->model;
  const int sums = sp_network_sums(m->network), width = sp_train_step_sums(m->network);
  const int64_t values = sp_parameter_values(m->state.table);
  const sp_exchange_parts gradients = sp_exchange_gradients(s->exchange);
  const bool first = part == 0, last = part == parts - 1, accumulates = first && !last;
  pass_watch watch = {.step = s, .last = last, .added = first ? 0 : values};
  const sp_pass_events events = {need, done, &watch};
  const sp_pass_reduction reduction = {reduce, &watch};
  sp_batch_lanes lanes = *rows->lanes;
  lanes.parts = gradients.parts;
  lanes.part_end = gradients.end;
  lanes.stride = accumulates ? values * (int64_t)sp_dtype_size(m->state.precision) : gradients.stride;
  sp_batch batch = *rows;
  batch.lanes = &lanes;
  batch.events = &events;
  batch.reduction = &reduction;
  take_stretch(&watch);
  sp_beat(m->pulse, SP_PHASE_FORWARD);
  sp_network_gradient(m->network, &batch, m->state.parameters, accumulates ? s->accumulated : gradients.gradient,
                      s->pass_sums);
  if (!first && !last) add_accumulated(s, 0, values, false);
  for (int64_t i = 0; i < s->lanes; i++) {
    for (int j = 0; j < sums; j++) s->lane_sums[i * width + j] += s->pass_sums[i * sums + j];
  }
  s->times.backward += take_stretch(&watch);
}

/// Compute the gradients and the sums of this rank's lanes. Returns `status`, or the failure of this rank to read its rows: then
/// it computes without rows, so that the other ranks get its sums, and the failure is agreed on at the end of the step.
static sp_status run_passes(sp_train_step *s, sp_status status) {
  const int64_t parts = sp_order_parts(&s->source->order, s->model->state.progress.epoch_step);
  memset(s->lane_sums, 0, (size_t)(s->lanes * sp_train_step_sums(s->model->network)) * sizeof *s->lane_sums);
  for (int64_t part = 0; part < parts; part++) {
    sp_batch batch;
    if (status == SP_OK) status = gather(s, part, &batch);
    if (status != SP_OK) batch = sp_batch_source_nothing(s->source);
    if (part == 0) {
      sp_beat(s->model->pulse, SP_PHASE_EXCHANGE);
      sp_exchange_begin(s->exchange);  // after gathering rows, which overlaps with the updates of other ranks
    }
    pass(s, &batch, part, parts);
  }
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
  return sp_failure_explain(s->failures, back, value, sp_exchange_gradients(s->exchange).gradient);
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
  status = run_passes(s, status);

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
