// SPDX-License-Identifier: Apache-2.0
// Building, preparing and running a chain of layers.
#include "model/chain.h"

#include <string.h>

#include "model/builder.h"

struct sp_layer_chain_stage {
  const sp_layer_chain *chain;
  sp_stage *stage;      // of each layer
  int64_t *output;      // workspace: of the output of each layer except the last, whose output the caller provides
  int64_t gradient[2];  // workspace: of the gradients between layers, used alternately
};

// --- build --------------------------------------------------------------------------------------------------------

static bool fused(sp_layer_chain *chain, const sp_layer *layer) {
  if (layer->type->activation == SP_IDENTITY || chain->layers == 0) return false;
  sp_layer *before = chain->layer[chain->layers - 1];
  return before->type->fuse && before->type->fuse(before, layer->type->activation);
}

static void make_room(sp_builder *builder, sp_layer_chain *chain, int64_t more) {
  if (chain->layers + more <= chain->capacity) return;
  chain->capacity = 2 * chain->layers + more;
  sp_layer **larger = sp_builder_memory(builder, (size_t)chain->capacity * sizeof *larger);
  if (chain->layers > 0) memcpy(larger, chain->layer, (size_t)chain->layers * sizeof *larger);
  chain->layer = larger;
}

void sp_layer_chain_begin(sp_layer_chain *chain, const sp_shape *input) {
  *chain = (sp_layer_chain){.input = *input, .output = *input};
}

sp_status sp_layer_chain_append(sp_builder *builder, const sp_selected_list *list, sp_layer_chain *chain) {
  make_room(builder, chain, list->count);
  for (int64_t i = 0; i < list->count; i++) {
    sp_layer *layer;
    SP_TRY(sp_builder_layer(builder, &list->item[i], &chain->output, &layer));
    chain->output = layer->output;
    if (!layer->view && !fused(chain, layer)) chain->layer[chain->layers++] = layer;
  }
  return SP_OK;
}

sp_status sp_layer_chain_build(sp_builder *builder, const sp_selected_list *list, const sp_shape *input,
                               sp_layer_chain *chain) {
  sp_layer_chain_begin(chain, input);
  return sp_layer_chain_append(builder, list, chain);
}

// --- prepare ------------------------------------------------------------------------------------------------------

sp_status sp_layer_chain_prepare(sp_plan *plan, const sp_layer_chain *chain, sp_layer_chain_stage **out) {
  int64_t layers = chain->layers, largest = 0;
  sp_layer_chain_stage *stage = sp_arena_allocate(plan->arena, sizeof *stage);
  stage->chain = chain;
  stage->stage = sp_arena_allocate(plan->arena, (size_t)layers * sizeof *stage->stage);
  stage->output = sp_arena_allocate(plan->arena, (size_t)layers * sizeof *stage->output);
  for (int64_t i = 0; i < layers; i++) {
    const sp_layer *layer = chain->layer[i];
    stage->stage[i].layer = layer;
    if (layer->type->prepare) SP_TRY(layer->type->prepare(plan, layer, &stage->stage[i].prepared));
    if (i == layers - 1) break;
    int64_t size = sp_shape_size(&layer->output);
    SP_TRY(sp_plan_reserve_values(plan, size, &stage->output[i]));
    if (size > largest) largest = size;
  }
  SP_TRY(sp_plan_reserve_values(plan, largest, &stage->gradient[0]));
  SP_TRY(sp_plan_reserve_values(plan, largest, &stage->gradient[1]));
  *out = stage;
  return SP_OK;
}

// --- run ----------------------------------------------------------------------------------------------------------

static void copy(const sp_layer_chain *chain, const sp_pass *pass, void *to, const void *from) {
  size_t size = sp_dtype_size(sp_compute_precision(pass->compute));
  memcpy(to, from, (size_t)(pass->rows * sp_shape_size(&chain->output)) * size);
}

// A layer's trained tensors are adjacent. Statistics, which follow all of them, are only read in inference.

static const sp_parameter *first_trained(const sp_layer *layer) {
  int i = 0;
  while (i < layer->parameters && layer->parameter[i]->kind != SP_TENSOR_TRAINED) i++;
  return i < layer->parameters ? layer->parameter[i] : NULL;
}

static const sp_parameter *last_trained(const sp_layer *layer) {
  int i = layer->parameters - 1;
  while (i >= 0 && layer->parameter[i]->kind != SP_TENSOR_TRAINED) i--;
  return i >= 0 ? layer->parameter[i] : NULL;
}

static void need(const sp_pass *pass, const sp_layer *layer) {
  const sp_parameter *last = last_trained(layer);
  if (last) sp_pass_need(pass, last->offset + last->count);
}

void sp_layer_chain_forward(const sp_layer_chain_stage *stage, const sp_pass *pass, const void *x, void *y) {
  const sp_layer_chain *chain = stage->chain;
  if (chain->layers == 0) copy(chain, pass, y, x);
  for (int64_t i = 0; i < chain->layers; i++) {
    const sp_layer *layer = chain->layer[i];
    void *output = i == chain->layers - 1 ? y : sp_workspace(pass, stage->output[i]);
    need(pass, layer);
    layer->type->forward(&stage->stage[i], pass, x, output);
    if (pass->observer) pass->observer->forward(pass->observer->context, layer, output);
    x = output;
  }
}

// Returns the first layer whose backward pass is needed.
static int64_t first_needed(const sp_layer_chain *chain, const void *dx) {
  int64_t i = 0;
  while (!dx && i < chain->layers && !chain->layer[i]->has_parameters) i++;
  return i;
}

void sp_layer_chain_backward(const sp_layer_chain_stage *stage, const sp_pass *pass, const void *x, const void *y,
                             void *dy, void *dx) {
  const sp_layer_chain *chain = stage->chain;
  if (chain->layers == 0 && dx) copy(chain, pass, dx, dy);
  for (int64_t i = chain->layers - 1, first = first_needed(chain, dx); i >= first; i--) {
    const sp_layer *layer = chain->layer[i];
    const void *input = i == 0 ? x : sp_workspace(pass, stage->output[i - 1]);
    void *next = i == 0 ? dx : i == first ? NULL : sp_workspace(pass, stage->gradient[i % 2]);
    layer->type->backward(&stage->stage[i], pass, input, y, dy, next);
    if (pass->observer) pass->observer->backward(pass->observer->context, layer, next);
    const sp_parameter *begin = first_trained(layer);
    if (begin) sp_pass_done(pass, begin->offset);
    y = input;
    dy = next;
  }
}
