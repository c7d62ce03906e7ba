// SPDX-License-Identifier: Apache-2.0
// Networks of layers: build, prepare, and their table of functions.
#include "model/layered_network.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "model/initialiser.h"
#include "model/layered_pass.h"
#include "model/layered_search.h"

// --- build --------------------------------------------------------------------------------------------------------

// A sample of a single value has rank 0 in the data set and rank 1 for the layers.
static sp_status input_shape(const sp_model_options *options, const sp_column_form *column, sp_shape *input) {
  int64_t have, want;
  char data_text[200], model_text[200];
  const sp_shape *stored = &column->shape;
  SP_TRY(sp_shape_count(stored, &have));
  *input = stored->rank > 0 ? *stored : (sp_shape){1, {1}};
  if (options->inputs.count == 0) return SP_OK;
  const sp_shape *wanted = &((const sp_input_entry *)options->inputs.item)->shape;
  if (wanted->rank < 0) return SP_OK;
  SP_TRY(sp_context(sp_shape_count(wanted, &want), "model.inputs.%s", column->name));
  if (have != want) {
    return sp_fail(SP_ERR_CONFIG, "model.inputs.%s: %s does not match the rows of the data, which are %s", column->name,
                   sp_shape_text(wanted, model_text), sp_shape_text(stored, data_text));
  }
  *input = *wanted;
  return SP_OK;
}

/// Find the column that the first layer reads.
static sp_status find_input(const sp_model_options *options, const sp_data_form *data, int *input) {
  const char *name = options->inputs.count > 0 ? options->inputs.name[0] : SP_FEATURES;
  const char *path = options->inputs.count > 0 ? "model.inputs" : "model";
  *input = sp_data_form_find(data, name);
  if (sp_data_form_has(data, *input)) return SP_OK;
  if (*input >= 0) return sp_fail(SP_ERR_CONFIG, "data: these rows lack the column %s, the input of the network", name);
  sp_text columns = {0};
  sp_data_form_list(data, &columns);
  sp_status status =
      sp_fail(SP_ERR_CONFIG, "%s: the data have no column %s, the input of the network (they have %s)%s", path, name,
              columns.data, options->inputs.count > 0 ? "" : ": name the input with model.inputs: {NAME: ~}");
  sp_text_free(&columns);
  return status;
}

static void warn_applied_twice(const struct sp_network *network) {
  const sp_layered *l = sp_layered_of(network);
  const sp_loss_type *loss = network->scoring.loss.type;
  const sp_layer *last = l->layer[l->layers - 1];
  if (last->type != loss->includes || last->depth > 0) return;
  sp_warn("%s: %s takes logits and applies %s itself: remove this layer", last->selected->path, loss->about.name,
          loss->includes->about.name);
}

static int64_t collect_sums(struct sp_network *network, const int64_t *sums, int64_t at) {
  for (int i = 0; i < SP_LAYER_SUMS && sums[i] > 0; i++) {
    network->reduced[at++] = sums[i];
    if (sums[i] > network->most_reduced) network->most_reduced = sums[i];
  }
  return at;
}

// The sums over lanes in a training pass: of the layers in order, then in reverse order.
static void find_sums(struct sp_network *network) {
  const sp_layered *l = sp_layered_of(network);
  int64_t count = 0;
  network->reduced = sp_arena_allocate(network->arena, 2 * (size_t)(l->layers * SP_LAYER_SUMS) * sizeof(int64_t));
  for (int64_t i = 0; i < l->layers; i++) count = collect_sums(network, l->layer[i]->forward_sums, count);
  for (int64_t i = l->layers - 1; i >= 0; i--) count = collect_sums(network, l->layer[i]->backward_sums, count);
  network->reductions = count;
}

// In the backward pass a layer computes two products of the size of its forward product: for its weights and for its
// input. The layers before the first one with weights, and the gradient of that layer's input, are not computed.
static void count_flops(struct sp_network *network) {
  const sp_layered *l = sp_layered_of(network);
  for (int64_t i = 0; i < l->layers; i++) network->flops += l->layer[i]->flops;
  network->gradient_flops = 3 * network->flops;
  int64_t i = 0;
  while (i < l->layers && l->layer[i]->parameters == 0) network->gradient_flops -= 2 * l->layer[i++]->flops;
  if (i < l->layers) network->gradient_flops -= l->layer[i]->flops;
}

static sp_status build_layers(struct sp_network *network, const sp_model_options *options, const sp_data_form *data) {
  sp_layered *l = sp_layered_of(network);
  sp_shape input;
  sp_builder *builder = sp_builder_create(network->arena, network->precision);
  SP_TRY(find_input(options, data, &network->input));
  network->use[network->input].read = true;
  l->input_name = sp_arena_format(network->arena, "%s", data->column[network->input].name);
  SP_TRY(input_shape(options, &data->column[network->input], &input));
  if (options->layers.count < 1) return sp_fail(SP_ERR_CONFIG, "model.layers: expected at least one layer");
  SP_TRY(sp_layer_chain_build(builder, &options->layers, &input, &l->chain));
  SP_TRY(sp_builder_finish(builder, &network->table, &l->parameters));
  if (!network->table.trainable) return sp_fail(SP_ERR_CONFIG, "model.layers: no layer has parameters to train");
  l->layers = sp_builder_layers(builder, &l->layer);
  network->output = &l->chain.output;
  network->in_order = true;
  for (int64_t i = 0; i < l->layers && l->layer[i]->reads_data; i++) {
    if (l->layer[i]->type->check) network->checks_input = true;
  }
  find_sums(network);
  count_flops(network);
  return SP_OK;
}

