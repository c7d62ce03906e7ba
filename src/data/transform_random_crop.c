// SPDX-License-Identifier: Apache-2.0
// random_crop: a part of an image, at a random place in training and at its centre otherwise.
#include <string.h>

#include "data/image_shape.h"
#include "data/transform.h"

typedef struct random_crop_options {
  sp_shape size;
  int64_t padding;
} random_crop_options;

static const sp_option options[] = {
    {.name = "size",
     .kind = SP_OPTION_SHAPE,
     .offset = offsetof(random_crop_options, size),
     .help = "height and width of the part, such as [24, 24]"},
    {.name = "padding",
     .kind = SP_OPTION_INT,
     .offset = offsetof(random_crop_options, padding),
     .preset = "0",
     .range = "[0, 65536]",
     .help = "width of a border of zeros that is put around the image first; a part may include some of it"},
    {0}};

static sp_status prepare(sp_transform *transform) {
  const random_crop_options *o = transform->options;
  char in[200], size[200];
  SP_TRY(sp_image_check(&transform->in));
  if (o->size.rank != 2) {
    return sp_fail(SP_ERR_SHAPE, "size: expected [height, width], got %s", sp_shape_text(&o->size, size));
  }
  for (int i = 0; i < 2; i++) {
    if (o->size.extent[i] <= transform->in.extent[i] + 2 * o->padding) continue;
    return sp_fail(SP_ERR_SHAPE, "a part of size %s does not fit into an image of shape %s with a border of %lld",
                   sp_shape_text(&o->size, size), sp_shape_text(&transform->in, in), (long long)o->padding);
  }
  transform->out.extent[0] = o->size.extent[0];
  transform->out.extent[1] = o->size.extent[1];
  return SP_OK;
}

/// Returns where the part begins along one dimension, counted from the image: from -padding on.
static int64_t begin(const sp_transform *transform, const sp_transform_draw *draw, int axis) {
  const random_crop_options *o = transform->options;
  int64_t room = transform->in.extent[axis] + 2 * o->padding - o->size.extent[axis];
  int64_t at = draw->training ? (int64_t)(sp_transform_uniform(transform, draw, axis) * (double)(room + 1)) : room / 2;
  return at - o->padding;
}

/// Copy the pixels [x, x + width) of a line of the image; those outside of it are 0.
static void copy_line(const char *line, int64_t x, int64_t width, int64_t line_width, int64_t bytes, char *to) {
  int64_t first = x < 0 ? -x : 0, end = line_width - x < width ? line_width - x : width;
  if (first > width) first = width;
  if (end < first) end = first;
  memset(to, 0, (size_t)(first * bytes));
  if (end > first) memcpy(to + first * bytes, line + (x + first) * bytes, (size_t)((end - first) * bytes));
  memset(to + end * bytes, 0, (size_t)((width - end) * bytes));
}

static void move(const sp_transform *transform, const sp_transform_draw *draw, const void *from, void *to) {
  const sp_image in = sp_image_of(&transform->in), out = sp_image_of(&transform->out);
  const int64_t bytes = in.channels * (int64_t)sp_dtype_size(transform->precision);
  const int64_t top = begin(transform, draw, 0), left = begin(transform, draw, 1);
  char *line = to;
  for (int64_t y = top; y < top + out.height; y++, line += out.width * bytes) {
    if (y < 0 || y >= in.height) {
      memset(line, 0, (size_t)(out.width * bytes));
    } else {
      copy_line((const char *)from + y * in.width * bytes, left, out.width, in.width, bytes, line);
    }
  }
}

const sp_transform_type sp_transform_random_crop = {
    .variant = {"random_crop", "take a part of each image, at a random place in training and at the centre otherwise",
                options, sizeof(random_crop_options)},
    .prepare = prepare,
    .move = move,
    .rearranges = true};
