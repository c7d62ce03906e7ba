// Building a trainer, and setting the state of step 0.
#include "train/training.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/share.h"
#include "checkpoint/load.h"
#include "checkpoint/parameters_file.h"
#include "comm/window.h"
#include "model/loss.h"
#include "train/data_identity.h"

enum { LEAST_EVALUATION_ROWS = 64 };

_Static_assert((int)SP_STATE_SLOTS > (int)SP_MAX_SLOTS, "a rule's slots and the average find room in a checkpoint");

/// That an objective has the score to watch is known only now.
static sp_status check_monitor(const sp_trainer *t) {
  const char *monitor = t->config->train->monitor;
  for (int i = 0; i < sp_network_scores(t->network); i++) {
    if (strcmp(sp_network_score_name(t->network, i), monitor) == 0) return SP_OK;
  }
  return sp_document_fail(t->config->document, "train.monitor", "expected one of the scores, loss or what the objective "
                          "has, got '%s'", monitor);
}

static sp_status make_network(sp_trainer *t) {
  const sp_run_config *config = t->config;
  const sp_dataset *dataset = t->feed.train ? t->feed.train : t->feed.test;
  sp_network_data data = {*sp_dataset_feature_shape(dataset), *sp_dataset_target_shape(dataset),
                          sp_dataset_targets_integer(dataset), sp_dataset_targets_turn_back(dataset),
                          sp_dataset_targets_standardized(dataset)};
  sp_status made = sp_network_create(config->model, &data, sp_run_arithmetic(config), &t->network);
  SP_TRY(sp_document_locate(config->document, made));
  int sums = sp_network_sums(t->network), scores = sp_network_scores(t->network);
  if (sums > SP_STATE_SUMS || scores > SP_MAX_SCORES) {
    return sp_document_fail(config->document, "model.metrics",
                            "expected at most %d scores and %d sums with the loss's, got %d and %d", SP_MAX_SCORES,
                            SP_STATE_SUMS, scores, sums);
  }
  if (scores > 0) return check_monitor(t);
  if (sp_loss_type_of(&config->model->loss)->includes) return SP_OK;  // logits
  const sp_shape *output = sp_network_output(t->network);
  return sp_dataset_expect_targets(t->feed.test, output, &config->data->target_transform);
}

static void make_order(sp_trainer *t) {
  const sp_run_config *config = t->config;
  int64_t rows = t->feed.train ? t->feed.train_rows.count : 0;
  int64_t chunk = t->feed.train ? sp_dataset_chunk_rows(t->feed.train) : 0;
  t->order = (sp_order){.shuffle = (sp_shuffle)config->data->shuffle, .seed = (uint64_t)config->run->seed, .rows = rows,
                        .batch = sp_run_update_rows(config), .lanes = config->train->lanes,
                        .accumulate = config->optimizer->accumulate,
                        .chunk_rows = chunk > 0 ? chunk : config->train->batch_size, .window = config->data->window};
}

/// Every size of a part of a lane's share: of full batches, and of the last short one. An audit is about any lane.
static sp_status prepare_batches(sp_trainer *t, int64_t *largest) {
  if (!t->feed.train) return SP_OK;
  const int64_t last = sp_order_steps(&t->order) - 1;
  bool audit = t->config->train->audit > 0;
  for (int64_t lane = audit ? 0 : t->hosted.begin; lane < (audit ? t->order.lanes : t->hosted.end); lane++) {
    const int64_t rows[] = {sp_order_part_rows(&t->order, 0, lane, 0),
                            sp_order_part_rows(&t->order, 0, lane, sp_order_parts(&t->order, 0) - 1),
                            sp_order_part_rows(&t->order, last, lane, 0),
                            sp_order_part_rows(&t->order, last, lane, sp_order_parts(&t->order, last) - 1)};
    for (int i = 0; i < 4; i++) {
      SP_TRY(sp_network_prepare(t->network, rows[i]));
      if (rows[i] > *largest) *largest = rows[i];
    }
  }
  return SP_OK;
}

