// SPDX-License-Identifier: Apache-2.0
// glorot_uniform, glorot_normal: variance 2 / (fan_in + fan_out). Glorot & Bengio 2010.
#include <math.h>

#include "model/initialiser.h"

static double fans(const sp_initial_tensor *t) { return (double)t->parameter->fan_in + (double)t->parameter->fan_out; }

static sp_status fill_uniform(const void *options, const sp_initial_tensor *t) {
  (void)options;
  sp_initial_symmetric(t, sqrt(6 / fans(t)));
  return SP_OK;
}

static sp_status fill_normal(const void *options, const sp_initial_tensor *t) {
  (void)options;
  sp_initial_normal(t, 0, sqrt(2 / fans(t)));
  return SP_OK;
}

const sp_initialiser sp_initialiser_glorot_uniform = {
    .about = {.name = "glorot_uniform", .help = "uniform distribution within sqrt(6 / (fan_in + fan_out)) of 0"},
    .fill = fill_uniform,
};

const sp_initialiser sp_initialiser_glorot_normal = {
    .about = {.name = "glorot_normal", .help = "normal distribution, mean 0, variance 2 / (fan_in + fan_out)"},
    .fill = fill_normal,
};
