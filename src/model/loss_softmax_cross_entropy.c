// SPDX-License-Identifier: Apache-2.0
// softmax_cross_entropy: -sum_j t_j log p_j, where p is the softmax of a row's logits; t is a class, or a probability
// for each class. With class_weights w, each term is multiplied by w_j, and the row has weight sum_j w_j t_j, which for a
// class number is the weight of the class: the loss of a batch is divided by the sum of these weights, as in PyTorch's
// CrossEntropyLoss(weight). For targets that are probabilities PyTorch divides by the number of rows instead; here a class
// number and its one-hot vector give the same loss. label_smoothing replaces t in the terms, not in the row's weight.
#include <math.h>
#include <stdio.h>

#include "compute/elementwise.h"
#include "compute/functions.h"
#include "compute/softmax.h"
#include "model/loss_cross_entropy.h"

static const sp_option options_table[] = {
    SP_LABEL_SMOOTHING("the classes"),
    {.name = "class_weights",
     .kind = SP_OPTION_NUMBERS,
     .offset = offsetof(sp_cross_entropy_options, factors),
     .preset = "none",
     .range = "none|balanced|[0, inf)",
     .help = "weight of each class; the loss is divided by the sum of the weights of the rows' classes; balanced: rows "
             "/ (classes * rows of the class), over the training rows"},
    SP_LOSS_COMMON,
    {0},
};

static void run(const sp_loss *loss, const sp_prediction *prediction, double *each, void *gradient) {
  const double smoothing = ((const sp_cross_entropy_options *)loss->options)->label_smoothing;
  const sp_row_loss rows = sp_loss_rows(prediction, each, gradient);
  sp_softmax_loss(&rows, smoothing, loss->factor);
}

static double row_weight(const sp_loss *loss, const sp_prediction *p, int64_t row) {
  if (p->classes) return loss->factor[((const int32_t *)p->targets)[row]];
  double weight = 0;
  for (int64_t j = 0; j < p->size; j++) weight += loss->factor[j] * sp_target_at(p, row, j);
  return weight;
}

static sp_status balance(const sp_loss *loss, const double *total, double rows, double *factor) {
  for (int64_t j = 0; j < loss->size; j++) {
    if (!(total[j] > 0)) {
      return sp_fail(
          SP_ERR_DATA,
          "class %lld has no training rows, so its weight is not defined: give numbers, or a network with fewer "
          "outputs",
          (long long)j);
    }
    factor[j] = rows / ((double)loss->size * total[j]);
  }
  return SP_OK;
}

static int32_t decide(sp_dtype precision, int64_t size, const void *output) {
  return (int32_t)sp_decided_class(precision, output, 0, size);
}

/// Tolerance for the sum of a row's probabilities, which may have been rounded to 16 bits.
#define SUM_TOLERANCE 1e-3

/// Returns the first row whose values do not add up to 1 (or not to a finite number) and sets *sum to their sum, or
/// returns -1.
static int64_t first_wrong(const sp_delivered *targets, double *sum) {
  int64_t size = targets->size;
  for (int64_t i = 0; i < targets->rows; i++) {
    *sum = 0;
    for (int64_t j = i * size; j < (i + 1) * size; j++) *sum += sp_value_at(targets->precision, targets->values, j);
    if (!(fabs(*sum - 1) <= SUM_TOLERANCE)) return i;
  }
  return -1;
}

/// Returns whether the exponentials of a row's values, of which none is above 0, add up to 1.
static bool are_logarithms(const sp_delivered *targets, int64_t row) {
  double sum = 0;
  for (int64_t j = row * targets->size; j < (row + 1) * targets->size; j++) {
    double value = sp_value_at(targets->precision, targets->values, j);
    if (value > 0) return false;
    sum += sp_exp_double(value);
  }
  return fabs(sum - 1) <= 10 * SUM_TOLERANCE;
}

static sp_status check(const sp_delivered *targets, int64_t *row) {
  int64_t outside = sp_first_outside(targets->precision, targets->rows * targets->size, targets->values,
                                     -SP_TARGET_ROUNDING, 1 + SUM_TOLERANCE);
  double sum;
  *row = outside < 0 ? first_wrong(targets, &sum) : outside / targets->size;
  if (*row < 0) return SP_OK;
  if (outside < 0) {
    return sp_fail(SP_ERR_DATA,
                   "the targets add up to %g, expected 1 (within %g): a probability for each class, or 1 for the right "
                   "class and 0 for the others; if a row can belong to several classes, use sigmoid_cross_entropy",
                   sum, SUM_TOLERANCE);
  }
  char text[80];
  double value = sp_value_at(targets->precision, targets->values, outside);
  char option[SP_TRANSFORMS_OPTION], conversion[SP_TRANSFORMS_OPTION + 100];
  bool bytes = value == 255;
  snprintf(conversion, sizeof conversion, "to %s, use %s: [{scale: %s",
           bytes ? "scale bytes to 0 to 1" : "convert -1 and 1 to 0 and 1",
           sp_transforms_option(targets->column, option),
           bytes ? "0.00392156863}] (divide by 255)" : "{factor: 0.5, shift: 0.5}}]");
  const char *remedy = !isfinite(value)                ? sp_delivered_remedy(targets, outside)
                       : are_logarithms(targets, *row) ? "the row looks like logarithms of probabilities, whose "
                                                         "exponentials add up to 1: write the exponentials to the file"
                       : bytes || value < 0            ? conversion
                                            : "a row has a probability for each class, or 1 for the right class and 0 "
                                              "for the others";
  return sp_fail(SP_ERR_DATA, "target %s, expected 0 to 1: %s", sp_delivered_text(targets, outside, text), remedy);
}

static sp_status fit(sp_loss *loss, const sp_shape *output, const sp_column_form *target) {
  char text[200];
  if (output->rank != 1 || output->extent[0] < 2) {
    return sp_fail(SP_ERR_SHAPE, "expected an output for each class, at least [2], got %s",
                   sp_shape_text(output, text));
  }
  SP_TRY(sp_loss_refuse_standardized(target));
  if (sp_shape_size(&target->shape) > 1) return sp_loss_fit_values(loss, output, target);
  if (!target->integer) {
    char option[SP_TRANSFORMS_OPTION];
    return sp_fail(SP_ERR_SHAPE,
                   "expected class numbers stored as integers, or a value for each of the %lld outputs; got one float "
                   "or transformed value for each row (%s: [{one_hot: {classes: %lld}}] accepts class numbers of any "
                   "type; import csv --class-target stores integers)",
                   (long long)output->extent[0], sp_transforms_option(target->name, option),
                   (long long)output->extent[0]);
  }
  loss->classes = output->extent[0];
  return SP_OK;
}

const sp_loss_type sp_loss_softmax_cross_entropy = {
    .about = {"softmax_cross_entropy",
              "cross-entropy of one of several classes, from logits (no softmax layer before it)", options_table,
              sizeof(sp_cross_entropy_options)},
    .meaning = SP_MEANS_PROBABILITIES,
    .includes = &sp_layer_softmax,
    .probabilities = sp_softmax,
    .decide = decide,
    .units = "logits",
    .fit = fit,
    .targets =
        "the class number of a row, an integer from 0 to outputs - 1; or a number of at least 0 for each class, with a "
        "sum of 1 (within 0.001) in each row, after the transforms of the column, before "
        "label_smoothing",
    .check = check,
    .factors = "class_weights",
    .factors_offset = offsetof(sp_cross_entropy_options, factors),
    .balance = balance,
    .row_weight = row_weight,
    .run = run,
};
