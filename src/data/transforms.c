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

static sp_status prepare(sp_transform *transform, const sp_selected *selected, const sp_shape *in, sp_dtype precision) {
  *transform = (sp_transform){.type = (const sp_transform_type *)(const void *)selected->type,
                              .options = selected->options,
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
  chain->shape = next->out;
  if (!next->type->moments_size) return SP_OK;
  if (chain->standardizer) {
    return sp_fail(SP_ERR_CONFIG, "%s: %s: only one transform of a list may need statistics, and %s comes before it",
                   selected->path, selected->type->name, chain->standardizer->type->variant.name);
  }
  chain->standardizer = next;
  return SP_OK;
}

sp_status sp_transform_chain_create(const sp_selected_list *selected, const sp_shape *sample, sp_dtype precision,
                                    sp_transform_chain *out) {
  sp_transform_chain chain = {.precision = precision, .shape = *sample, .factor = 1};
  SP_TRY(sp_shape_count(sample, &chain.sample_values));
  chain.values = chain.sample_values;
  SP_TRY(sp_allocate(selected->count, sizeof *chain.item, "transforms", &chain.item));
  for (int64_t i = 0; i < selected->count; i++) {
    sp_status status = append(&chain, &selected->item[i], precision);
    if (status != SP_OK) {
      sp_transform_chain_free(&chain);
      return status;
    }
  }
  const sp_transform *first = chain.item;
  if (chain.count > 0 && first->type->multiplies && first->type->multiplies(first, &chain.factor)) chain.converted = 1;
  *out = chain;
  return SP_OK;
}

void sp_transform_chain_free(sp_transform_chain *chain) {
  for (int64_t i = 0; i < chain->count; i++) free(chain->item[i].state);
  free(chain->item);
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
  sp_delivered before = {
      chain->precision, stored, t > chain->item, 1, t->values, row, t->values == chain->sample_values ? sample : NULL};
  return sp_context(status, "%s: value %s", t->type->variant.name, sp_delivered_text(&before, wrong, text));
}

static sp_status apply_until(const sp_transform_chain *chain, const sp_transform *end, sp_dtype stored,
                             const void *sample, void *row) {
  for (const sp_transform *t = chain->item + chain->converted; t < end; t++) {
    int64_t wrong = 0;
    sp_status status = t->type->apply(t, row, &wrong);
    if (status != SP_OK) return add_value(status, chain, t, stored, sample, row, wrong);
  }
  return SP_OK;
}

sp_status sp_transform_chain_apply(const sp_transform_chain *chain, sp_dtype stored, const void *sample, void *row) {
  sp_convert(stored, sample, chain->sample_values, chain->factor, chain->precision, row);
  return apply_until(chain, chain->item + chain->count, stored, sample, row);
}

sp_status sp_transform_chain_apply_before_statistics(const sp_transform_chain *chain, sp_dtype stored,
                                                     const void *sample, void *row) {
  sp_convert(stored, sample, chain->sample_values, chain->factor, chain->precision, row);
  return apply_until(chain, chain->standardizer, stored, sample, row);
}
