// SPDX-License-Identifier: Apache-2.0
// Creating the network and its state, and setting the state of step 0 or of a checkpoint.
#include "train/model_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/memory_available.h"
#include "base/text.h"
#include "checkpoint/load.h"
#include "checkpoint/parameters_file.h"
#include "comm/window.h"
#include "compute/arithmetic.h"
#include "data/column_list.h"
#include "data/moments.h"
#include "data/original_units.h"
#include "train/loss_factors.h"

_Static_assert((int)SP_STATE_SLOTS > (int)SP_MAX_SLOTS, "a rule's slots and the average must fit in a checkpoint");

// --- the network --------------------------------------------------------------------------------------------------

/// Find the score that train.monitor names. The scores of an objective are known only after creating the network.
static sp_status find_monitored(sp_model_state *m) {
  const char *monitor = m->config->train->monitor;
  for (m->monitored = 0; m->monitored < sp_network_scores(m->network); m->monitored++) {
    if (strcmp(sp_network_score_name(m->network, m->monitored), monitor) == 0) return SP_OK;
  }
  return sp_document_fail(m->config->document, "train.monitor", "expected loss or a score of the objective, got '%s'",
                          monitor);
}

/// Check that a node can hold one copy of the parameters. Everything else needs more than that.
static sp_status check_size(const sp_model_state *m) {
  const sp_parameter_table *table = sp_network_table(m->network);
  int64_t installed = sp_memory_installed(), bytes;
  if (!sp_multiply_size(sp_parameter_values(table), (int64_t)sp_dtype_size(sp_run_precision(m->config)), &bytes)) {
    bytes = INT64_MAX;
  }
  const sp_tensor *largest = table->tensor;
  if (bytes <= installed) return SP_OK;
  for (int64_t i = 1; i < table->tensors; i++) {
    if (table->tensor[i].count > largest->count) largest = &table->tensor[i];
  }
  char needed[32], memory[32], count[32];
  return sp_document_fail(m->config->document, m->config->model->objective ? "model.objective" : "model.layers",
                          "the parameters need %s, and this node has %s of memory; the largest tensor is %s, with "
                          "%s values",
                          sp_text_bytes(bytes, needed), sp_text_bytes(installed, memory), largest->name,
                          sp_text_count(largest->count, count));
}

static sp_status make_network(sp_model_state *m, const sp_feed *feed) {
  const sp_run_config *config = m->config;
  const sp_dataset *dataset = feed->train ? feed->train : feed->test;
  sp_data_form data;
  sp_dataset_form(dataset, &data);
  sp_status made = sp_network_create(config->model, &data, sp_run_arithmetic(config), &m->network);
  SP_TRY(sp_document_locate(config->document, made));
  SP_TRY(check_size(m));
  int sums = sp_network_sums(m->network), scores = sp_network_scores(m->network);
  if (sums > SP_STATE_SUMS || scores > SP_MAX_SCORES) {
    return sp_document_fail(config->document, "model.metrics",
                            "expected metrics with at most %d scores and %d sums including the loss, got %d and %d",
                            SP_MAX_SCORES, SP_STATE_SUMS, scores, sums);
  }
  if (scores > 0) return find_monitored(m);
  if (sp_network_loss(m->network)->units) return SP_OK;  // the outputs do not have the units of the targets
  int target = sp_network_target(m->network);
  if (target < 0) return SP_OK;
  const sp_shape *output = sp_network_output(m->network);
  return sp_dataset_expect(feed->test, target, output,
                           sp_data_transforms(config->data, sp_dataset_name(feed->test, target)));
}

