// softmax_cross_entropy: -sum_j t_j log p_j with p the softmax of a row's logits; t a class, or a probability for each.
// May include: base, compute, config, model.
#include <math.h>

#include "compute/compute.h"
#include "compute/hot.h"
#include "model/loss.h"

#define SP_TEMPLATE "model/loss_softmax_cross_entropy_typed.h"
#include "compute/each_real.h"

static const sp_option options_table[] = {SP_LABEL_SMOOTHING("the classes"), {0}};

static double run(const void *options, const sp_prediction *prediction, void *gradient) {
  double smoothing = sp_label_smoothing_of(options);
  return prediction->precision == SP_FLOAT32 ? cross_entropy_float(smoothing, prediction, gradient)
                                             : cross_entropy_double(smoothing, prediction, gradient);
}

static sp_status fit(const sp_shape *output, const sp_network_data *data, int64_t *classes) {
  char text[200];
  if (output->rank != 1 || output->extent[0] < 2) {
    return sp_fail(SP_ERR_SHAPE, "expected one output a class, [2] at least, got %s", sp_shape_text(output, text));
  }
  if (sp_shape_size(&data->target) > 1) return sp_loss_fit_values(output, data, classes);
  if (!data->targets_integer) {
    return sp_fail(SP_ERR_SHAPE, "expected class numbers stored as integers, or a value for each of the %lld outputs; the "
                   "targets are one float or transformed value a row (data.target_transform: [{one_hot: {classes: %lld}}] "
                   "takes class numbers of any type)", (long long)output->extent[0], (long long)output->extent[0]);
  }
  *classes = output->extent[0];
  return SP_OK;
}

const sp_loss_type sp_loss_softmax_cross_entropy = {
    .about = {"softmax_cross_entropy", "one of several classes, from logits (no softmax before it)", options_table,
              sizeof(sp_cross_entropy_options)},
    .includes = "softmax",
    .fit = fit,
    .run = run,
};