static sp_status prepare(sp_trainer *t) {
  const sp_dataset *dataset = t->feed.train ? t->feed.train : t->feed.test;
  size_t size = sp_dtype_size(t->state.precision);
  int64_t largest = 0, hosted = t->hosted.end - t->hosted.begin;
  // The same on every rank, so that evaluation has the same bits wherever it runs.
  int64_t batch = t->config->train->batch_size, rows = sp_dataset_rows(dataset);
  t->evaluation_rows = ((batch < rows ? batch : rows) + t->order.lanes - 1) / t->order.lanes;
  if (t->evaluation_rows < LEAST_EVALUATION_ROWS) t->evaluation_rows = LEAST_EVALUATION_ROWS;
  SP_TRY(prepare_batches(t, &largest));
  SP_TRY(sp_network_prepare(t->network, t->evaluation_rows));
  if (t->evaluation_rows > largest) largest = t->evaluation_rows;
  int64_t features, targets;
  if (!sp_multiply_size(largest, sp_shape_size(sp_dataset_feature_shape(dataset)), &features) ||
      !sp_multiply_size(largest, sp_shape_size(sp_dataset_target_shape(dataset)), &targets)) {
    return sp_fail(SP_ERR_MEMORY, "a batch of %lld rows is larger than can be addressed", (long long)largest);
  }
  SP_TRY(sp_allocate(features, size, "features of a batch", &t->features));
  SP_TRY(sp_allocate(targets, size, "targets of a batch", &t->targets));
  SP_TRY(sp_allocate(largest, sizeof *t->row, "rows of a batch", &t->row));
  int width = sp_trainer_step_sums(t);
  SP_TRY(sp_allocate(hosted * width, sizeof *t->lane_sums, "sums of lanes", &t->lane_sums));
  return sp_allocate(width, sizeof *t->total, "sums of lanes", &t->total);
}

static sp_status describe_state(sp_trainer *t) {
  sp_state *state = &t->state;
  const sp_selected *rule = &t->config->optimizer->rule;
  t->rule_slots = sp_rule_of(rule)->slots(rule->options);
  for (int i = 0; i < t->rule_slots; i++) {
    state->slot_name[i] = sp_rule_of(rule)->slot_name(rule->options, i);
  }
  state->slots = sp_optimizer_slots(t->config->optimizer);
  if (sp_optimizer_averages(t->config->optimizer)) {
    state->slot_name[t->rule_slots] = "average";
    SP_TRY(sp_allocate(3 * (int64_t)t->comm->size, sizeof *t->gather_scratch, "gathering parameters",
                       &t->gather_scratch));
  }
  int64_t moments = t->feed.train ? sp_feed_moments_size(&t->feed) : sp_dataset_moments_size(t->feed.test);
  if (moments > 0) {
    SP_TRY(sp_allocate(2 * moments, sizeof *t->moments, "statistics of the data", &t->moments));
    state->array[0] = (sp_state_array){"mean", moments, t->moments};
    state->array[1] = (sp_state_array){"deviation", moments, t->moments + moments};
    state->arrays = 2;
  }
  return SP_OK;
}

/// The configuration as checkpoints keep it: resolved, with what tells the data apart as a comment.
static sp_status write_config(sp_trainer *t) {
  sp_text text = {0};
  sp_status status = SP_OK;
  sp_document_write(t->config->document, &text);
  if (t->feed.train) {
    char signature[600], contents[200];
    sp_feed_signature(&t->feed, signature);
    int64_t chunk_rows = t->order.shuffle == SP_SHUFFLE_CHUNKS ? t->order.chunk_rows : 0;
    status = sp_feed_contents(t->comm, &t->feed, chunk_rows, contents);
    if (status == SP_OK) sp_data_identity_write(&text, signature, contents);
  }
  t->config_text = text.data;
  t->state.config = t->config_text;
  return status;
}

