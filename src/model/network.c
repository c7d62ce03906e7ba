// SPDX-License-Identifier: Apache-2.0
// The network: dispatch to its kind, what all kinds have in common, and scores.
#include "model/network.h"

#include <stdlib.h>
#include <string.h>

#include "model/layered_network.h"
#include "model/objective_network.h"

sp_status sp_network_create(const sp_model_options *options, const sp_data_form *data, sp_arithmetic arithmetic,
                            sp_network **out) {
  sp_network *network;
  SP_TRY(sp_allocate(1, sizeof *network, "network", &network));
  network->kind = options->objective ? &sp_network_of_objective : &sp_network_of_layers;
  network->arena = sp_arena_create();
  network->precision = arithmetic.precision;
  network->input = -1;
  network->scoring.loss.target = network->scoring.loss.weight = -1;
  sp_status status = sp_compute_create(arithmetic, &network->compute);
  if (status == SP_OK) status = network->kind->build(network, options, data);
  if (status == SP_OK) sp_network_set_lanes(network, 1);
  if (status != SP_OK) {
    sp_network_free(network);
    return status;
  }
  *out = network;
  return SP_OK;
}

void sp_network_free(sp_network *network) {
  if (!network) return;
  network->kind->free(network);
  sp_compute_free(network->compute);
  sp_arena_free(network->arena);
  free(network);
}

int64_t sp_network_set_zeros(const sp_network *network, void *parameters) {
  return network->kind->set_zeros ? network->kind->set_zeros(network, parameters) : -1;
}

sp_status sp_network_prepare(sp_network *network, int64_t rows) {
  return rows == 0 ? SP_OK : network->kind->prepare(network, rows);
}

static size_t vector_size(const sp_network *network) {
  return (size_t)sp_parameter_values(&network->table) * sp_dtype_size(network->precision);
}

sp_status sp_network_initialise(const sp_network *network, uint64_t seed, void *parameters) {
  memset(parameters, 0, vector_size(network));
  return network->kind->initialise(network, seed, parameters);
}

// --- questions ----------------------------------------------------------------------------------------------------

const sp_parameter_table *sp_network_table(const sp_network *network) { return &network->table; }

const sp_shape *sp_network_output(const sp_network *network) { return network->output; }

const sp_column_use *sp_network_use(const sp_network *network) { return network->use; }

int sp_network_input(const sp_network *network) { return network->input; }

int sp_network_target(const sp_network *network) { return network->scoring.loss.target; }

const char *sp_network_missing(const sp_network *network) { return network->scoring.missing; }

const sp_loss_type *sp_network_loss(const sp_network *network) { return network->scoring.loss.type; }

sp_status sp_network_check_input(const sp_network *network, const sp_batch *batch, int64_t *row) {
  return batch->rows == 0 ? SP_OK : network->kind->check_input(network, batch, row);
}

int64_t sp_network_reduces(const sp_network *network) { return network->most_reduced; }

bool sp_network_needs_each_lane(const sp_network *network) { return network->each_lane; }

void sp_network_set_lanes(sp_network *network, int64_t lanes) {
  network->lanes = lanes;
  network->nothing =
      sp_arena_allocate(network->arena, (size_t)((lanes + 1) * network->most_reduced) * sizeof *network->nothing);
}

int sp_network_sums(const sp_network *network) { return network->scoring.sums; }

double *sp_network_units(sp_network *network) { return network->scoring.units; }

int64_t sp_network_flops(const sp_network *network) { return network->flops; }

int64_t sp_network_gradient_flops(const sp_network *network) { return network->gradient_flops; }

void sp_network_summary(const sp_network *network, sp_text *out) { network->kind->summary(network, out); }

// --- passes -------------------------------------------------------------------------------------------------------

// Events of a pass that does not report them layer by layer: all parameters are needed, or all gradients done, at once.

static bool at_once(const sp_network *network, const sp_batch *batch) { return !network->in_order || batch->rows == 0; }

