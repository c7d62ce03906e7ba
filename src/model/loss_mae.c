// SPDX-License-Identifier: Apache-2.0
// mae: mean over the outputs of |x - t|; the slope at x = t is 0.
#include <math.h>

#include "model/loss_elements.h"

static inline double element(const void *options, double x, double t, double *slope) {
  (void)options;
  double error = x - t;
  *slope = error > 0 ? 1 : error < 0 ? -1 : error;  // NaN remains NaN
  return fabs(error);
}

static double run(const void *options, const sp_prediction *prediction, void *gradient) {
  return sp_loss_elements(element, options, prediction, gradient);
}

const sp_loss_type sp_loss_mae = {
    .about = {.name = "mae", .help = "mean absolute error"},
    .meaning = SP_MEANS_VALUES,
    .fit = sp_loss_fit_values,
    .targets = SP_LOSS_FINITE_TARGETS,
    .check = sp_loss_check_finite,
    .run = run,
};
