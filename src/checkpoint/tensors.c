// SPDX-License-Identifier: Apache-2.0
// Comparison of tensors, and their names in messages.
#include "checkpoint/tensors.h"

#include <stdio.h>
#include <string.h>

bool sp_tensor_same(const sp_tensor *a, const sp_tensor *b) {
  return strcmp(a->name, b->name) == 0 && a->kind == b->kind && sp_shape_equal(&a->shape, &b->shape) &&
         a->offset == b->offset;
}

bool sp_tensor_in_slot(const sp_tensor *tensor, const char *slot) {
  return tensor->kind == SP_TENSOR_TRAINED || strcmp(slot, "average") == 0;
}

const char *sp_tensor_text(const sp_tensor *tensor, char buffer[512]) {
  char shape[200];
  if (!tensor) return "missing";
  snprintf(buffer, 512, "%s%s%s", tensor->kind == SP_TENSOR_STATISTIC ? "statistic " : "", tensor->name,
           sp_shape_text(&tensor->shape, shape));
  return buffer;
}

const char *sp_tensors_text(const sp_parameter_table *table, int64_t first, int64_t blocks, char buffer[256]) {
  const char *from = NULL, *to = NULL;
  for (int64_t i = 0; i < table->tensors; i++) {
    const sp_tensor *tensor = &table->tensor[i];
    if (tensor->offset >= (first + blocks) * SP_BLOCK || tensor->offset + tensor->count <= first * SP_BLOCK) continue;
    if (!from) from = tensor->name;
    to = tensor->name;
  }
  snprintf(buffer, 256, "%s%s%s", from ? from : "padding", from != to ? " to " : "", from != to ? to : "");
  return buffer;
}
