// sigmoid_cross_entropy: mean over the outputs of -t log s(x) - (1 - t) log(1 - s(x)), s the sigmoid, x a logit.
// In the form max(x, 0) - x t + log(1 + exp(-|x|)), which neither overflows nor cancels.
// May include: base, config, model.
#include <math.h>

#include "model/loss_elements.h"

static inline double element(const void *options, double x, double t, double *slope) {
  (void)options;
  double small = exp(-fabs(x));
  *slope = (x < 0 ? small : 1) / (1 + small) - t;
  return (x < 0 ? 0 : x) - x * t + log1p(small);
}

static double run(const void *options, const sp_prediction *prediction, void *gradient) {
  return sp_loss_elements(element, options, prediction, gradient);
}

const sp_loss_type sp_loss_sigmoid_cross_entropy = {
    .about = {.name = "sigmoid_cross_entropy", .help = "yes or no for each output, from logits (no sigmoid before it)"},
    .includes = "sigmoid",
    .fit = sp_loss_fit_values,
    .run = run,
};
