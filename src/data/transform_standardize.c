// SPDX-License-Identifier: Apache-2.0
// standardize: (x - mean) / deviation, with statistics of the training rows.
#include "base/memory.h"
#include "compute/hot.h"
#include "data/transform.h"

typedef enum statistics_over { OVER_ELEMENT, OVER_ALL } statistics_over;

typedef struct standardize_options {
  int over;  // statistics_over
} standardize_options;

static const sp_option options[] = {{.name = "over",
                                     .kind = SP_OPTION_CHOICE,
                                     .offset = offsetof(standardize_options, over),
                                     .preset = "element",
                                     .range = "element|all",
                                     .help = "element: separate mean and deviation for each element of a sample; all: "
                                             "one mean and deviation for all elements"},
                                    {0}};

/// The state contains the means, then the inverse deviations, one of each per element of a sample, in the precision.
static sp_status prepare(sp_transform *transform) {
  int64_t values;
  if (!sp_multiply_size(transform->values, 2, &values)) return sp_fail(SP_ERR_SHAPE, "the sample is too large");
  return sp_allocate(values, sp_dtype_size(transform->precision), "statistics", &transform->state);
}

#define STANDARDIZE(real)                                                                       \
  SP_HOT static void standardize_##real(real *restrict x, int64_t n, const real *restrict mean, \
                                        const real *restrict inverse) {                         \
    for (int64_t i = 0; i < n; i++) x[i] = (x[i] - mean[i]) * inverse[i];                       \
  }
STANDARDIZE(float)
STANDARDIZE(double)

static sp_status apply(const sp_transform *transform, const sp_transform_draw *draw, void *row, int64_t *wrong) {
  (void)draw, (void)wrong;
  int64_t n = transform->values;
  if (transform->precision == SP_FLOAT32) {
    const float *mean = transform->state;
    standardize_float(row, n, mean, mean + n);
  } else {
    const double *mean = transform->state;
    standardize_double(row, n, mean, mean + n);
  }
  return SP_OK;
}

// --- statistics ---------------------------------------------------------------------------------------------------

static bool over_all(const sp_transform *transform) {
  return ((const standardize_options *)transform->options)->over == OVER_ALL;
}

static int64_t moments_size(const sp_transform *transform) { return over_all(transform) ? 1 : transform->values; }

static double value(const sp_transform *transform, const void *row, int64_t i) {
  return transform->precision == SP_FLOAT32 ? (double)((const float *)row)[i] : ((const double *)row)[i];
}

static void moments_add(const sp_transform *transform, const void *row, const double *mean, double *sum) {
  int64_t step = over_all(transform) ? 0 : 1;
  double weight = over_all(transform) ? 1 / (double)transform->values : 1;
  for (int64_t i = 0; i < transform->values; i++) {
    double x = value(transform, row, i);
    if (mean) x = (x - mean[i * step]) * (x - mean[i * step]);
    sum[i * step] += weight * x;
  }
}

static void moments_set(sp_transform *transform, const double *mean, const double *deviation) {
  int64_t n = transform->values, step = over_all(transform) ? 0 : 1;
  for (int64_t i = 0; i < n; i++) {
    double inverse = deviation[i * step] == 0 ? 1 : 1 / deviation[i * step];
    if (transform->precision == SP_FLOAT32) {
      float *state = transform->state;
      state[i] = (float)mean[i * step];
      state[n + i] = (float)inverse;
    } else {
      double *state = transform->state;
      state[i] = mean[i * step];
      state[n + i] = inverse;
    }
  }
}

static double slope(const sp_transform *transform, int64_t i) {
  return value(transform, transform->state, transform->values + i);
}

static double turn_back(const sp_transform *transform, int64_t i, double x) {
  return x / slope(transform, i) + value(transform, transform->state, i);
}

const sp_transform_type sp_transform_standardize = {
    .variant = {"standardize", "subtract the mean and divide by the standard deviation of the training rows", options,
                sizeof(standardize_options)},
    .prepare = prepare,
    .apply = apply,
    .slope = slope,
    .turn_back = turn_back,
    .moments_size = moments_size,
    .moments_add = moments_add,
    .moments_set = moments_set};
