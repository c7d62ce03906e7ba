// Building a network, and what can be asked of it.
#include "model/network_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static const sp_option objective_fields[] = {
    {.name = "library", .kind = SP_OPTION_STRING, .offset = offsetof(sp_objective_options, library),
     .help = "path of a shared object, relative to where the program is started; see shardprop/objective.h"},
    {.name = "options", .kind = SP_OPTION_MAP, .offset = offsetof(sp_objective_options, options), .preset = "{}",
     .help = "what the objective itself takes"},
    {0},
};

const sp_option sp_model_fields[] = {
    {.name = "input", .kind = SP_OPTION_SHAPE, .offset = offsetof(sp_model_options, input),
     .help = "shape of a sample; as the data set has it when left out", .flags = SP_OPTION_OPTIONAL},
    {.name = "layers", .kind = SP_OPTION_VARIANTS, .offset = offsetof(sp_model_options, layers),
     .help = "the layers, first to last; at least one", .flags = SP_OPTION_OPTIONAL, .variants = sp_layers},
    {.name = "loss", .kind = SP_OPTION_VARIANT, .offset = offsetof(sp_model_options, loss),
     .help = "what training makes small", .flags = SP_OPTION_OPTIONAL, .variants = sp_losses},
    {.name = "metrics", .kind = SP_OPTION_VARIANTS, .offset = offsetof(sp_model_options, metrics), .preset = "[]",
     .help = "what is measured beside the loss", .variants = sp_metrics},
    {.name = "initial", .kind = SP_OPTION_STRING, .offset = offsetof(sp_model_options, initial),
     .help = "checkpoint or HDF5 file with parameters to start from", .flags = SP_OPTION_OPTIONAL},
    {.name = "objective", .kind = SP_OPTION_SECTION, .offset = offsetof(sp_model_options, objective),
     .help = "a function of your own, in place of layers and loss", .flags = SP_OPTION_OPTIONAL,
     .fields = objective_fields, .fields_size = sizeof(sp_objective_options)},
    {0},
};

// --- build --------------------------------------------------------------------------------------------------------

// A sample of a single value has no dimension in the data set, and one for the layers.
static sp_status input_shape(const sp_model_options *options, const sp_network_data *data, sp_shape *input) {
  int64_t have, want;
  char data_text[200], model_text[200];
  SP_TRY(sp_shape_count(&data->features, &have));
  SP_TRY(sp_shape_count(&data->target, &want));
  *input = data->features.rank > 0 ? data->features : (sp_shape){1, {1}};
  if (options->input.rank < 0) return SP_OK;
  SP_TRY(sp_context(sp_shape_count(&options->input, &want), "model.input"));
  if (have != want) {
    return sp_fail(SP_ERR_CONFIG, "model.input: %s does not fit the samples of the data, which are %s",
                   sp_shape_text(&options->input, model_text), sp_shape_text(&data->features, data_text));
  }
  *input = options->input;
  return SP_OK;
}

static void warn_applied_twice(const sp_network *network) {
  const sp_loss_type *loss = sp_loss_type_of(&network->loss);
  const sp_layer *last = network->layer[network->layers - 1];
  if (!loss->includes || strcmp(last->type->about.name, loss->includes) != 0) return;
  sp_warn("%s: %s takes logits and applies %s itself: leave this layer out", last->selected->path, loss->about.name,
          loss->includes);
}

static sp_target_meaning meaning(const sp_network *network) {
  const sp_loss_type *loss = sp_loss_type_of(&network->loss);
  if (network->classes) return SP_MEANS_CLASS;
  if (loss == &sp_loss_softmax_cross_entropy) return SP_MEANS_PROBABILITIES;
  return loss == &sp_loss_sigmoid_cross_entropy ? SP_MEANS_YES_OR_NO : SP_MEANS_VALUES;
}

/// One array for all metrics that ask for it.
static const double *units_of(sp_network *network, int64_t size) {
  if (!network->units) {
    network->units = sp_arena_allocate(network->arena, (size_t)size * sizeof *network->units);
    for (int64_t i = 0; i < size; i++) network->units[i] = 1;
  }
  return network->units;
}

