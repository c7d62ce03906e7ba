// SPDX-License-Identifier: Apache-2.0
// one_hot: every value k becomes a vector of `classes` values, 1 at index k and 0 elsewhere.
#include <math.h>
#include <string.h>

#include "data/transform.h"

typedef struct one_hot_options {
  int64_t classes;
} one_hot_options;

static const sp_option options[] = {
    // 2^24: float32 does not represent every larger class number.
    {.name = "classes",
     .kind = SP_OPTION_INT,
     .offset = offsetof(one_hot_options, classes),
     .range = "[1, 16777216]",
     .help = "number of classes; values must be integers from 0 to classes - 1"},
    {0}};

static int64_t classes_of(const sp_transform *transform) {
  return ((const one_hot_options *)transform->options)->classes;
}

static sp_status prepare(sp_transform *transform) {
  sp_shape *out = &transform->out;
  char text[200];
  if (out->rank == SP_MAX_RANK) {
    return sp_fail(SP_ERR_SHAPE, "a sample of shape %s cannot have one more dimension", sp_shape_text(out, text));
  }
  out->extent[out->rank++] = classes_of(transform);
  return SP_OK;
}

static double get(sp_dtype precision, const void *row, int64_t i) {
  return precision == SP_FLOAT32 ? (double)((const float *)row)[i] : ((const double *)row)[i];
}

static void set_one(sp_dtype precision, void *row, int64_t i) {
  if (precision == SP_FLOAT32) {
    ((float *)row)[i] = 1;
  } else {
    ((double *)row)[i] = 1;
  }
}

static sp_status apply(const sp_transform *transform, const sp_transform_draw *draw, void *row, int64_t *wrong) {
  (void)draw;
  int64_t classes = classes_of(transform);
  size_t bytes = (size_t)classes * sp_dtype_size(transform->precision);
  // From the last value to the first, so that a vector never overwrites a value that has not been read.
  for (int64_t i = transform->values - 1; i >= 0; i--) {
    double x = get(transform->precision, row, i);
    if (!(x >= 0 && x < (double)classes && x == floor(x))) {
      *wrong = i;
      return sp_fail(SP_ERR_DATA, "expected an integer from 0 to %lld", (long long)(classes - 1));
    }
    memset((char *)row + (size_t)i * bytes, 0, bytes);
    set_one(transform->precision, row, i * classes + (int64_t)x);
  }
  return SP_OK;
}

const sp_transform_type sp_transform_one_hot = {
    .variant = {"one_hot", "replace every class number by a vector of zeros with a one at that index", options,
                sizeof(one_hot_options)},
    .prepare = prepare,
    .apply = apply};