sp_status sp_model_state_create(const sp_comm *comm, const sp_run_config *config, const sp_feed *feed,
                                sp_model_state *model) {
  *model = (sp_model_state){.comm = comm, .config = config, .monitored = -1};
  SP_TRY(sp_comm_agree(comm, make_network(model, feed)));
  model->state = (sp_state){.table = sp_network_table(model->network),
                            .precision = sp_run_precision(config),
                            .lanes = config->train->lanes,
                            .seed = (uint64_t)config->run->seed,
                            .arithmetic = SP_ARITHMETIC_VERSION,
                            .of_instructions = sp_run_arithmetic(config).bfloat16};
  model->shards = (sp_shards){model->state.table->blocks, comm->rank, comm->size};
  return SP_OK;
}

void sp_model_state_free(sp_model_state *m) {
  sp_groups_free(m->groups);
  sp_network_free(m->network);
  sp_exchange_values_close(&m->values);
  free(m->moments);
  free(m->average.gather_scratch);
}

// --- parts of the state -------------------------------------------------------------------------------------------

static sp_status describe_slots(sp_model_state *m) {
  sp_state *state = &m->state;
  const sp_selected *rule = &m->config->optimizer->rule;
  m->rule_slots = sp_rule_of(rule)->slots(rule->options);
  for (int i = 0; i < m->rule_slots; i++) state->slot_name[i] = sp_rule_of(rule)->slot_name(rule->options, i);
  state->slots = sp_optimizer_slots(m->config->optimizer);
  if (!sp_optimizer_averages(m->config->optimizer)) return SP_OK;
  state->slot_name[m->rule_slots] = "average";
  return sp_allocate(3 * (int64_t)m->comm->size, sizeof *m->average.gather_scratch, "gathering parameters",
                     &m->average.gather_scratch);
}

/// Declare an array of the checkpoint; `part` is what it holds of the column or the loss `owner`.
static void add_array(sp_state *state, const char *owner, const char *part, int64_t count, double *value) {
  sp_state_array *array = &state->array[state->arrays++];
  *array = (sp_state_array){.count = count, .value = value};
  snprintf(array->name, sizeof array->name, "%s.%s", owner, part);
}

static sp_status describe_moments(sp_model_state *m, const sp_feed *feed) {
  const sp_dataset *dataset = feed->train ? feed->train : feed->test;
  int64_t moments = sp_dataset_moments_size(dataset), at = 0;
  if (moments == 0) return SP_OK;
  SP_TRY(sp_allocate(2 * moments, sizeof *m->moments, "statistics of the data", &m->moments));
  for (int c = 0; c < sp_dataset_columns(dataset); c++) {
    int64_t count = sp_dataset_column_moments(dataset, c);
    if (count == 0) continue;
    add_array(&m->state, sp_dataset_name(dataset, c), "mean", count, m->moments + at);
    add_array(&m->state, sp_dataset_name(dataset, c), "deviation", count, m->moments + moments + at);
    at += count;
  }
  m->moments_size = moments;
  return SP_OK;
}

/// Save the factors that the loss computes from the training rows, so that a resume and an evaluation use the same ones.
static void describe_factors(sp_model_state *m) {
  const char *name;
  int64_t count;
  double *factors = sp_network_factors(m->network, &name, &count);
  if (!factors) return;
  add_array(&m->state, "loss", name, count, factors);
}

sp_status sp_model_state_describe(sp_model_state *m, const sp_feed *feed) {
  SP_TRY(sp_groups_create(m->config->optimizer, m->state.table, m->config->document, &m->groups));
  SP_TRY(describe_slots(m));
  SP_TRY(describe_moments(m, feed));
  describe_factors(m);
  return SP_OK;
}

sp_status sp_model_state_allocate(sp_model_state *m) {
  sp_state *state = &m->state;
  size_t slot = (size_t)sp_shard_blocks(&m->shards, m->comm->rank) * SP_BLOCK * sp_dtype_size(state->precision);
  SP_TRY(sp_exchange_values_open(m->comm, m->config->exchange, &m->shards, state->precision, state->slots, &m->values));
  state->parameters = m->values.parameters;
  state->parameters_shared = m->values.shared;
  for (int i = 0; i < state->slots; i++) state->slot[i] = (char *)m->values.shard + (size_t)i * slot;
  if (sp_optimizer_averages(m->config->optimizer)) m->average.values = m->state.slot[m->rule_slots];
  return SP_OK;
}

