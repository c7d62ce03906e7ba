// SPDX-License-Identifier: Apache-2.0
// sigmoid_cross_entropy: mean over the outputs of -t log s(x) - (1 - t) log(1 - s(x)), s the sigmoid, x a logit.
// Computed as max(x, 0) - x t + log(1 + exp(-|x|)), which does not overflow or cancel. With a positive_weight p the first
// term is multiplied by p: (1 - t) x + (1 + (p - 1) t) (log(1 + exp(-|x|)) + max(-x, 0)), as in PyTorch's
// BCEWithLogitsLoss(pos_weight). label_smoothing replaces t before that.
#include <math.h>

#include "base/text.h"
#include "compute/elementwise.h"
#include "model/loss_cross_entropy.h"

static const sp_option options_table[] = {
    SP_LABEL_SMOOTHING("yes and no"),
    {.name = "positive_weight",
     .kind = SP_OPTION_NUMBERS,
     .offset = offsetof(sp_cross_entropy_options, factors),
     .preset = "none",
     .range = "none|balanced|(0, inf)",
     .help = "factor of the loss where the target is yes, one number for all outputs or one for each; balanced: the "
             "number of no divided by the number of yes, over the training rows"},
    SP_LOSS_COMMON,
    {0},
};

static sp_status fit(sp_loss *loss, const sp_shape *output, const sp_column_form *target) {
  SP_TRY(sp_loss_refuse_standardized(target));
  return sp_loss_fit_values(loss, output, target);
}

static sp_status balance(const sp_loss *loss, const double *total, double rows, double *factor) {
  for (int64_t j = 0; j < loss->size; j++) {
    if (!(total[j] > 0 && total[j] < rows)) {
      return sp_fail(SP_ERR_DATA,
                     "output %lld has no %s among the training rows, so the ratio is not defined: give numbers",
                     (long long)j, total[j] > 0 ? "no" : "yes");
    }
    factor[j] = (rows - total[j]) / total[j];
  }
  return SP_OK;
}

/// Write a remedy that depends on the value found, and on all values that are checked together with it.
static void add_remedy(const sp_delivered *targets, double value, sp_text *out) {
  double least = value, most = value;
  bool whole = true;
  char option[SP_TRANSFORMS_OPTION];
  sp_transforms_option(targets->column, option);
  for (int64_t i = 0; i < targets->rows * targets->size; i++) {
    double x = sp_value_at(targets->precision, targets->values, i);
    least = fmin(least, x);
    most = fmax(most, x);
    whole = whole && x == floor(x);
  }
  if (least >= 0 && most > 2 && most <= 100 && (most == 100 || !whole)) {
    sp_text_add(out, "to convert percentages to 0 to 1, use %s: [{scale: 0.01}]", option);
  } else if (value == -1) {
    sp_text_add(out, "to convert labels -1 and 1 to 0 and 1, use %s: [{scale: {factor: 0.5, shift: 0.5}}]", option);
  } else if (value > 2 && value <= 255 && value == floor(value)) {
    sp_text_add(out, "to scale bytes to 0 to 1, use %s: [{scale: 0.00392156863}] (divide by 255)", option);
  } else if (value == 2) {
    sp_text_add(out,
                "to convert labels 1 and 2 to 0 and 1, use %s: [{scale: {factor: 1, shift: -1}}]; to convert class "
                "numbers to vectors, use [{one_hot: {classes: N}}]",
                option);
  } else {
    sp_text_add(out, "targets are 0 for no, 1 for yes, or a probability; %s: scale can convert them", option);
  }
}

static sp_status check(const sp_delivered *targets, int64_t *row) {
  int64_t i = sp_first_outside(targets->precision, targets->rows * targets->size, targets->values, -SP_TARGET_ROUNDING,
                               1 + SP_TARGET_ROUNDING);
  if (i < 0) return SP_OK;
  char text[80];
  sp_text remedy = {0};
  double value = sp_value_at(targets->precision, targets->values, i);
  *row = i / targets->size;
  if (isfinite(value)) add_remedy(targets, value, &remedy);
  sp_status status = sp_fail(SP_ERR_DATA, "target %s, expected 0 to 1: %s", sp_delivered_text(targets, i, text),
                             isfinite(value) ? sp_text_string(&remedy) : sp_delivered_remedy(targets, i));
  sp_text_free(&remedy);
  return status;
}

static void run(const sp_loss *loss, const sp_prediction *prediction, double *each, void *gradient) {
  const double smoothing = ((const sp_cross_entropy_options *)loss->options)->label_smoothing;
  const sp_row_loss rows = sp_loss_rows(prediction, each, gradient);
  sp_sigmoid_loss(&rows, smoothing, loss->factor);
}

static void probabilities(sp_dtype precision, int64_t rows, int64_t size, void *output) {
  sp_activate(precision, SP_SIGMOID, rows * size, output);
}

const sp_loss_type sp_loss_sigmoid_cross_entropy = {
    .about = {"sigmoid_cross_entropy", "binary cross-entropy of each output, from logits (no sigmoid layer before it)",
              options_table, sizeof(sp_cross_entropy_options)},
    .meaning = SP_MEANS_YES_OR_NO,
    .includes = &sp_layer_sigmoid,
    .probabilities = probabilities,
    .units = "logits",
    .fit = fit,
    .targets =
        "one number from 0 (no) to 1 (yes) for each output of the network; after the transforms of the "
        "column, before label_smoothing",
    .check = check,
    .factors = "positive_weight",
    .factors_offset = offsetof(sp_cross_entropy_options, factors),
    .balance = balance,
    .run = run,
};
