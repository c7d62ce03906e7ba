// SPDX-License-Identifier: Apache-2.0
// Losses of rows in both precisions.
#include "compute/row_loss.h"

#include <string.h>

#include "compute/functions.h"
#include "compute/row_sum.h"
#include "compute/softmax.h"

/// What the loss of one output depends on, besides the output and its target.
typedef struct element_form {
  double scale, delta, smoothing;
} element_form;

/// The loss of one output, and its derivative.
typedef struct element_loss {
  double value, slope;
} element_loss;

typedef element_loss element(const element_form *form, double x, double t, double factor);

static inline element_loss squared(const element_form *form, double x, double t, double factor) {
  (void)factor;
  double error = x - t;
  return (element_loss){error * error * (form->scale / 2), error * form->scale};
}

static inline element_loss absolute(const element_form *form, double x, double t, double factor) {
  (void)form, (void)factor;
  double error = x - t;
  return (element_loss){fabs(error), error > 0 ? 1 : error < 0 ? -1 : error};  // NaN remains NaN
}

static inline element_loss huber(const element_form *form, double x, double t, double factor) {
  (void)factor;
  double error = x - t, size = fabs(error), delta = form->delta;
  bool far = size > delta;
  return (element_loss){far ? delta * (size - delta / 2) : error * error / 2, far ? copysign(delta, error) : error};
}

static inline element_loss sigmoid_parts(double x, double t, double weight) {
  double small = sp_exp_falling_double(-fabs(x)), sum = 1 + small;
  double value = (1 - t) * x + weight * (sp_log1p_unit_double(small) + (x < 0 ? -x : 0));
  return (element_loss){value, (1 - t) - weight * ((x < 0 ? 1 : small) / sum)};
}

static inline element_loss sigmoid(const element_form *form, double x, double t, double factor) {
  (void)form, (void)factor;
  double small = sp_exp_falling_double(-fabs(x)), sum = 1 + small;
  double value = (x < 0 ? 0 : x) - x * t + sp_log1p_unit_double(small);
  return (element_loss){value, (x < 0 ? small : 1) / sum - t};
}

static inline element_loss smoothed_sigmoid(const element_form *form, double x, double t, double factor) {
  return sigmoid(form, x, (1 - form->smoothing) * t + form->smoothing / 2, factor);
}

static inline element_loss weighted_sigmoid(const element_form *form, double x, double t, double factor) {
  if (form->smoothing > 0) t = (1 - form->smoothing) * t + form->smoothing / 2;
  return sigmoid_parts(x, t, 1 + (factor - 1) * t);
}

#define SP_TEMPLATE "compute/row_loss_typed.h"
#include "compute/each_real.h"

#define SP_TEMPLATE "compute/softmax_powers_typed.h"
#include "compute/each_real.h"

#define SP_TEMPLATE "compute/softmax_loss_typed.h"
#include "compute/each_real.h"

#define BY_PRECISION(function, ...) \
  (l->precision == SP_FLOAT32 ? function##_float(__VA_ARGS__) : function##_double(__VA_ARGS__))

static void squared_loss(const sp_row_loss *l, bool half) {
  BY_PRECISION(element_losses, squared, &(element_form){.scale = half ? 1 : 2}, l, NULL);
}

static void absolute_loss(const sp_row_loss *l) { BY_PRECISION(element_losses, absolute, &(element_form){0}, l, NULL); }

static void huber_loss(const sp_row_loss *l, double delta) {
  BY_PRECISION(element_losses, huber, &(element_form){.delta = delta}, l, NULL);
}

static void sigmoid_loss(const sp_row_loss *l, double smoothing, const double *factor) {
  const element_form form = {.smoothing = smoothing};
  if (factor) {
    BY_PRECISION(element_losses, weighted_sigmoid, &form, l, factor);
  } else if (smoothing > 0) {
    BY_PRECISION(element_losses, smoothed_sigmoid, &form, l, NULL);
  } else {
    BY_PRECISION(element_losses, sigmoid, &form, l, NULL);
  }
}

static void softmax_loss(const sp_row_loss *l, double smoothing, const double *factor) {
  if (factor) {
    BY_PRECISION(weighted_softmax_losses, smoothing, factor, l);
  } else {
    BY_PRECISION(softmax_losses, smoothing, l);
  }
}

const sp_row_loss_kernels SP_KERNELS(sp_row_loss_kernels) = {
    .squared_loss = squared_loss,
    .absolute_loss = absolute_loss,
    .huber_loss = huber_loss,
    .sigmoid_loss = sigmoid_loss,
    .softmax_loss = softmax_loss,
};
