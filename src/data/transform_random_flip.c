// SPDX-License-Identifier: Apache-2.0
// random_flip: mirror an image from left to right, with a probability.
#include "data/image_shape.h"
#include "data/transform.h"

typedef struct random_flip_options {
  double probability;
} random_flip_options;

static const sp_option options[] = {{.name = "probability",
                                     .kind = SP_OPTION_REAL,
                                     .offset = offsetof(random_flip_options, probability),
                                     .preset = "0.5",
                                     .range = "[0, 1]",
                                     .help = "probability that a training row is mirrored; other rows never are"},
                                    {0}};

static sp_status prepare(sp_transform *transform) { return sp_image_check(&transform->in); }

#define MIRROR(real)                                                       \
  static void mirror_##real(real *x, const sp_image *image) {              \
    const int64_t line = image->width * image->channels;                   \
    for (int64_t y = 0; y < image->height; y++, x += line) {               \
      for (int64_t left = 0, right = line - image->channels; left < right; \
           left += image->channels, right -= image->channels) {            \
        for (int64_t c = 0; c < image->channels; c++) {                    \
          const real value = x[left + c];                                  \
          x[left + c] = x[right + c];                                      \
          x[right + c] = value;                                            \
        }                                                                  \
      }                                                                    \
    }                                                                      \
  }
MIRROR(float)
MIRROR(double)

static sp_status apply(const sp_transform *transform, const sp_transform_draw *draw, void *row, int64_t *wrong) {
  (void)wrong;
  const random_flip_options *o = transform->options;
  if (!draw->training || !(sp_transform_uniform(transform, draw, 0) < o->probability)) return SP_OK;
  const sp_image image = sp_image_of(&transform->in);
  if (transform->precision == SP_FLOAT32) {
    mirror_float(row, &image);
  } else {
    mirror_double(row, &image);
  }
  return SP_OK;
}

const sp_transform_type sp_transform_random_flip = {
    .variant = {"random_flip", "mirror images from left to right at random, in training only", options,
                sizeof(random_flip_options)},
    .prepare = prepare,
    .apply = apply,
    .rearranges = true};
