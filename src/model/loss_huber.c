// SPDX-License-Identifier: Apache-2.0
// huber: mean over the outputs of e^2 / 2 where |e| = |x - t| <= delta, else delta (|e| - delta / 2). Huber 1964.
#include <math.h>

#include "model/loss_elements.h"

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

static inline double element(const sp_loss *loss, int64_t j, double x, double t, double *slope) {
  (void)j;
  double delta = ((const huber_options *)loss->options)->delta, error = x - t;
  if (fabs(error) > delta) {
    *slope = error > 0 ? delta : -delta;
    return delta * (fabs(error) - delta / 2);
  }
  *slope = error;
  return error * error / 2;
}

static void run(const sp_loss *loss, const sp_prediction *prediction, double *each, void *gradient) {
  sp_loss_elements(element, loss, prediction, each, gradient);
}

const sp_loss_type sp_loss_huber = {
    .about = {"huber", "squared error if small, absolute error if large", options_table, sizeof(huber_options)},
    .meaning = SP_MEANS_VALUES,
    .fit = sp_loss_fit_values,
    .targets = SP_LOSS_FINITE_TARGETS,
    .check = sp_loss_check_finite,
    .run = run,
};
