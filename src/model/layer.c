// SPDX-License-Identifier: Apache-2.0
// The registry of layers, and functions common to all of them.
#include "model/layer.h"

#include <string.h>

#include "compute/lane_rows.h"

const sp_variant *const sp_layers[] = {
#define SP_LAYER(name) &sp_layer_##name.about,
#include "model/layer_list.h"
#undef SP_LAYER
    NULL};

sp_status sp_layer_rename(sp_layer *layer, const char *name) {
  enum { LONGEST = 63 };
  static const char inside[] = ".-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  if (!name) return SP_OK;
  size_t length = strlen(name), room = sizeof layer->name - 1 - (size_t)layer->prefix;
  if (length == 0 || length > LONGEST || strspn(name, inside) != length || strchr(".-", name[0])) {
    return sp_fail(SP_ERR_CONFIG, "name '%s': expected 1 to %d letters, digits, _ . -, not beginning with . or -", name,
                   LONGEST);
  }
  if (length > room) {
    return sp_fail(SP_ERR_CONFIG,
                   "name '%s': with the names of the blocks around it, '%.*s', it is longer than %d "
                   "characters: shorten one of them",
                   name, layer->prefix, layer->name, SP_LAYER_NAME - 1);
  }
  memcpy(layer->name + layer->prefix, name, length + 1);
  return SP_OK;
}

sp_status sp_layer_wants_flat(const sp_layer *layer) {
  char text[200];
  if (layer->input.rank == 1) return SP_OK;
  return sp_fail(SP_ERR_SHAPE, "expected a flat input, got %s: put a flatten layer before it",
                 sp_shape_text(&layer->input, text));
}

// --- workspace ----------------------------------------------------------------------------------------------------

static sp_status too_large(int64_t rows, int64_t count, size_t size) {
  return sp_fail(SP_ERR_MEMORY, "workspace: %lld rows of %lld elements of %zu bytes are more than can be addressed",
                 (long long)rows, (long long)count, size);
}

sp_status sp_plan_reserve(sp_plan *plan, int64_t bytes, int64_t *offset) {
  enum { ALIGNMENT = 64 };
  int64_t end;
  if (!sp_add_size(bytes, plan->bytes, &end) || !sp_add_size(end, ALIGNMENT - 1, &end)) {
    return too_large(1, bytes, 1);
  }
  *offset = plan->bytes;
  plan->bytes = end / ALIGNMENT * ALIGNMENT;
  return SP_OK;
}

/// Reserve `count` elements of `size` bytes for each of `rows` rows.
static sp_status reserve_for(sp_plan *plan, int64_t rows, int64_t count, size_t size, int64_t *offset) {
  int64_t bytes;
  if (!sp_multiply_size(rows, count, &bytes) || !sp_multiply_size(bytes, (int64_t)size, &bytes)) {
    return too_large(rows, count, size);
  }
  return sp_plan_reserve(plan, bytes, offset);
}

sp_status sp_plan_reserve_rows(sp_plan *plan, int64_t count, size_t size, int64_t *offset) {
  return reserve_for(plan, plan->rows, count, size, offset);
}

sp_status sp_plan_reserve_sums(sp_plan *plan, int64_t n, int64_t *offset) {
  return reserve_for(plan, plan->lanes, n, sizeof(double), offset);
}

sp_status sp_plan_reserve_values(sp_plan *plan, int64_t values, int64_t *offset) {
  return sp_plan_reserve_rows(plan, values, sp_dtype_size(sp_compute_precision(plan->compute)), offset);
}

// --- pass ---------------------------------------------------------------------------------------------------------

void sp_pass_reduce(const sp_pass *pass, int64_t n, double *mine, double *total) {
  if (pass->reduction) {
    pass->reduction->add(pass->reduction->context, n, mine, total);
  } else {
    sp_lanes_add(SP_FLOAT64, pass->lanes->count, n, 1, mine, n, total);
  }
}

void sp_pass_set_gradient(const sp_pass *pass, const sp_parameter *parameter, double factor, const double *sums,
                          int64_t step) {
  for (int64_t part = 0; part < pass->lanes->parts; part++) {
    const int64_t begin = sp_pass_part_begin(pass, part), lanes = pass->lanes->part_end[part] - begin;
    sp_lanes_add(sp_compute_precision(pass->compute), lanes, parameter->count, factor, sums + begin * step, step,
                 sp_pass_gradient(pass, part, parameter));
  }
}
