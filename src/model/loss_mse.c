// SPDX-License-Identifier: Apache-2.0
// mse: mean over the outputs of (x - t)^2, or half of it.
#include "model/loss.h"

typedef struct mse_options {
  sp_loss_common common;
  bool half;
} mse_options;

static const sp_option options_table[] = {
    {.name = "half",
     .kind = SP_OPTION_BOOL,
     .offset = offsetof(mse_options, half),
     .preset = "false",
     .help = "halve the loss, so that its gradient is the error itself"},
    SP_LOSS_COMMON,
    {0},
};

static void run(const sp_loss *loss, const sp_prediction *prediction, double *each, void *gradient) {
  const sp_row_loss rows = sp_loss_rows(prediction, each, gradient);
  sp_squared_loss(&rows, ((const mse_options *)loss->options)->half);
}

const sp_loss_type sp_loss_mse = {
    .about = {"mse", "mean squared error", options_table, sizeof(mse_options)},
    .meaning = SP_MEANS_VALUES,
    .fit = sp_loss_fit_values,
    .targets = SP_LOSS_FINITE_TARGETS,
    .check = sp_loss_check_finite,
    .run = run,
};