static void need_all(const sp_network *network, const sp_batch *batch) {
  sp_pass_events_need(batch->events, sp_parameter_values(&network->table));
}

// Returns the batch with lanes: if it has none, `one` with all of its rows.
static sp_batch with_lanes(const sp_batch *batch, sp_batch_lanes *one) {
  static const int64_t part_end = 1;
  sp_batch complete = *batch;
  *one = (sp_batch_lanes){.count = 1, .end = &batch->rows, .parts = 1, .part_end = &part_end};
  if (!batch->lanes) complete.lanes = one;
  return complete;
}

static void clear_sums(const sp_network *network, const sp_batch *batch, double *sums) {
  memset(sums, 0, (size_t)(batch->lanes->count * network->scoring.sums) * sizeof *sums);
}

// Other ranks have rows and need the sums of all lanes.
static void reduce_nothing(const sp_network *network, const sp_batch *batch) {
  double *total = network->nothing + batch->lanes->count * network->most_reduced;
  for (int64_t i = 0; batch->reduction && i < network->reductions; i++) {
    int64_t n = network->reduced[i];
    memset(network->nothing, 0, (size_t)(batch->lanes->count * n) * sizeof *network->nothing);
    batch->reduction->add(batch->reduction->context, n, network->nothing, total);
  }
}

static void compute_nothing(const sp_network *network, const sp_batch *batch, void *gradient, double *sums) {
  for (int64_t part = 0; part < batch->lanes->parts; part++) {
    memset((char *)gradient + part * batch->lanes->stride, 0, vector_size(network));
  }
  reduce_nothing(network, batch);
  clear_sums(network, batch, sums);
  sp_pass_events_done(batch->events, sp_parameter_values(&network->table));
}

void sp_network_gradient(sp_network *network, const sp_batch *given, const void *parameters, void *gradient,
                         double *sums) {
  sp_batch_lanes one;
  const sp_batch batch = with_lanes(given, &one);
  if (at_once(network, &batch))
    need_all(network, &batch);  // also with 0 rows, to wait for parameters still in transfer
  if (batch.rows > 0) {
    network->kind->gradient(network, &batch, parameters, gradient, sums);
  } else {
    compute_nothing(network, &batch, gradient, sums);
  }
  if (at_once(network, &batch)) sp_pass_events_done(batch.events, 0);
}

void sp_network_evaluate(sp_network *network, const sp_batch *given, const void *parameters, void *output,
                         double *sums) {
  sp_batch_lanes one;
  const sp_batch batch = with_lanes(given, &one);
  if (batch.rows == 0) {
    if (sums) clear_sums(network, &batch, sums);
    return;
  }
  if (at_once(network, &batch) || network->table.trained_blocks < network->table.blocks) need_all(network, &batch);
  network->kind->evaluate(network, &batch, parameters, output, sums);
}

bool sp_network_find_nonfinite(sp_network *network, const sp_batch *given, const void *parameters, void *gradient,
                               char message[512]) {
  sp_batch_lanes one;
  const sp_batch batch = with_lanes(given, &one);
  message[0] = '\0';
  if (batch.rows > 0) network->kind->find_nonfinite(network, &batch, parameters, gradient, message);
  return message[0] != '\0';
}

// --- columns of scores --------------------------------------------------------------------------------------------

static bool is_weight(const sp_scoring *s, int column) {
  bool found = s->loss.weight == column;
  for (int i = 0; i < s->metrics; i++) found = found || s->metric[i].weight == column;
  return found;
}

bool sp_network_reads_weights(const sp_network *network, int column) { return is_weight(&network->scoring, column); }

static sp_status check_input_values(const sp_network *network, const sp_delivered *values, int64_t *row) {
  const void *column[SP_MAX_COLUMNS] = {NULL};
  column[network->input] = values->values;
  const sp_batch batch = {.rows = values->rows, .column = column};
  return network->kind->check_input(network, &batch, row);
}

