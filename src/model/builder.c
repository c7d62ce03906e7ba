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

struct sp_builder {
  sp_arena *arena;
  sp_layer **layer;
  int64_t layers, capacity;
  declared *first, **last;
  int64_t parameters;
  int depth;
};

sp_builder *sp_builder_create(sp_arena *arena) {
  sp_builder *builder = sp_arena_allocate(arena, sizeof *builder);
  builder->arena = arena;
  builder->last = &builder->first;
  return builder;
}

void *sp_builder_memory(sp_builder *builder, size_t size) { return sp_arena_allocate(builder->arena, size); }

int64_t sp_builder_layers(const sp_builder *builder, sp_layer *const **layers) {
  *layers = builder->layer;
  return builder->layers;
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

// Numbers count all layers of a type, including those with a name of their own, so that naming one layer does not
// rename the others.
static void default_name(const sp_builder *builder, sp_layer *layer) {
  int64_t place = 1;
  for (int64_t i = 0; i < builder->layers; i++) place += builder->layer[i]->type == layer->type;
  snprintf(layer->name, sizeof layer->name, "%.40s_%lld", layer->type->about.name, (long long)place);
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

static sp_status build(sp_builder *builder, sp_layer *layer) {
  int64_t values;
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
  default_name(builder, layer);
  append(builder, layer);
  int64_t parameters = builder->parameters;
  builder->depth++;
  sp_status status = build(builder, layer);
  builder->depth--;
  if (status != SP_OK) return sp_context(status, "%s", selected->path);
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
  for (sp_tensor_kind kind = SP_TENSOR_TRAINED; kind <= SP_TENSOR_STATISTIC; kind++) {
    for (declared *entry = builder->first; entry; entry = entry->next) {
      sp_parameter *p = &entry->parameter;
      if (p->kind != kind) continue;
      if (at > MOST_VALUES - p->count) return too_many(entry->layer->name);
      p->offset = at;
      at = round_up(p->offset + p->count, SP_TENSOR_ALIGNMENT);
      tensor[i] = (sp_tensor){.kind = kind, .shape = p->shape, .offset = p->offset, .count = p->count};
      snprintf(tensor[i].name, sizeof tensor[i].name, "%s/%s", entry->layer->name, p->name);
      parameter[i++] = p;
      if (kind == SP_TENSOR_TRAINED) trainable += p->count;
    }
    at = round_up(at, SP_BLOCK);
    if (kind == SP_TENSOR_TRAINED) trained_blocks = at / SP_BLOCK;
  }
  *table = (sp_parameter_table){.tensor = tensor,
                                .tensors = count,
                                .trainable = trainable,
                                .trained_blocks = trained_blocks,
                                .blocks = at / SP_BLOCK};
  *list = (sp_parameter_list){parameter, count};
  return SP_OK;
}
