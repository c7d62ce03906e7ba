// SPDX-License-Identifier: Apache-2.0
// huber: mean over the outputs of e^2 / 2 where |e| = |x - t| <= delta, else delta (|e| - delta / 2). Huber 1964.
#include "model/loss.h"

typedef struct huber_options {
  sp_loss_common common;
  double delta;
} huber_options;

static const sp_option options_table[] = {
    {.name = "delta",
     .kind = SP_OPTION_REAL,
     .offset = offsetof(huber_options, delta),
     .preset = "1",
     .range = "(0, inf)",
     .help = "absolute error above which the loss grows linearly"},
    SP_LOSS_COMMON,
    {0},
};

static void run(const sp_loss *loss, const sp_prediction *prediction, double *each, void *gradient) {
  const sp_row_loss rows = sp_loss_rows(prediction, each, gradient);
  sp_huber_loss(&rows, ((const huber_options *)loss->options)->delta);
}

const sp_loss_type sp_loss_huber = {
    .about = {"huber", "squared error if small, absolute error if large", options_table, sizeof(huber_options)},
    .meaning = SP_MEANS_VALUES,
    .fit = sp_loss_fit_values,
    .targets = SP_LOSS_FINITE_TARGETS,
    .check = sp_loss_check_finite,
    .run = run,
};
