// SPDX-License-Identifier: Apache-2.0
// Finding where a loss or gradient stopped being finite, and skipping steps.
//
// A step is explained by computing this rank's part of it again, layer by layer; each lane alone, also where the step added
// sums over all lanes, so that only the lanes with the cause report it. On one node, if the losses were not finite,
// nothing has been updated and the repetition is exact. If a gradient was not finite, or between nodes, parts of the
// parameters have been updated already.
#include "train/failure_policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "compute/elementwise.h"
#include "data/nonfinite_row.h"

// --- the explanation ----------------------------------------------------------------------------------------------

/// Add that the run stops, and a hint unless the cause is in the data.
static sp_status add_end(const sp_failure_policy *p, sp_status status, bool hint) {
  if (p->model->config->train->on_nonfinite != SP_NONFINITE_STOP) return status;
  return sp_fail(status, "%s; the step was not saved%s", sp_error_message(),
                 hint ? " (a smaller learning rate or a larger epsilon may help)" : "");
}

/// Find the first row of a batch with a value that is not finite in a column; -1: none, or the column has class numbers.
static int64_t first_nonfinite_row(const sp_failure_policy *p, const sp_batch *batch, int column) {
  const sp_dtype precision = p->model->state.precision;
  if (column < 0 || sp_network_use(p->model->network)[column].classes > 0) return -1;
  const int64_t values = sp_shape_size(sp_dataset_shape(p->source->dataset, column));
  const char *at = batch->column[column];
  for (int64_t i = 0; i < batch->rows; i++) {
    if (!sp_all_finite(precision, values, at)) return i;
    at += values * (int64_t)sp_dtype_size(precision);
  }
  return -1;
}

/// Add to the error where the first value of the batch's input or targets that is not finite comes from, if there is one.
/// Returns whether there is one.
static bool add_origin(const sp_failure_policy *p, const sp_batch *batch, sp_status *status) {
  const sp_network *network = p->model->network;
  int column = sp_network_input(network);
  int64_t i = first_nonfinite_row(p, batch, column);
  if (i < 0) i = first_nonfinite_row(p, batch, column = sp_network_target(network));
  if (i < 0) return false;
  sp_text origin = {0};
  char *message = strdup(sp_error_message());
  sp_status read = sp_dataset_explain_nonfinite(p->source->dataset, column, batch->row[i], &origin);
  bool known = read == SP_OK && origin.size > 0;
  if (message) *status = sp_fail(*status, "%s%s%s", message, known ? "; " : "", sp_text_string(&origin));
  sp_text_free(&origin);
  free(message);
  return true;
}

static sp_status repeat_pass(const sp_failure_policy *p, int back, int64_t lane, int64_t part, void *gradient) {
  const sp_state *state = &p->model->state;
  const sp_progress *now = &state->progress;
  char where[512];
  sp_batch batch;
  SP_TRY(sp_batch_source_read_lane(p->source, now, back, lane, part, &batch));
  if (!sp_network_find_nonfinite(p->model->network, &batch, state->parameters, gradient, where)) return SP_OK;
  sp_status status = sp_fail(SP_ERR_NONFINITE, "step %lld (epoch %lld): not finite: %s, in lane %lld",
                             (long long)(now->step - back + 1), (long long)now->epoch + 1, where, (long long)lane);
  bool data = add_origin(p, &batch, &status);
  return add_end(p, status, !data);
}

static sp_status repeat_lane(const sp_failure_policy *p, int back, int64_t lane, void *gradient) {
  int64_t parts = sp_order_parts(&p->source->order, p->model->state.progress.epoch_step - back);
  for (int64_t part = 0; part < parts; part++) SP_TRY(repeat_pass(p, back, lane, part, gradient));
  return SP_OK;
}

static const char *tensor_at(const sp_state *state, int64_t value) {
  const sp_parameter_table *table = state->table;
  int64_t i = table->tensors - 1;
  while (i > 0 && table->tensor[i].offset > value) i--;
  return table->tensor[i].name;
}

static bool parameters_finite(const sp_state *state) {
  return sp_all_finite(state->precision, sp_parameter_values(state->table), state->parameters);
}

