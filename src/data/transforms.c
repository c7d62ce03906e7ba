// SPDX-License-Identifier: Apache-2.0
// The registry of transforms, and chains of them.
#include "data/transforms.h"

#include <stdlib.h>

#include "base/memory.h"
#include "data/delivered.h"
#include "hdf5/convert.h"

const sp_variant *const sp_transforms[] = {
#define SP_TRANSFORM(name) &sp_transform_##name.variant,
#include "data/transform_list.h"
#undef SP_TRANSFORM
    NULL};

/// Returns the counter of a transform's random numbers above the row: its name (FNV-1a) and how many transforms of this
/// name come before it.
static uint64_t stream_of(const sp_transform *first, const sp_transform *transform) {
  uint32_t hash = 2166136261u;
  uint64_t before = 0;
  for (const char *c = transform->type->variant.name; *c; c++) hash = (hash ^ (uint8_t)*c) * 16777619u;
  for (const sp_transform *t = first; t < transform; t++) before += t->type == transform->type;
  return (uint64_t)hash << 32 | before << 8;
}

static sp_status prepare(sp_transform *transform, const sp_selected *selected, const sp_shape *in, sp_dtype precision) {
  *transform = (sp_transform){.type = (const sp_transform_type *)(const void *)selected->type,
                              .options = selected->options,
                              .path = selected->path,
                              .precision = precision,
                              .in = *in,
                              .out = *in};
  SP_TRY(sp_shape_count(in, &transform->values));
  if (transform->type->prepare) SP_TRY(transform->type->prepare(transform));
  return SP_OK;
}

/// Prepare the next transform of the chain and take over its shape.
static sp_status append(sp_transform_chain *chain, const sp_selected *selected, sp_dtype precision) {
  sp_transform *next = &chain->item[chain->count++];
  sp_status status = prepare(next, selected, &chain->shape, precision);
  if (status == SP_OK) status = sp_shape_count(&next->out, &chain->values);
  if (status != SP_OK) return sp_context(status, "%s: %s", selected->path, selected->type->name);
  next->stream = stream_of(chain->item, next);
  next->moves = chain->moves;
  next->same_places = chain->same_places;
  chain->shape = next->out;
  chain->moves += next->type->move != NULL;
  chain->same_places = chain->same_places && !next->type->rearranges && chain->values == next->values;
  if (!next->type->moments_size) return SP_OK;
  if (chain->standardizer) {
    return sp_fail(SP_ERR_CONFIG, "%s: %s: only one transform of a list may need statistics, and %s comes before it",
                   selected->path, selected->type->name, chain->standardizer->type->variant.name);
  }
  chain->standardizer = next;
  return SP_OK;
}

/// Allocate the memory of samples before the transforms that move them. A sample does not shrink between two of these.
static sp_status allocate_scratch(sp_transform_chain *chain) {
  int64_t most = 0;
  for (int64_t i = 0; i < chain->count; i++) {
    if (chain->item[i].type->move && chain->item[i].values > most) most = chain->item[i].values;
  }
  for (int64_t i = 0; i < 2 && i < chain->moves; i++) {
    SP_TRY(sp_allocate(most, sp_dtype_size(chain->precision), "a sample", &chain->scratch[i]));
  }
  return SP_OK;
}

static sp_status append_all(sp_transform_chain *chain, const sp_selected_list *selected, sp_dtype precision) {
  SP_TRY(sp_allocate(selected->count, sizeof *chain->item, "transforms", &chain->item));
  for (int64_t i = 0; i < selected->count; i++) SP_TRY(append(chain, &selected->item[i], precision));
  return allocate_scratch(chain);
}

sp_status sp_transform_chain_create(const sp_selected_list *selected, const sp_shape *sample, sp_dtype precision,
                                    sp_transform_chain *out) {
  sp_transform_chain chain = {.precision = precision, .shape = *sample, .factor = 1, .same_places = true};
  SP_TRY(sp_shape_count(sample, &chain.sample_values));
  chain.values = chain.sample_values;
  sp_status status = append_all(&chain, selected, precision);
  if (status != SP_OK) {
    sp_transform_chain_free(&chain);
    return status;
  }
  const sp_transform *first = chain.item;
  if (chain.count > 0 && first->type->multiplies && first->type->multiplies(first, &chain.factor)) chain.converted = 1;
  *out = chain;
  return SP_OK;
}

void sp_transform_chain_free(sp_transform_chain *chain) {
  for (int64_t i = 0; i < chain->count; i++) free(chain->item[i].state);
  free(chain->item);
  free(chain->scratch[0]);
  free(chain->scratch[1]);
  *chain = (sp_transform_chain){0};
}

bool sp_transform_chain_inverts(const sp_transform_chain *chain) {
  for (int64_t i = 0; i < chain->count; i++) {
    const sp_transform *t = &chain->item[i];
    bool of_statistics = t->type->moments_size != NULL;  // its slope is not known yet, but never 0
    if (!t->type->slope || (!of_statistics && t->type->slope(t, 0) == 0)) return false;
  }
  return chain->count > 0;
}

/// Prefix the error with the transform and the value: "one_hot: value 12: expected …".
static sp_status add_value(sp_status status, const sp_transform_chain *chain, const sp_transform *t, sp_dtype stored,
                           const void *sample, const void *row, int64_t wrong) {
  char text[80];
  sp_delivered before = {.precision = chain->precision,
                         .stored = stored,
                         .transformed = t > chain->item,
                         .rows = 1,
                         .size = t->values,
                         .values = row,
                         .original = t->same_places ? sample : NULL};
  return sp_context(status, "%s: value %s", t->type->variant.name, sp_delivered_text(&before, wrong, text));
}

/// Convert a sample and apply the transforms before `end`, of which `moves` move it: it begins in the scratch memory from
/// which it is in `row` after the last of them.
static sp_status run(const sp_transform_chain *chain, const sp_transform *end, int64_t moves,
                     const sp_transform_draw *draw, sp_dtype stored, const void *sample, void *row) {
  void *at = moves > 0 ? chain->scratch[(moves - 1) % 2] : row;
  sp_convert(stored, sample, chain->sample_values, chain->factor, chain->precision, at);
  for (const sp_transform *t = chain->item + chain->converted; t < end; t++) {
    int64_t wrong = 0;
    if (t->type->move) {
      void *to = --moves > 0 ? chain->scratch[(moves - 1) % 2] : row;
      t->type->move(t, draw, at, to);
      at = to;
      continue;
    }
    sp_status status = t->type->apply(t, draw, at, &wrong);
    if (status != SP_OK) return add_value(status, chain, t, stored, sample, at, wrong);
  }
  return SP_OK;
}

sp_status sp_transform_chain_apply(const sp_transform_chain *chain, const sp_transform_draw *draw, sp_dtype stored,
                                   const void *sample, void *row) {
  return run(chain, chain->item + chain->count, chain->moves, draw, stored, sample, row);
}

sp_status sp_transform_chain_apply_before_statistics(const sp_transform_chain *chain, sp_dtype stored,
                                                     const void *sample, void *row) {
  static const sp_transform_draw none = {0};
  return run(chain, chain->standardizer, chain->standardizer->moves, &none, stored, sample, row);
}
