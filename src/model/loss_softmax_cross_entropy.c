// SPDX-License-Identifier: Apache-2.0
// softmax_cross_entropy: -sum_j t_j log p_j with p the softmax of a row's logits; t a class, or a probability for each.
#include <math.h>

#include "compute/elementwise.h"
#include "compute/softmax.h"
#include "model/loss_cross_entropy.h"

#define SP_TEMPLATE "model/loss_softmax_cross_entropy_typed.h"
#include "compute/each_real.h"

static const sp_option options_table[] = {SP_LABEL_SMOOTHING("the classes"), {0}};

static double run(const void *options, const sp_prediction *prediction, void *gradient) {
  double smoothing = ((const sp_cross_entropy_options *)options)->label_smoothing;
  return prediction->precision == SP_FLOAT32 ? cross_entropy_float(smoothing, prediction, gradient)
                                             : cross_entropy_double(smoothing, prediction, gradient);
}

/// How far the sum of a row's probabilities may be from 1: what is left when they are rounded to 16 bits.
#define SUM_TOLERANCE 1e-3

/// The first row that is no distribution, or -1; *sum is of its values. A sum that is not finite is none.
static int64_t first_wrong(const sp_delivered *targets, double *sum) {
  int64_t size = targets->size;
  for (int64_t i = 0; i < targets->rows; i++) {
    *sum = 0;
    for (int64_t j = i * size; j < (i + 1) * size; j++) *sum += sp_value_at(targets->precision, targets->values, j);
    if (!(fabs(*sum - 1) <= SUM_TOLERANCE)) return i;
  }
  return -1;
}

static sp_status check(const sp_delivered *targets, int64_t *row) {
  int64_t outside = sp_first_outside(targets->precision, targets->rows * targets->size, targets->values,
                                     -SP_TARGET_ROUNDING, 1 + SUM_TOLERANCE);
  double sum;
  *row = outside < 0 ? first_wrong(targets, &sum) : outside / targets->size;
  if (*row < 0) return SP_OK;
  if (outside < 0) {
    return sp_fail(SP_ERR_DATA,
                   "the targets add up to %g, expected 1 (within %g): a probability for each class, or a 1 for "
                   "the right class and 0 for the others; for several right answers in a row there is "
                   "sigmoid_cross_entropy",
                   sum, SUM_TOLERANCE);
  }
  char text[80];
  double value = sp_value_at(targets->precision, targets->values, outside);
  const char *remedy =
      !isfinite(value) ? sp_delivered_remedy(targets, outside)
      : value == 255   ? "of bytes 0 to 255 make 0 to 1: data.target_transform: [{scale: 0.00392156863}] "
                         "(divide by 255)"
      : value < 0      ? "of -1 and 1 make 0 and 1: data.target_transform: [{scale: {factor: 0.5, shift: 0.5}}]"
                       : "a row is a probability for each class, or a 1 for the right class and 0 for the others";
  return sp_fail(SP_ERR_DATA, "target %s, expected 0 to 1: %s", sp_delivered_text(targets, outside, text), remedy);
}

static sp_status fit(const sp_shape *output, const sp_network_data *data, int64_t *classes) {
  char text[200];
  if (output->rank != 1 || output->extent[0] < 2) {
    return sp_fail(SP_ERR_SHAPE, "expected one output a class, [2] at least, got %s", sp_shape_text(output, text));
  }
  SP_TRY(sp_loss_refuse_standardized(data));
  if (sp_shape_size(&data->target) > 1) return sp_loss_fit_values(output, data, classes);
  if (!data->targets_integer) {
    return sp_fail(
        SP_ERR_SHAPE,
        "expected class numbers stored as integers, or a value for each of the %lld outputs; the "
        "targets are one float or transformed value a row (data.target_transform: [{one_hot: {classes: %lld}}] "
        "takes class numbers of any type; import csv --class-target stores integers)",
        (long long)output->extent[0], (long long)output->extent[0]);
  }
  *classes = output->extent[0];
  return SP_OK;
}

const sp_loss_type sp_loss_softmax_cross_entropy = {
    .about = {"softmax_cross_entropy", "one of several classes, from logits (no softmax before it)", options_table,
              sizeof(sp_cross_entropy_options)},
    .meaning = SP_MEANS_PROBABILITIES,
    .includes = &sp_layer_softmax,
    .probabilities = sp_softmax,
    .fit = fit,
    .targets =
        "one integer in a row, the number of its class from 0 to outputs - 1; or a number for each class, none below 0 "
        "and their sum 1 within 0.001, after data.target_transform, before label_smoothing",
    .check = check,
    .run = run,
};