/// Repeat this rank's lanes. Collective: yes. Returns SP_OK if every lane is finite by itself.
static sp_status repeat_lanes(const sp_failure_policy *p, int back, int64_t value, void *gradient) {
  const sp_state *state = &p->model->state;
  sp_status status = SP_OK;
  if (value >= 0 && !parameters_finite(state)) {  // every lane would seem at fault
    status = sp_fail(SP_ERR_NONFINITE, "step %lld: not finite: gradient of %s",
                     (long long)state->progress.step - back + 1, tensor_at(state, value));
    status = add_end(p, status, true);
  }
  for (int64_t lane = p->source->hosted.begin; lane < p->source->hosted.end; lane++) {
    if (status == SP_OK) status = repeat_lane(p, back, lane, gradient);
  }
  return sp_comm_agree(p->model->comm, status);
}

/// The failure of a step whose lanes are finite by themselves.
static sp_status fail_whole(const sp_failure_policy *p, int back, int64_t value) {
  const sp_state *state = &p->model->state;
  long long step = state->progress.step - back + 1;
  if (value == SP_NONFINITE_NORM) {
    return sp_fail(SP_ERR_NONFINITE,
                   "step %lld: the values of the gradient are finite but its norm is not: "
                   "its square exceeds float64, so optimizer.clip_norm cannot be applied",
                   step);
  }
  if (sp_network_reduces(p->model->network) > 0) {
    return sp_fail(
        SP_ERR_NONFINITE,
        "step %lld: not finite with the mean and variance of the whole batch (batch_norm), although each lane "
        "alone is finite",
        step);
  }
  if (value == SP_NONFINITE_LOSSES) {
    return sp_fail(SP_ERR_NONFINITE, "step %lld: each loss is finite but their sum is not", step);
  }
  return sp_fail(SP_ERR_NONFINITE,
                 "step %lld: each gradient is finite but their sum is not: a value of %s exceeds the range of the "
                 "precision",
                 step, tensor_at(state, value));
}

sp_status sp_failure_explain(sp_failure_policy *p, int back, int64_t value, void *gradient) {
  p->nonfinite_step = p->model->state.progress.step - back + 1;
  if (value != SP_NONFINITE_NORM) SP_TRY(repeat_lanes(p, back, value, gradient));
  return add_end(p, fail_whole(p, back, value), true);
}

// --- skipped steps ------------------------------------------------------------------------------------------------

int sp_progress_skipped(const sp_progress *now) {
  int count = 0;
  while (count < SP_STATE_SKIPPED && now->skipped[count] > 0) count++;
  return count;
}

int64_t sp_progress_updates(const sp_progress *now) {
  int64_t updates = now->step;
  for (int i = 0; i < SP_STATE_SKIPPED && now->skipped[i] > 0; i++) updates -= now->skipped[i] <= now->step;
  return updates;
}

bool sp_progress_skips_next(const sp_progress *now) {
  for (int i = 0; i < SP_STATE_SKIPPED && now->skipped[i] > 0; i++) {
    if (now->skipped[i] == now->step + 1) return true;
  }
  return false;
}

/// Add the step of the last failure, whose message is the current one, to the skipped steps.
static sp_status count_step(const sp_failure_policy *p) {
  sp_progress *now = &p->model->state.progress;
  int count = sp_progress_skipped(now);
  int64_t limit = p->model->config->train->nonfinite_limit;
  if (count >= limit) {
    char steps[SP_TEXT_COUNTED];
    return sp_fail(SP_ERR_NONFINITE,
                   "%s; %s %s skipped before, and train.nonfinite_limit allows no more; the step was not saved",
                   sp_error_message(), sp_text_counted(count, "step", steps), count == 1 ? "was" : "were");
  }
  now->skipped[count] = p->nonfinite_step;
  return SP_OK;
}

static void warn(const sp_failure_policy *p, const char *what) {
  if (p->model->comm->rank != 0) return;
  sp_warn("%s; %s (%d of at most %lld)", sp_error_message(), what, sp_progress_skipped(&p->model->state.progress),
          (long long)p->model->config->train->nonfinite_limit);
}

sp_status sp_failure_skip(sp_failure_policy *p, sp_status failure) {
  if (failure != SP_ERR_NONFINITE || p->model->config->train->on_nonfinite != SP_NONFINITE_SKIP) return failure;
  SP_TRY(count_step(p));
  warn(p, "skipping the step");
  return SP_OK;
}

sp_status sp_failure_roll_back(sp_failure_policy *p, sp_status failure) {
  if (failure != SP_ERR_NONFINITE || p->model->config->train->on_nonfinite != SP_NONFINITE_ROLLBACK) return failure;
  if (p->nonfinite_step == 0) return failure;  // found in the state when saving it, not in a step
  SP_TRY(count_step(p));
  warn(p, "rolling back to the newest checkpoint; the step will be skipped");
  return SP_OK;
}
