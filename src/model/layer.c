// SPDX-License-Identifier: Apache-2.0
// The registry of layers, and functions common to all of them.
#include "model/layer.h"

#include <string.h>

const sp_variant *const sp_layers[] = {
#define SP_LAYER(name) &sp_layer_##name.about,
#include "model/layer_list.h"
#undef SP_LAYER
    NULL};

sp_status sp_layer_rename(sp_layer *layer, const char *name) {
  static const char inside[] = ".-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  if (!name) return SP_OK;
  size_t length = strlen(name);
  if (length == 0 || length >= sizeof layer->name || strspn(name, inside) != length || strchr(".-", name[0])) {
    return sp_fail(SP_ERR_CONFIG, "name '%s': expected 1 to %zu letters, digits, _ . -, not beginning with . or -",
                   name, sizeof layer->name - 1);
  }
  memcpy(layer->name, name, length + 1);
  return SP_OK;
}

sp_status sp_layer_wants_flat(const sp_layer *layer) {
  char text[200];
  if (layer->input.rank == 1) return SP_OK;
  return sp_fail(SP_ERR_SHAPE, "expected a flat input, got %s: put a flatten layer before it",
                 sp_shape_text(&layer->input, text));
}

sp_status sp_plan_reserve(sp_plan *plan, int64_t values_per_row, int64_t *offset) {
  enum { ALIGNMENT = 64 };
  int64_t bytes, end;
  int64_t size = (int64_t)sp_dtype_size(sp_compute_precision(plan->compute));
  if (!sp_multiply_size(plan->rows, values_per_row, &bytes) || !sp_multiply_size(bytes, size, &bytes) ||
      !sp_add_size(bytes, plan->bytes, &end) || !sp_add_size(end, ALIGNMENT - 1, &end)) {
    return sp_fail(SP_ERR_MEMORY, "workspace: %lld rows of %lld values are more than can be addressed",
                   (long long)plan->rows, (long long)values_per_row);
  }
  *offset = plan->bytes;
  plan->bytes = end / ALIGNMENT * ALIGNMENT;
  return SP_OK;
}
