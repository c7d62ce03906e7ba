// SPDX-License-Identifier: Apache-2.0
// mae: mean over the outputs of |x - t|; the slope at x = t is 0.
#include "model/loss.h"

static const sp_option options_table[] = {
    SP_LOSS_COMMON,
    {0},
};

static void run(const sp_loss *loss, const sp_prediction *prediction, double *each, void *gradient) {
  (void)loss;
  const sp_row_loss rows = sp_loss_rows(prediction, each, gradient);
  sp_absolute_loss(&rows);
}

const sp_loss_type sp_loss_mae = {
    .about = {"mae", "mean absolute error", options_table, sizeof(sp_loss_common)},
    .meaning = SP_MEANS_VALUES,
    .fit = sp_loss_fit_values,
    .targets = SP_LOSS_FINITE_TARGETS,
    .check = sp_loss_check_finite,
    .run = run,
};
