// SPDX-License-Identifier: Apache-2.0
// Shapes.
#include "base/shape.h"

#include <stdio.h>

#include "base/memory.h"

sp_status sp_shape_count(const sp_shape *shape, int64_t *count) {
  int64_t product = 1;
  char text[200];
  for (int i = 0; i < shape->rank; i++) {
    if (shape->extent[i] < 1)
      return sp_fail(SP_ERR_SHAPE, "shape %s has an extent below 1", sp_shape_text(shape, text));
    if (!sp_multiply_size(product, shape->extent[i], &product)) {
      return sp_fail(SP_ERR_SHAPE, "shape %s has more values than a 64-bit integer can count",
                     sp_shape_text(shape, text));
    }
  }
  *count = product;
  return SP_OK;
}

int64_t sp_shape_size(const sp_shape *shape) {
  int64_t product = 1;
  for (int i = 0; i < shape->rank; i++) product *= shape->extent[i];
  return product;
}

bool sp_shape_equal(const sp_shape *a, const sp_shape *b) {
  if (a->rank != b->rank) return false;
  for (int i = 0; i < a->rank; i++) {
    if (a->extent[i] != b->extent[i]) return false;
  }
  return true;
}

const char *sp_shape_text(const sp_shape *shape, char *buffer) {
  int used = snprintf(buffer, 200, "[");
  for (int i = 0; i < shape->rank; i++) {
    used += snprintf(buffer + used, 200 - (size_t)used, i ? ", %lld" : "%lld", (long long)shape->extent[i]);
  }
  snprintf(buffer + used, 200 - (size_t)used, "]");
  return buffer;
}
