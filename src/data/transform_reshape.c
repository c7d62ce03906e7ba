// SPDX-License-Identifier: Apache-2.0
// reshape: the same values with another shape.
#include "data/transform.h"

typedef struct reshape_options {
  sp_shape shape;
} reshape_options;

static const sp_option options[] = {{.name = "shape",
                                     .kind = SP_OPTION_SHAPE,
                                     .offset = offsetof(reshape_options, shape),
                                     .help = "new shape of a sample, with the same number of values"},
                                    {0}};

static sp_status prepare(sp_transform *transform) {
  const reshape_options *o = transform->options;
  int64_t values;
  char in[200], out[200];
  SP_TRY(sp_shape_count(&o->shape, &values));
  if (values != transform->values) {
    return sp_fail(SP_ERR_SHAPE, "shape %s has %lld values, but a sample of shape %s has %lld",
                   sp_shape_text(&o->shape, out), (long long)values, sp_shape_text(&transform->in, in),
                   (long long)transform->values);
  }
  transform->out = o->shape;
  return SP_OK;
}

static sp_status apply(const sp_transform *transform, const sp_transform_draw *draw, void *row, int64_t *wrong) {
  (void)transform, (void)draw, (void)row, (void)wrong;
  return SP_OK;
}

static double slope(const sp_transform *transform, int64_t i) {
  (void)transform;
  (void)i;
  return 1;
}

static double turn_back(const sp_transform *transform, int64_t i, double value) {
  (void)transform;
  (void)i;
  return value;
}

const sp_transform_type sp_transform_reshape = {
    .variant = {"reshape", "change the shape of a sample; the number of values stays the same", options,
                sizeof(reshape_options)},
    .prepare = prepare,
    .apply = apply,
    .slope = slope,
    .turn_back = turn_back};