static sp_status add_metric(sp_network *network, const sp_network_data *data, const sp_selected *selected) {
  sp_metric *metric = &network->metric[network->metrics];
  *metric = (sp_metric){.type = sp_metric_type_of(selected), .options = selected->options, .sums = 1,
                        .meaning = meaning(network), .turns_back = data->targets_turn_back,
                        .size = sp_shape_size(&network->chain.output)};
  sp_metric_name(selected, metric->name);
  if (metric->type->fit) SP_TRY(sp_context(metric->type->fit(metric), "%s", selected->path));
  if (metric->original) metric->units = units_of(network, metric->size);
  for (int i = 0; i < network->metrics; i++) {
    if (strcmp(network->metric[i].name, metric->name) == 0) {
      return sp_fail(SP_ERR_CONFIG, "%s: %s is given twice", selected->path, metric->name);
    }
  }
  network->sums += metric->sums;
  network->metrics++;
  return SP_OK;
}

// Statistics lie behind all that is trained, and what a block does with the layers within it is its own affair.
static bool in_order(const sp_network *network) {
  for (int64_t i = 0; i < network->layers; i++) {
    if (network->layer[i]->depth > 0) return false;
  }
  return network->table.trained_blocks == network->table.blocks;
}

static sp_status build(const sp_model_options *options, const sp_network_data *data, sp_network *network) {
  sp_shape input;
  sp_builder *builder = sp_builder_create(network->arena);
  SP_TRY(input_shape(options, data, &input));
  if (options->layers.count < 1) return sp_fail(SP_ERR_CONFIG, "model.layers: expected at least one layer");
  SP_TRY(sp_chain_build(builder, &options->layers, &input, &network->chain));
  SP_TRY(sp_builder_finish(builder, &network->table, &network->parameters));
  if (!network->table.trainable) return sp_fail(SP_ERR_CONFIG, "model.layers: no layer has parameters to train");
  network->layers = sp_builder_layers(builder, &network->layer);
  network->in_order = in_order(network);
  network->loss = options->loss;
  if (data->target.rank < 0) return SP_OK;
  const sp_loss_type *loss = sp_loss_type_of(&network->loss);
  sp_status fits = loss->fit(&network->chain.output, data, &network->classes);
  SP_TRY(sp_context(fits, "%s: %s", options->loss.path, loss->about.name));
  warn_applied_twice(network);
  network->sums = 1;
  network->metric = sp_arena_allocate(network->arena, (size_t)options->metrics.count * sizeof *network->metric);
  for (int64_t i = 0; i < options->metrics.count; i++) SP_TRY(add_metric(network, data, &options->metrics.item[i]));
  return SP_OK;
}

// The scores of an objective are metrics whose one sum it counts itself.
static sp_status build_objective(const sp_model_options *options, const sp_network_data *data, sp_network *network) {
  static const sp_metric_type lower = {.score = sp_metric_mean};
  static const sp_metric_type higher = {.score = sp_metric_mean, .higher_is_better = true};
  SP_TRY(sp_objective_load(options->objective, data, network->precision, network->arena, &network->objective));
  const sp_objective_score *score = sp_objective_about(network->objective)->scores;
  network->table = *sp_objective_table(network->objective);
  network->metrics = sp_objective_scores(network->objective);
  network->sums = 1 + network->metrics;
  network->metric = sp_arena_allocate(network->arena, (size_t)network->metrics * sizeof *network->metric);
  for (int i = 0; i < network->metrics; i++) {
    network->metric[i] = (sp_metric){.type = score[i].higher_is_better ? &higher : &lower, .sums = 1};
    snprintf(network->metric[i].name, SP_METRIC_NAME, "%s", score[i].name);
  }
  return SP_OK;
}

sp_status sp_network_create(const sp_model_options *options, const sp_network_data *data, sp_arithmetic arithmetic,
                            sp_network **out) {
  sp_network *network;
  SP_TRY(sp_allocate(1, sizeof *network, "network", &network));
  network->arena = sp_arena_create();
  network->precision = arithmetic.precision;
  sp_status status = sp_compute_create(arithmetic, &network->compute);
  if (status == SP_OK) {
    status = options->objective ? build_objective(options, data, network) : build(options, data, network);
  }
  if (status != SP_OK) {
    sp_network_free(network);
    return status;
  }
  *out = network;
  return SP_OK;
}

void sp_network_free(sp_network *network) {
  if (!network) return;
  sp_objective_unload(network->objective);
  sp_compute_free(network->compute);
  sp_arena_free(network->arena);
  free(network->workspace);
  free(network);
}

// --- prepare ------------------------------------------------------------------------------------------------------

const sp_prepared *sp_network_prepared(const sp_network *network, int64_t rows) {
  const sp_prepared *prepared = network->prepared;
  while (prepared && prepared->rows != rows) prepared = prepared->next;
  return prepared;
}

