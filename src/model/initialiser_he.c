// SPDX-License-Identifier: Apache-2.0
// he_uniform, he_normal: variance 2 / fan_in. He et al. 2015.
#include <math.h>

#include "model/initialiser.h"

static sp_status fill_uniform(const void *options, const sp_initial_tensor *t) {
  (void)options;
  sp_initial_symmetric(t, sqrt(6 / (double)t->parameter->fan_in));
  return SP_OK;
}

static sp_status fill_normal(const void *options, const sp_initial_tensor *t) {
  (void)options;
  sp_initial_normal(t, 0, sqrt(2 / (double)t->parameter->fan_in));
  return SP_OK;
}

const sp_initialiser sp_initialiser_he_uniform = {
    .about = {.name = "he_uniform", .help = "uniform distribution within sqrt(6 / fan_in) of 0"},
    .fill = fill_uniform,
};

const sp_initialiser sp_initialiser_he_normal = {
    .about = {.name = "he_normal", .help = "normal distribution, mean 0, variance 2 / fan_in"},
    .fill = fill_normal,
};
