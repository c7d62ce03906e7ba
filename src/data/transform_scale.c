// SPDX-License-Identifier: Apache-2.0
// scale: x * factor + shift.
#include <math.h>

#include "data/transform.h"

typedef struct scale_options {
  double factor, shift;
} scale_options;

static const sp_option options[] = {
    {.name = "factor",
     .kind = SP_OPTION_REAL,
     .offset = offsetof(scale_options, factor),
     .help = "factor of every value, not 0; 0.00392156863 (1/255) maps bytes to [0, 1]"},
    {.name = "shift",
     .kind = SP_OPTION_REAL,
     .offset = offsetof(scale_options, shift),
     .preset = "0",
     .help = "value added after the multiplication"},
    {0}};

#define SP_TEMPLATE "data/transform_scale_typed.h"
#include "compute/each_real.h"

static sp_status prepare(sp_transform *transform) {
  const scale_options *o = transform->options;
  double factor = transform->precision == SP_FLOAT32 ? (double)(float)o->factor : o->factor;
  if (factor != 0 && isfinite(factor)) return SP_OK;
  return sp_fail(SP_ERR_CONFIG, "expected a factor that is not 0 and finite in %s, got %g%s",
                 sp_dtype_name(transform->precision), o->factor,
                 o->factor == 0 ? ", with which all values would be equal" : "");
}

static sp_status apply(const sp_transform *transform, const sp_transform_draw *draw, void *row, int64_t *wrong) {
  (void)draw, (void)wrong;
  const scale_options *o = transform->options;
  if (transform->precision == SP_FLOAT32) {
    scale_float(row, transform->values, (float)o->factor, (float)o->shift);
  } else {
    scale_double(row, transform->values, o->factor, o->shift);
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

static double invert(const sp_transform *transform, int64_t i, double value) {
  const scale_options *o = transform->options;
  (void)i;
  return (value - o->shift) / o->factor;
}

const sp_transform_type sp_transform_scale = {
    .variant = {"scale", "multiply every value by a factor, then add a shift", options, sizeof(scale_options)},
    .prepare = prepare,
    .apply = apply,
    .multiplies = multiplies,
    .slope = slope,
    .invert = invert};
