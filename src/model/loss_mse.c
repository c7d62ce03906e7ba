// SPDX-License-Identifier: Apache-2.0
// mse: mean over the outputs of (x - t)^2, or half of it.
#include "model/loss_elements.h"

typedef struct mse_options {
  bool half;
} mse_options;

static const sp_option options_table[] = {
    {.name = "half",
     .kind = SP_OPTION_BOOL,
     .offset = offsetof(mse_options, half),
     .preset = "false",
     .help = "halve the loss, so that its gradient is the error itself"},
    {0},
};

static inline double element(const void *options, double x, double t, double *slope) {
  bool half = ((const mse_options *)options)->half;
  *slope = half ? x - t : 2 * (x - t);
  return half ? (x - t) * (x - t) / 2 : (x - t) * (x - t);
}

static double run(const void *options, const sp_prediction *prediction, void *gradient) {
  return sp_loss_elements(element, options, prediction, gradient);
}

const sp_loss_type sp_loss_mse = {
    .about = {"mse", "mean squared error", options_table, sizeof(mse_options)},
    .meaning = SP_MEANS_VALUES,
    .fit = sp_loss_fit_values,
    .targets = SP_LOSS_FINITE_TARGETS,
    .check = sp_loss_check_finite,
    .run = run,
};
