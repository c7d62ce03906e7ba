// SPDX-License-Identifier: Apache-2.0
// Networks that consist of an objective: their table of functions.
#include "model/objective_network.h"

#include <math.h>
#include <stdio.h>

#include "model/objective_library.h"

// The scores of an objective are metrics with one sum, which the objective computes.
static sp_status build(struct sp_network *network, const sp_model_options *options, const sp_data_form *data) {
  static const sp_metric_type lower = {.score = sp_metric_mean};
  static const sp_metric_type higher = {.score = sp_metric_mean, .higher_is_better = true};
  sp_objective_model *model;
  SP_TRY(sp_objective_load(options->objective, data, network->precision, network->arena, &model));
  const sp_objective_score *score = sp_objective_about(model)->scores;
  network->state = model;
  network->each_lane = true;
  for (int c = 0; c < data->columns; c++) network->use[c].read = sp_data_form_has(data, c);
  network->table = *sp_objective_table(model);
  sp_scoring *scoring = &network->scoring;
  const int scores = sp_objective_scores(model);
  scoring->sums = scoring->scores = 1;
  scoring->metric = sp_arena_allocate(network->arena, (size_t)scores * sizeof *scoring->metric);
  for (int i = 0; i < scores; i++) {
    sp_metric metric = {.type = score[i].higher_is_better ? &higher : &lower, .scores = 1, .sums = 1, .weight = -1};
    snprintf(metric.name[0], SP_METRIC_NAME, "%s", score[i].name);
    sp_scoring_add(scoring, &metric);
  }
  return SP_OK;
}

static void release(struct sp_network *network) { sp_objective_unload(network->state); }

static sp_status initialise(const struct sp_network *network, uint64_t seed, void *parameters) {
  return sp_objective_initialise(network->state, seed, parameters);
}

// An objective needs no preparation for a number of rows, and accepts all inputs.

static sp_status prepare(struct sp_network *network, int64_t rows) {
  (void)network, (void)rows;
  return SP_OK;
}

static sp_status check_input(const struct sp_network *network, const sp_batch *batch, int64_t *row) {
  (void)network, (void)batch, (void)row;
  return SP_OK;
}

static void gradient(struct sp_network *network, const sp_batch *batch, const void *parameters, void *vector,
                     double *sums) {
  for (int64_t lane = 0; lane < batch->lanes->count; lane++) {  // each of them is a part
    sp_objective_run(network->state, batch, lane, parameters, (char *)vector + lane * batch->lanes->stride,
                     sums + lane * network->scoring.sums);
  }
  sp_pass_events_done(batch->events, sp_parameter_values(&network->table));
}

static void evaluate(struct sp_network *network, const sp_batch *batch, const void *parameters, void *output,
                     double *sums) {
  (void)output;
  for (int64_t lane = 0; lane < batch->lanes->count; lane++) {
    sp_objective_run(network->state, batch, lane, parameters, NULL, sums + lane * network->scoring.sums);
  }
}

static void find_in_lane(struct sp_network *network, const sp_batch *batch, int64_t lane, const void *parameters,
                         void *vector, char message[512]) {
  double sums[1 + SP_OBJECTIVE_SCORES];
  const char *name = sp_objective_about(network->state)->name;
  sp_objective_run(network->state, batch, lane, parameters, vector, sums);
  if (!isfinite(sums[0])) snprintf(message, 512, "loss of the objective %s is %g", name, sums[0]);
  for (int64_t i = 0; i < network->table.tensors && !message[0]; i++) {
    const sp_tensor *t = &network->table.tensor[i];
    for (int64_t j = 0; j < t->count && !message[0]; j++) {
      double value = sp_value_at(network->precision, vector, t->offset + j);
      if (!isfinite(value)) snprintf(message, 512, "gradient of %s is %g at value %lld", t->name, value, (long long)j);
    }
  }
  for (int i = 0; i < network->scoring.metrics && !message[0]; i++) {
    if (isfinite(sums[1 + i])) continue;
    snprintf(message, 512, "score %s of the objective %s is %g", network->scoring.metric[i].name[0], name, sums[1 + i]);
  }
}

static void find_nonfinite(struct sp_network *network, const sp_batch *batch, const void *parameters, void *vector,
                           char message[512]) {
  for (int64_t lane = 0; lane < batch->lanes->count && !message[0]; lane++) {
    find_in_lane(network, batch, lane, parameters, vector, message);
  }
}

static void summary(const struct sp_network *network, sp_text *out) {
  char count[SP_TEXT_COUNTED];
  for (int64_t i = 0; i < network->table.tensors; i++) {
    const sp_tensor *t = &network->table.tensor[i];
    sp_network_summary_line(out, SP_SUMMARY_WIDTH, t->name, &t->shape, t->count);
  }
  sp_text_add(out, "%s, objective %s\n", sp_text_counted(network->table.trainable, "parameter", count),
              sp_objective_about(network->state)->name);
}

const sp_network_kind sp_network_of_objective = {
    .build = build,
    .free = release,
    .initialise = initialise,
    .prepare = prepare,
    .check_input = check_input,
    .gradient = gradient,
    .evaluate = evaluate,
    .find_nonfinite = find_nonfinite,
    .summary = summary,
};

const sp_objective *sp_network_objective(const struct sp_network *network) {
  return network->kind == &sp_network_of_objective ? sp_objective_about(network->state) : NULL;
}
