// SPDX-License-Identifier: Apache-2.0
// Samples that are images: height, width and, if there are any, channels, in this order.
#ifndef SP_DATA_IMAGE_SHAPE_H
#define SP_DATA_IMAGE_SHAPE_H

#include "base/shape.h"

typedef struct sp_image {
  int64_t height, width, channels;
} sp_image;

/// Returns the extents of a shape that has been checked.
static inline sp_image sp_image_of(const sp_shape *shape) {
  return (sp_image){shape->extent[0], shape->extent[1], shape->rank > 2 ? shape->extent[2] : 1};
}

/// Errors: SP_ERR_SHAPE unless the shape is that of an image.
static inline sp_status sp_image_check(const sp_shape *shape) {
  char text[200];
  if (shape->rank == 2 || shape->rank == 3) return SP_OK;
  return sp_fail(
      SP_ERR_SHAPE,
      "expected images of shape [height, width] or [height, width, channels], got %s: put a reshape before it",
      sp_shape_text(shape, text));
}

#endif