// --- values of the state ------------------------------------------------------------------------------------------

void sp_model_state_use_moments(sp_model_state *m, sp_feed *feed) {
  double *units = sp_network_units(m->network);
  if (m->moments) sp_feed_set_moments(feed, m->moments, m->moments + m->moments_size);
  if (units) sp_dataset_units(feed->train ? feed->train : feed->test, sp_network_target(m->network), units);
}

static sp_status initialise_parameters(sp_model_state *m) {
  sp_state *state = &m->state;
  bool writer = !state->parameters_shared || m->comm->node_rank == 0;
  sp_status status = writer ? sp_network_initialise(m->network, state->seed, state->parameters) : SP_OK;
  SP_TRY(sp_comm_agree(m->comm, status));
  sp_window_sync(m->comm);
  const char *initial = m->config->model->initial;
  if (!initial) return SP_OK;
  SP_TRY(sp_parameters_read(m->comm, initial, state->table, state->precision, state->parameters,
                            state->parameters_shared));
  int64_t changed = writer ? sp_network_set_zeros(m->network, state->parameters) : -1;
  if (changed >= 0 && m->comm->rank == 0) {
    sp_warn("model.initial: %s: the vector of the padding in %s is not 0: using 0", initial,
            state->table->tensor[changed].name);
  }
  sp_window_sync(m->comm);
  return SP_OK;
}

sp_status sp_model_state_initialise(sp_model_state *m, sp_feed *feed) {
  sp_state *state = &m->state;
  int64_t values = sp_shard_blocks(&m->shards, m->comm->rank) * SP_BLOCK;
  state->progress = (sp_progress){.best_value = NAN, .best_step = -1, .validation_loss = NAN, .plateau_best = NAN};
  for (int i = 0; i < m->rule_slots; i++) {
    sp_rule_start_slot(&m->config->optimizer->rule, state->precision, i, values, state->slot[i]);
  }
  if (m->moments) {
    SP_TRY(sp_feed_moments(m->comm, feed, state->lanes, m->moments, m->moments + m->moments_size));
  }
  sp_model_state_use_moments(m, feed);
  if (feed->train) SP_TRY(sp_loss_factors_compute(m->comm, &feed->train_rows, state->lanes, m->network));
  SP_TRY(initialise_parameters(m));
  sp_parameter_average_start(&m->average, &m->shards, state);
  return SP_OK;
}

sp_status sp_model_state_load(sp_model_state *m, sp_feed *feed, const char *checkpoints, bool *found) {
  sp_beat(m->pulse, SP_PHASE_LOADING);
  SP_TRY(sp_checkpoint_load_newest(m->comm, checkpoints, &m->shards, &m->state, found));
  if (!*found) return sp_model_state_initialise(m, feed);
  sp_model_state_use_moments(m, feed);
  return SP_OK;
}

// --- between steps ------------------------------------------------------------------------------------------------

void sp_model_state_next_epoch(sp_model_state *m) {
  sp_progress *now = &m->state.progress;
  now->epoch++;
  now->epoch_step = 0;
  now->epoch_rows = 0;
  memset(now->epoch_sums, 0, sizeof now->epoch_sums);
}

void sp_model_state_swap_average(sp_model_state *m) {
  if (sp_optimizer_averages(m->config->optimizer)) sp_beat(m->pulse, SP_PHASE_EXCHANGE);
  sp_parameter_average_swap(&m->average, m->comm, &m->shards, &m->state);
}

void sp_model_state_scores(const sp_model_state *m, const double *sums, double rows, sp_scores *scores) {
  scores->count = sp_network_scores(m->network);
  for (int i = 0; i < scores->count; i++) scores->name[i] = sp_network_score_name(m->network, i);
  sp_network_score(m->network, sums, rows, scores->value);
}