static sp_status build(struct sp_network *network, const sp_model_options *options, const sp_data_form *data) {
  network->state = sp_arena_allocate(network->arena, sizeof(sp_layered));
  SP_TRY(build_layers(network, options, data));
  SP_TRY(sp_scoring_create(options, data, network->output, network->precision, network->arena, network->use,
                           &network->scoring));
  if (network->scoring.sums > 0) warn_applied_twice(network);
  return SP_OK;
}

static void release(struct sp_network *network) {
  if (network->state) free(sp_layered_of(network)->workspace);
}

// --- prepare ------------------------------------------------------------------------------------------------------

static sp_status prepare(struct sp_network *network, int64_t rows) {
  sp_layered *l = sp_layered_of(network);
  if (sp_layered_prepared(network, rows)) return SP_OK;
  sp_prepared *prepared = sp_arena_allocate(network->arena, sizeof *prepared);
  sp_plan plan = {.compute = network->compute, .arena = network->arena, .rows = rows, .lanes = network->lanes};
  int64_t outputs = sp_shape_size(&l->chain.output);
  prepared->rows = rows;
  SP_TRY(sp_layer_chain_prepare(&plan, &l->chain, &prepared->chain));
  SP_TRY(sp_plan_reserve_values(&plan, outputs, &prepared->output));
  SP_TRY(sp_plan_reserve_values(&plan, outputs, &prepared->output_gradient));
  if (plan.bytes > l->workspace_bytes) {
    void *larger;
    SP_TRY(sp_allocate(plan.bytes, 1, "workspace", &larger));
    free(l->workspace);
    l->workspace = larger;
    l->workspace_bytes = plan.bytes;
  }
  prepared->next = l->prepared;
  l->prepared = prepared;
  return SP_OK;
}

static sp_status initialise(const struct sp_network *network, uint64_t seed, void *parameters) {
  const sp_parameter_list *list = &sp_layered_of(network)->parameters;
  for (int64_t i = 0; i < list->count; i++) {
    SP_TRY(sp_initialiser_fill(list->parameter[i], i, seed, network->precision, parameters));
  }
  return SP_OK;
}

static int64_t set_zeros(const struct sp_network *network, void *parameters) {
  const sp_parameter_list *list = &sp_layered_of(network)->parameters;
  int64_t first = -1;
  for (int64_t i = list->count - 1; i >= 0; i--) {
    if (sp_initialiser_set_zeros(list->parameter[i], network->precision, parameters)) first = i;
  }
  return first;
}

static sp_status check_input(const struct sp_network *network, const sp_batch *batch, int64_t *row) {
  const sp_layered *l = sp_layered_of(network);
  for (int64_t i = 0; i < l->layers && l->layer[i]->reads_data; i++) {
    const sp_layer *layer = l->layer[i];
    if (!layer->type->check) continue;
    SP_TRY(sp_context(layer->type->check(layer, network->precision, batch->rows, batch->column[network->input], row),
                      "%s", layer->name));
  }
  return SP_OK;
}

// --- summary ------------------------------------------------------------------------------------------------------

static void summary(const struct sp_network *network, sp_text *out) {
  const sp_layered *l = sp_layered_of(network);
  char count[SP_TEXT_COUNTED];
  int width = SP_SUMMARY_WIDTH;
  for (int64_t i = 0; i < l->layers; i++) {
    if ((int)strlen(l->layer[i]->name) > width) width = (int)strlen(l->layer[i]->name);
  }
  sp_text_add(out, "%-*s  %-20s %14s\n", width, "layer", "output", "parameters");
  sp_network_summary_line(out, width, "input", &l->chain.input, 0);
  for (int64_t i = 0; i < l->layers; i++) {
    const sp_layer *layer = l->layer[i];
    int64_t values = 0;
    for (int j = 0; j < layer->parameters; j++) {
      if (layer->parameter[j]->kind == SP_TENSOR_TRAINED) values += layer->parameter[j]->count;
    }
    sp_network_summary_line(out, width, layer->name, &layer->output, values);
  }
  sp_text_add(out, "%s, loss %s\n", sp_text_counted(network->table.trainable, "parameter", count),
              network->scoring.loss.type->about.name);
}

const sp_network_kind sp_network_of_layers = {
    .build = build,
    .free = release,
    .initialise = initialise,
    .set_zeros = set_zeros,
    .prepare = prepare,
    .check_input = check_input,
    .gradient = sp_layered_gradient,
    .evaluate = sp_layered_evaluate,
    .find_nonfinite = sp_layered_find_nonfinite,
    .summary = summary,
};
