// mse: mean over the outputs of (x - t)^2.
// May include: base, config, model.
#include "model/loss_elements.h"

static inline double element(const void *options, double x, double t, double *slope) {
  (void)options;
  *slope = 2 * (x - t);
  return (x - t) * (x - t);
}

static double run(const void *options, const sp_prediction *prediction, void *gradient) {
  return sp_loss_elements(element, options, prediction, gradient);
}

const sp_loss_type sp_loss_mse = {
    .about = {.name = "mse", .help = "mean squared error"},
    .fit = sp_loss_fit_values,
    .run = run,
};