bool sp_network_checks(const sp_network *network, int column) {
  const sp_scoring *s = &network->scoring;
  if (column == network->input && network->checks_input) return true;
  return s->sums > 0 && s->loss.type && (column == s->loss.target || is_weight(s, column));
}

sp_status sp_network_check(const sp_network *network, int column, const sp_delivered *values, int64_t *row) {
  const sp_scoring *s = &network->scoring;
  if (is_weight(s, column)) SP_TRY(sp_check_weights(values, row));
  if (column == network->input && network->checks_input) SP_TRY(check_input_values(network, values, row));
  if (column != s->loss.target || s->sums == 0) return SP_OK;
  return sp_context(s->loss.type->check(values, row), "%s", s->loss.type->about.name);
}

// --- weights ------------------------------------------------------------------------------------------------------

bool sp_network_is_weighted(const sp_network *network) { return sp_loss_is_weighted(&network->scoring.loss); }

bool sp_network_weight_depends_on(const sp_network *network, int column) {
  const sp_loss *loss = &network->scoring.loss;
  return sp_loss_is_weighted(loss) && (column == loss->weight || (loss->factor && column == loss->target));
}

void sp_network_weigh(const sp_network *network, const sp_batch *given, double *weight) {
  sp_batch_lanes one;
  const sp_batch batch = with_lanes(given, &one);
  for (int64_t i = 0, begin = 0; i < batch.lanes->count; begin = batch.lanes->end[i++]) {
    weight[i] = 0;
    if (batch.rows == 0) continue;
    const sp_prediction prediction = sp_scoring_prediction(&network->scoring, &batch, NULL);
    const sp_prediction lane = sp_prediction_part(&prediction, begin, batch.lanes->end[i] - begin);
    weight[i] = sp_loss_weight_sum(&network->scoring.loss, &lane);
  }
}

double sp_network_weight(const sp_network *network, const double *sums, double rows) {
  return sp_scoring_weight(&network->scoring, sums, rows);
}

double *sp_network_factors(sp_network *network, const char **name, int64_t *count) {
  const sp_loss *loss = &network->scoring.loss;
  if (!loss->balanced) return NULL;
  *name = loss->type->factors;
  *count = loss->size;
  return loss->factor;
}

void sp_network_count_targets(const sp_network *network, const sp_batch *batch, double *total) {
  if (batch->rows == 0) return;
  const sp_prediction prediction = sp_scoring_prediction(&network->scoring, batch, NULL);
  sp_loss_count_targets(&network->scoring.loss, &prediction, total);
}

sp_status sp_network_balance(sp_network *network, const double *total, double rows) {
  return sp_loss_balance(&network->scoring.loss, total, rows);
}

// --- scores -------------------------------------------------------------------------------------------------------

int sp_network_scores(const sp_network *network) { return network->scoring.scores; }

const char *sp_network_score_name(const sp_network *network, int score) {
  return sp_scoring_name(&network->scoring, score);
}

bool sp_network_score_higher_is_better(const sp_network *network, int score) {
  return sp_scoring_higher_is_better(&network->scoring, score);
}

void sp_network_score(const sp_network *network, const double *sums, double rows, double *scores) {
  sp_scoring_scores(&network->scoring, sums, rows, scores);
}

int sp_network_metrics(const sp_network *network) { return network->scoring.metrics; }

int sp_network_kept(const sp_network *network, int metric) { return network->scoring.metric[metric].kept; }

void sp_network_keep(const sp_network *network, int metric, const sp_batch *batch, const void *output, double *kept) {
  if (batch->rows > 0) sp_scoring_keep(&network->scoring, metric, batch, output, kept);
}

void sp_network_finish(const sp_network *network, int metric, double *kept, int64_t rows, double *scores) {
  sp_scoring_finish(&network->scoring, metric, kept, rows, scores);
}