static sp_status build(sp_trainer *t, int feed_parts) {
  const sp_comm *comm = t->comm;
  const sp_run_config *config = t->config;
  SP_TRY(sp_feed_open(comm, config, feed_parts, &t->feed));
  SP_TRY(sp_comm_agree(comm, make_network(t)));
  SP_TRY(sp_feed_use_classes(comm, &t->feed, sp_network_classes(t->network)));
  SP_TRY(sp_feed_cache(comm, config, &t->feed));
  SP_TRY(sp_feed_check_targets(comm, &t->feed, t->network));
  make_order(t);
  t->state = (sp_state){.table = sp_network_table(t->network), .precision = sp_run_precision(config),
                        .lanes = t->order.lanes, .seed = t->order.seed};
  t->shards = (sp_shards){t->state.table->blocks, comm->rank, comm->size};
  t->hosted = sp_lanes_hosted(t->order.lanes, comm->size, comm->rank);
  sp_status status = sp_groups_create(config->optimizer, t->state.table, config->document, &t->groups);
  if (status == SP_OK) status = describe_state(t);
  if (status == SP_OK) status = prepare(t);
  SP_TRY(sp_comm_agree(comm, status));
  SP_TRY(sp_state_memory_open(comm, config->exchange, &t->shards, &t->state, &t->memory));
  if (sp_optimizer_averages(config->optimizer)) t->average = t->state.slot[t->rule_slots];
  if (feed_parts == SP_FEED_TRAINING) SP_TRY(sp_trainer_create_exchange(t));
  return write_config(t);
}

sp_status sp_trainer_create(const sp_comm *comm, const sp_run_config *config, int feed_parts, sp_trainer **out) {
  sp_trainer *t;
  SP_TRY(sp_comm_agree(comm, sp_allocate(1, sizeof *t, "trainer", &t)));
  t->comm = comm;
  t->config = config;
  sp_pin_begin(comm, config->train->pin == 0, &t->pin);
  sp_status status = build(t, feed_parts);
  if (status == SP_OK) {
    *out = t;
  } else {
    sp_trainer_free(t);
  }
  return status;
}

void sp_trainer_free(sp_trainer *t) {
  if (!t) return;
  sp_trainer_free_exchange(t);
  sp_groups_free(t->groups);
  sp_network_free(t->network);
  sp_feed_close(&t->feed);
  sp_state_memory_close(&t->memory);
  free(t->config_text);
  free(t->moments);
  free(t->gather_scratch);
  free(t->features);
  free(t->targets);
  free(t->row);
  free(t->lane_sums);
  free(t->total);
  sp_pin_end(&t->pin);
  free(t);
}

void sp_trainer_use_moments(sp_trainer *t) {
  const sp_state *state = &t->state;
  double *units = sp_network_units(t->network);
  if (state->arrays > 0) sp_feed_set_moments(&t->feed, state->array[0].value, state->array[1].value);
  if (units) sp_dataset_target_units(t->feed.train ? t->feed.train : t->feed.test, units);
}

static sp_status initialise_parameters(sp_trainer *t) {
  sp_state *state = &t->state;
  bool writer = !state->parameters_shared || t->comm->node_rank == 0;
  sp_status status = writer ? sp_network_initialise(t->network, state->seed, state->parameters) : SP_OK;
  SP_TRY(sp_comm_agree(t->comm, status));
  sp_window_sync(t->comm);
  const char *initial = t->config->model->initial;
  if (!initial) return SP_OK;
  return sp_parameters_read(t->comm, initial, state->table, state->precision, state->parameters,
                            state->parameters_shared);
}

sp_status sp_trainer_initialise(sp_trainer *t) {
  sp_state *state = &t->state;
  int64_t values = sp_shard_blocks(&t->shards, t->comm->rank) * SP_BLOCK;
  state->progress = (sp_progress){.best_value = NAN, .best_step = -1, .validation_loss = NAN, .plateau_best = NAN};
  for (int i = 0; i < t->rule_slots; i++) {
    sp_optimizer_start_slot(&t->config->optimizer->rule, state->precision, i, values, state->slot[i]);
  }
  if (state->arrays > 0) {
    SP_TRY(sp_feed_moments(t->comm, &t->feed, t->order.lanes, state->array[0].value, state->array[1].value));
  }
  sp_trainer_use_moments(t);
  SP_TRY(initialise_parameters(t));
  sp_trainer_start_average(t);
  return SP_OK;
}

sp_status sp_trainer_load(sp_trainer *t, const char *checkpoints, bool *found) {
  sp_state *state = &t->state;
  sp_beat(t->pulse, SP_PHASE_LOADING);
  SP_TRY(sp_checkpoint_load_newest(t->comm, checkpoints, &t->shards, state, found));
  if (!*found) return sp_trainer_initialise(t);
  sp_trainer_use_moments(t);
  return SP_OK;
}
