// SPDX-License-Identifier: Apache-2.0
// Building a network: layer names, the sequence of layers, the layout of the parameter vector.
#include "model/builder.h"

#include <stdio.h>
#include <string.h>

typedef struct declared {
  sp_parameter parameter;
  const sp_layer *layer;
  struct declared *next;
} declared;

// The blocks around the layer that is being built, innermost first.
typedef struct scope {
  char prefix[SP_LAYER_NAME];  // of the names of layers: "residual_1/"
  struct scope *outer;
} scope;

struct sp_builder {
  sp_arena *arena;
  sp_dtype precision;
  sp_layer **layer;
  int64_t layers, capacity;
  declared *first, **last;
  int64_t parameters;
  scope *scope;  // NULL: no block
  int depth;
  bool computed;  // a layer before computes something
  bool located;   // the error message begins with the path of a layer
};

sp_builder *sp_builder_create(sp_arena *arena, sp_dtype precision) {
  sp_builder *builder = sp_arena_allocate(arena, sizeof *builder);
  builder->arena = arena;
  builder->last = &builder->first;
  builder->precision = precision;
  return builder;
}

sp_dtype sp_builder_precision(const sp_builder *builder) { return builder->precision; }

void *sp_builder_memory(sp_builder *builder, size_t size) { return sp_arena_allocate(builder->arena, size); }

int64_t sp_builder_layers(const sp_builder *builder, sp_layer *const **layers) {
  *layers = builder->layer;
  return builder->layers;
}

// --- names --------------------------------------------------------------------------------------------------------

static sp_status too_long(const char *prefix, const char *name) {
  return sp_fail(SP_ERR_CONFIG, "the name '%s%s' is longer than %d characters: give the blocks around it shorter names",
                 prefix, name, SP_LAYER_NAME - 1);
}

static sp_status check_unique(const sp_builder *builder, const sp_layer *layer) {
  for (int64_t i = 0; i < builder->layers; i++) {
    const sp_layer *other = builder->layer[i];
    if (other != layer && strcmp(other->name, layer->name) == 0) {
      return sp_fail(SP_ERR_CONFIG, "the name '%s' is already used by %s", layer->name, other->selected->path);
    }
  }
  return SP_OK;
}

sp_status sp_builder_enter(sp_builder *builder, const sp_layer *block, int64_t part) {
  scope *inner = sp_builder_memory(builder, sizeof *inner);
  char number[32] = "";
  if (block->depth >= SP_LAYER_DEPTH) {
    return sp_fail(SP_ERR_CONFIG, "expected at most %d blocks within each other", SP_LAYER_DEPTH);
  }
  SP_TRY(check_unique(builder, block));
  if (part > 0) snprintf(number, sizeof number, "%lld/", (long long)part);
  int size = snprintf(inner->prefix, sizeof inner->prefix, "%s/%s", block->name, number);
  if (size >= (int)sizeof inner->prefix) return too_long(block->name, "/");
  inner->outer = builder->scope;
  builder->scope = inner;
  return SP_OK;
}

void sp_builder_leave(sp_builder *builder) { builder->scope = builder->scope->outer; }

static bool in_same_scope(const sp_layer *a, const sp_layer *b) {
  return a->prefix == b->prefix && memcmp(a->name, b->name, (size_t)a->prefix) == 0;
}

// Numbers count all layers of a type in a block, including those with a name of their own, so that naming one layer does
// not rename the others.
static sp_status default_name(const sp_builder *builder, sp_layer *layer) {
  const char *prefix = builder->scope ? builder->scope->prefix : "";
  char name[SP_LAYER_NAME];
  int64_t place = 1;
  layer->prefix = (int)strlen(prefix);
  memcpy(layer->name, prefix, (size_t)layer->prefix);
  for (int64_t i = 0; i < builder->layers; i++) {
    place += builder->layer[i]->type == layer->type && in_same_scope(builder->layer[i], layer);
  }
  snprintf(name, sizeof name, "%.40s_%lld", layer->type->about.name, (long long)place);
  if ((size_t)layer->prefix + strlen(name) >= sizeof layer->name) return too_long(prefix, name);
  memcpy(layer->name + layer->prefix, name, strlen(name) + 1);
  return SP_OK;
}

// --- layers -------------------------------------------------------------------------------------------------------

static void append(sp_builder *builder, sp_layer *layer) {
  if (builder->layers == builder->capacity) {
    int64_t capacity = builder->capacity ? 2 * builder->capacity : 16;
    sp_layer **larger = sp_arena_allocate(builder->arena, (size_t)capacity * sizeof *larger);
    if (builder->layers) memcpy(larger, builder->layer, (size_t)builder->layers * sizeof *larger);
    builder->layer = larger;
    builder->capacity = capacity;
  }
  layer->number = builder->layers;
  builder->layer[builder->layers++] = layer;
}

