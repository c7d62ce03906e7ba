// SPDX-License-Identifier: Apache-2.0
// uniform, normal, constant, zeros, ones: values from a distribution given by the options.
#include "model/initialiser.h"

typedef struct uniform_values {
  double low, high;
} uniform_values;

typedef struct normal_values {
  double mean, stddev;
} normal_values;

typedef struct constant_values {
  double value;
} constant_values;

static sp_status fill_uniform(const void *options, const sp_initial_tensor *t) {
  const uniform_values *o = options;
  for (int64_t i = 0; i < t->parameter->count; i++) {
    sp_initial_set(t, i, o->low + (o->high - o->low) * sp_random_uniform(t->key, (uint64_t)i));
  }
  return SP_OK;
}

static sp_status fill_normal(const void *options, const sp_initial_tensor *t) {
  const normal_values *o = options;
  sp_initial_normal(t, o->mean, o->stddev);
  return SP_OK;
}

static sp_status fill_constant(const void *options, const sp_initial_tensor *t) {
  for (int64_t i = 0; i < t->parameter->count; i++) sp_initial_set(t, i, ((const constant_values *)options)->value);
  return SP_OK;
}

static sp_status fill_zeros(const void *options, const sp_initial_tensor *t) {
  (void)options;
  for (int64_t i = 0; i < t->parameter->count; i++) sp_initial_set(t, i, 0);
  return SP_OK;
}

static sp_status fill_ones(const void *options, const sp_initial_tensor *t) {
  (void)options;
  for (int64_t i = 0; i < t->parameter->count; i++) sp_initial_set(t, i, 1);
  return SP_OK;
}

static const sp_option uniform_options[] = {
    {.name = "low",
     .kind = SP_OPTION_REAL,
     .offset = offsetof(uniform_values, low),
     .preset = "-0.05",
     .help = "smallest value"},
    {.name = "high",
     .kind = SP_OPTION_REAL,
     .offset = offsetof(uniform_values, high),
     .preset = "0.05",
     .help = "upper bound of the values, exclusive"},
    {0},
};

static const sp_option normal_options[] = {
    {.name = "mean",
     .kind = SP_OPTION_REAL,
     .offset = offsetof(normal_values, mean),
     .preset = "0",
     .help = "mean of the values"},
    {.name = "stddev",
     .kind = SP_OPTION_REAL,
     .offset = offsetof(normal_values, stddev),
     .preset = "0.05",
     .range = "[0, inf)",
     .help = "standard deviation of the values"},
    {0},
};

static const sp_option constant_options[] = {
    {.name = "value",
     .kind = SP_OPTION_REAL,
     .offset = offsetof(constant_values, value),
     .help = "value of all elements"},
    {0},
};

const sp_initialiser sp_initialiser_uniform = {
    .about = {"uniform", "uniform distribution between two values", uniform_options, sizeof(uniform_values)},
    .fill = fill_uniform,
};

const sp_initialiser sp_initialiser_normal = {
    .about = {"normal", "normal distribution with a mean and a standard deviation", normal_options,
              sizeof(normal_values)},
    .fill = fill_normal,
};

const sp_initialiser sp_initialiser_constant = {
    .about = {"constant", "the same value for all elements", constant_options, sizeof(constant_values)},
    .fill = fill_constant,
};

const sp_initialiser sp_initialiser_zeros = {
    .about = {.name = "zeros", .help = "0 for all elements"},
    .fill = fill_zeros,
};

const sp_initialiser sp_initialiser_ones = {
    .about = {.name = "ones", .help = "1 for all elements"},
    .fill = fill_ones,
};
