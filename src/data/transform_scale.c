// SPDX-License-Identifier: Apache-2.0
// scale: x * factor + shift.
#include "compute/hot.h"
#include "data/transform.h"

typedef struct scale_options {
  double factor, shift;
} scale_options;

static const sp_option options[] = {{.name = "factor",
                                     .kind = SP_OPTION_REAL,
                                     .offset = offsetof(scale_options, factor),
                                     .help = "factor of every value; 0.00392156863 (1/255) maps bytes to [0, 1]"},
                                    {.name = "shift",
                                     .kind = SP_OPTION_REAL,
                                     .offset = offsetof(scale_options, shift),
                                     .preset = "0",
                                     .help = "value added after the multiplication"},
                                    {0}};

#define SCALE(real)                                                     \
  SP_HOT static void multiply_##real(real *x, int64_t n, real factor) { \
    for (int64_t i = 0; i < n; i++) x[i] *= factor;                     \
  }                                                                     \
  SP_HOT static void shift_##real(real *x, int64_t n, real shift) {     \
    for (int64_t i = 0; i < n; i++) x[i] += shift;                      \
  }
SCALE(float)
SCALE(double)

static sp_status apply(const sp_transform *transform, const sp_transform_draw *draw, void *row, int64_t *wrong) {
  (void)draw, (void)wrong;
  const scale_options *o = transform->options;
  // A shift of 0 is not added, so that the bits are those of the product (-0 is kept).
  if (transform->precision == SP_FLOAT32) {
    multiply_float(row, transform->values, (float)o->factor);
    if (o->shift != 0) shift_float(row, transform->values, (float)o->shift);
  } else {
    multiply_double(row, transform->values, o->factor);
    if (o->shift != 0) shift_double(row, transform->values, o->shift);
  }
  return SP_OK;
}

static bool multiplies(const sp_transform *transform, double *factor) {
  const scale_options *o = transform->options;
  if (o->shift != 0) return false;
  *factor = o->factor;
  return true;
}

static double slope(const sp_transform *transform, int64_t i) {
  (void)i;
  return ((const scale_options *)transform->options)->factor;
}

static double turn_back(const sp_transform *transform, int64_t i, double value) {
  const scale_options *o = transform->options;
  (void)i;
  return (value - o->shift) / o->factor;
}

const sp_transform_type sp_transform_scale = {
    .variant = {"scale", "multiply every value by a factor, then add a shift", options, sizeof(scale_options)},
    .apply = apply,
    .multiplies = multiplies,
    .slope = slope,
    .turn_back = turn_back};