static sp_status build(sp_builder *builder, sp_layer *layer) {
  int64_t values;
  SP_TRY(default_name(builder, layer));
  if (builder->layers == SP_BUILDER_LAYERS) {
    return sp_fail(SP_ERR_CONFIG, "expected at most %d layers, including those within blocks", SP_BUILDER_LAYERS);
  }
  append(builder, layer);
  SP_TRY(layer->type->build(builder, layer->selected->options, layer));
  SP_TRY(check_unique(builder, layer));
  return sp_shape_count(&layer->output, &values);
}

sp_status sp_builder_layer(sp_builder *builder, const sp_selected *selected, const sp_shape *input, sp_layer **out) {
  sp_layer *layer = sp_builder_memory(builder, sizeof *layer);
  layer->type = sp_layer_type_of(selected);
  layer->selected = selected;
  layer->input = layer->output = *input;
  layer->depth = builder->depth;
  layer->reads_data = !builder->computed;
  int64_t parameters = builder->parameters;
  builder->depth++;
  sp_status status = build(builder, layer);
  builder->depth--;
  if (status != SP_OK && builder->located) return status;
  if (status != SP_OK) {
    builder->located = true;
    return sp_context(status, "%s", selected->path);
  }
  builder->computed |= !layer->view;
  layer->has_parameters = builder->parameters > parameters;
  *out = layer;
  return SP_OK;
}

// --- parameters ---------------------------------------------------------------------------------------------------

// A float64 vector of this size is addressable in bytes, with room to round up and to count operations.
static const int64_t MOST_VALUES = INT64_MAX / 64;

static sp_status too_many(const char *name) {
  return sp_fail(SP_ERR_MEMORY, "%s: more parameters than can be addressed", name);
}

sp_status sp_builder_parameter(sp_builder *builder, sp_layer *layer, const sp_parameter *wanted,
                               const sp_parameter **out) {
  int64_t count;
  SP_TRY(sp_shape_count(&wanted->shape, &count));
  if (count > MOST_VALUES) return too_many(wanted->name);
  if (layer->parameters == SP_LAYER_PARAMETERS) {
    return sp_fail(SP_ERR_CONFIG, "expected at most %d tensors in a layer", SP_LAYER_PARAMETERS);
  }
  const int longest = sizeof((sp_tensor *)0)->name - 1;
  if (strlen(layer->name) + 1 + strlen(wanted->name) > (size_t)longest) {
    return sp_fail(SP_ERR_CONFIG,
                   "the name '%s/%s' is longer than %d characters: give the layer or the blocks around it "
                   "shorter names",
                   layer->name, wanted->name, longest);
  }
  declared *entry = sp_builder_memory(builder, sizeof *entry);
  entry->parameter = *wanted;
  entry->parameter.count = count;
  entry->layer = layer;
  *builder->last = entry;
  builder->last = &entry->next;
  builder->parameters++;
  layer->parameter[layer->parameters++] = &entry->parameter;
  *out = &entry->parameter;
  return SP_OK;
}

static int64_t round_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

sp_status sp_builder_finish(sp_builder *builder, sp_parameter_table *table, sp_parameter_list *list) {
  int64_t count = builder->parameters, at = 0, i = 0, trainable = 0, trained_blocks = 0;
  sp_tensor *tensor = sp_builder_memory(builder, (size_t)count * sizeof *tensor);
  const sp_parameter **parameter = sp_builder_memory(builder, (size_t)count * sizeof *parameter);
  double *momentum = sp_builder_memory(builder, (size_t)count * sizeof *momentum);
  for (sp_tensor_kind kind = SP_TENSOR_TRAINED; kind <= SP_TENSOR_STATISTIC; kind++) {
    for (declared *entry = builder->first; entry; entry = entry->next) {
      sp_parameter *p = &entry->parameter;
      if (p->kind != kind) continue;
      if (at > MOST_VALUES - p->count) return too_many(entry->layer->name);
      p->offset = at;
      at = round_up(p->offset + p->count, SP_TENSOR_ALIGNMENT);
      tensor[i] = (sp_tensor){.kind = kind, .shape = p->shape, .offset = p->offset, .count = p->count};
      snprintf(tensor[i].name, sizeof tensor[i].name, "%s/%s", entry->layer->name, p->name);
      momentum[i] = p->momentum;
      parameter[i++] = p;
      if (kind == SP_TENSOR_TRAINED) trainable += p->count;
    }
    at = round_up(at, SP_BLOCK);
    if (kind == SP_TENSOR_TRAINED) trained_blocks = at / SP_BLOCK;
  }
  *table = (sp_parameter_table){.tensor = tensor,
                                .tensors = count,
                                .momentum = momentum,
                                .trainable = trainable,
                                .trained_blocks = trained_blocks,
                                .blocks = at / SP_BLOCK};
  *list = (sp_parameter_list){parameter, count};
  return SP_OK;
}