sp_status sp_network_prepare(sp_network *network, int64_t rows) {
  if (rows == 0 || network->objective || sp_network_prepared(network, rows)) return SP_OK;
  sp_prepared *prepared = sp_arena_allocate(network->arena, sizeof *prepared);
  sp_plan plan = {.compute = network->compute, .arena = network->arena, .rows = rows};
  int64_t outputs = sp_shape_size(&network->chain.output);
  prepared->rows = rows;
  SP_TRY(sp_chain_prepare(&plan, &network->chain, &prepared->chain));
  SP_TRY(sp_plan_reserve(&plan, outputs, &prepared->output));
  SP_TRY(sp_plan_reserve(&plan, outputs, &prepared->output_gradient));
  if (plan.bytes > network->workspace_bytes) {
    void *larger;
    SP_TRY(sp_allocate(plan.bytes, 1, "workspace", &larger));
    free(network->workspace);
    network->workspace = larger;
    network->workspace_bytes = plan.bytes;
  }
  prepared->next = network->prepared;
  network->prepared = prepared;
  return SP_OK;
}

sp_status sp_network_initialise(const sp_network *network, uint64_t seed, void *parameters) {
  if (network->objective) return sp_objective_initialise(network->objective, seed, parameters);
  sp_dtype precision = network->precision;
  memset(parameters, 0, (size_t)sp_parameter_values(&network->table) * sp_dtype_size(precision));
  for (int64_t i = 0; i < network->parameters.count; i++) {
    const sp_parameter *p = network->parameters.parameter[i];
    const sp_initialiser *initialiser = sp_initialiser_of(p->initial);
    sp_random_key key = sp_random_key_make(seed, SP_RANDOM_INITIAL, (uint64_t)i);
    for (int64_t j = 0; j < p->count; j++) {
      double value = initialiser->value(p->initial->options, p, key, (uint64_t)j);
      sp_value_set(precision, parameters, p->offset + j, value);
    }
  }
  return SP_OK;
}

// --- questions ----------------------------------------------------------------------------------------------------

const sp_parameter_table *sp_network_table(const sp_network *network) { return &network->table; }

const sp_shape *sp_network_output(const sp_network *network) { return &network->chain.output; }

int64_t sp_network_classes(const sp_network *network) { return network->classes; }

sp_status sp_network_check_targets(const sp_network *network, const sp_delivered *targets, int64_t *row) {
  if (network->objective || network->sums == 0) return SP_OK;
  const sp_loss_type *loss = sp_loss_type_of(&network->loss);
  return sp_context(loss->check(targets, row), "%s", loss->about.name);
}

int sp_network_sums(const sp_network *network) { return network->sums; }

double *sp_network_units(sp_network *network) { return network->units; }

int64_t sp_network_flops(const sp_network *network) {
  int64_t flops = 0;
  for (int64_t i = 0; i < network->layers; i++) flops += network->layer[i]->flops;
  return flops;
}

// Backward, a layer does two products of the size of its forward one, for its weights and for its input. Nobody wants the
// gradient of the first weights' input, nor anything of the layers before those.
int64_t sp_network_gradient_flops(const sp_network *network) {
  int64_t flops = 3 * sp_network_flops(network), i = 0;
  const sp_layer_chain *chain = &network->chain;
  while (i < chain->layers && !chain->layer[i]->has_parameters) flops -= 2 * chain->layer[i++]->flops;
  return i < chain->layers ? flops - chain->layer[i]->flops : flops;
}

// --- scores -------------------------------------------------------------------------------------------------------

int sp_network_scores(const sp_network *network) {
  return network->sums == 0 ? 0 : 1 + network->metrics;
}

const char *sp_network_score_name(const sp_network *network, int score) {
  return score == 0 ? "loss" : network->metric[score - 1].name;
}

bool sp_network_score_higher_is_better(const sp_network *network, int score) {
  return score > 0 && network->metric[score - 1].type->higher_is_better;
}

void sp_network_score(const sp_network *network, const double *sums, double rows, double *scores) {
  *scores++ = rows > 0 ? *sums / rows : NAN;
  sums++;
  for (int i = 0; i < network->metrics; i++) {
    const sp_metric *metric = &network->metric[i];
    *scores++ = rows > 0 ? metric->type->score(metric, sums, rows) : NAN;
    sums += metric->sums;
  }
}
