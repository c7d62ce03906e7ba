// sigmoid_cross_entropy: mean over the outputs of -t log s(x) - (1 - t) log(1 - s(x)), s the sigmoid, x a logit.
// In the form max(x, 0) - x t + log(1 + exp(-|x|)), which neither overflows nor cancels.
// May include: base, config, model.
#include <math.h>

#include "model/loss_elements.h"

static const sp_option options_table[] = {SP_LABEL_SMOOTHING("yes and no"), {0}};

static inline double element(const void *options, double x, double t, double *slope) {
  double smoothing = sp_label_smoothing_of(options);
  if (smoothing > 0) t = (1 - smoothing) * t + smoothing / 2;
  double small = exp(-fabs(x));
  *slope = (x < 0 ? small : 1) / (1 + small) - t;
  return (x < 0 ? 0 : x) - x * t + log1p(small);
}

static double run(const void *options, const sp_prediction *prediction, void *gradient) {
  return sp_loss_elements(element, options, prediction, gradient);
}

const sp_loss_type sp_loss_sigmoid_cross_entropy = {
    .about = {"sigmoid_cross_entropy", "yes or no for each output, from logits (no sigmoid before it)", options_table,
              sizeof(sp_cross_entropy_options)},
    .includes = "sigmoid",
    .fit = sp_loss_fit_values,
    .run = run,
};
