// SPDX-License-Identifier: Apache-2.0
// mae: mean over the outputs of |x - t|; the slope at x = t is 0.
#include <math.h>

#include "model/loss_elements.h"

static const sp_option options_table[] = {
    SP_LOSS_COMMON,
    {0},
};

static inline double element(const sp_loss *loss, int64_t j, double x, double t, double *slope) {
  (void)loss, (void)j;
  double error = x - t;
  *slope = error > 0 ? 1 : error < 0 ? -1 : error;  // NaN remains NaN
  return fabs(error);
}

static void run(const sp_loss *loss, const sp_prediction *prediction, double *each, void *gradient) {
  sp_loss_elements(element, loss, prediction, each, gradient);
}

const sp_loss_type sp_loss_mae = {
    .about = {"mae", "mean absolute error", options_table, sizeof(sp_loss_common)},
    .meaning = SP_MEANS_VALUES,
    .fit = sp_loss_fit_values,
    .targets = SP_LOSS_FINITE_TARGETS,
    .check = sp_loss_check_finite,
    .run = run,
};
