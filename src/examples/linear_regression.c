// SPDX-License-Identifier: Apache-2.0
// A plug-in with data: a line through points, with loss weight (slope x + intercept - y)^2 / 2. Its `open` finds the
// columns features, targets and, if there is one, weight, and checks them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shardprop/objective.h"

enum { SLOPE, INTERCEPT };
static const sp_objective_option options[] = {
    {"slope", SP_OBJECTIVE_NUMBER, "0", NULL, "initial value of the slope"},
    {"intercept", SP_OBJECTIVE_NUMBER, "0", NULL, "initial value of the intercept"},
    {0},
};

static const sp_objective_score scores[] = {{"mse", 0}, {0}};

typedef struct line {
  const sp_objective_value *options;  // valid as long as the state
  int x, y, weight;                   // columns; weight -1: every row counts 1
} line;

static int64_t values_of(const sp_objective_setup *setup, int column) {
  return column >= 0 ? setup->column[column].values : 0;
}

static int begin(const sp_objective_setup *setup, void **state) {
  int x = sp_objective_find(setup, "features"), y = sp_objective_find(setup, "targets");
  int weight = sp_objective_find(setup, "weight");
  if (values_of(setup, x) != 1 || values_of(setup, y) != 1) {
    snprintf(setup->message, setup->message_size, "expected rows of one feature and one target, got %lld and %lld",
             (long long)values_of(setup, x), (long long)values_of(setup, y));
    return 1;
  }
  line *l = malloc(sizeof *l);
  if (!l) return 1;
  *l = (line){setup->options, x, y, weight};
  *state = l;
  return 0;
}

static int64_t tensors(const void *state) {
  (void)state;
  return 2;
}

static void tensor(const void *state, int64_t index, sp_objective_tensor *out) {
  (void)state;
  strcpy(out->name, index == SLOPE ? "slope" : "intercept");
}

static void initial(const void *state, int64_t index, uint64_t seed, double *values) {
  (void)seed;
  values[0] = ((const line *)state)->options[index].number;
}

static void in_float32(void *state, const sp_objective_batch *batch, const float *const *parameters,
                       float *const *gradient, double *sums) {
  const line *l = state;
  const float *x = batch->column[l->x], *y = batch->column[l->y];
  const float *weight = l->weight >= 0 ? batch->column[l->weight] : NULL;
  double slope = 0, intercept = 0, squares = 0;
  for (int64_t i = 0; i < batch->rows; i++) {
    double error = (double)parameters[SLOPE][0] * (double)x[i] + (double)parameters[INTERCEPT][0] - (double)y[i];
    double w = weight ? (double)weight[i] : 1;
    slope += w * error * (double)x[i];
    intercept += w * error;
    squares += w * error * error;
  }
  sums[0] = squares / 2;
  sums[1] = squares;
  if (!gradient) return;
  gradient[SLOPE][0] = (float)slope;
  gradient[INTERCEPT][0] = (float)intercept;
}

static void in_float64(void *state, const sp_objective_batch *batch, const double *const *parameters,
                       double *const *gradient, double *sums) {
  const line *l = state;
  const double *x = batch->column[l->x], *y = batch->column[l->y];
  const double *weight = l->weight >= 0 ? batch->column[l->weight] : NULL;
  double slope = 0, intercept = 0, squares = 0;
  for (int64_t i = 0; i < batch->rows; i++) {
    double error = parameters[SLOPE][0] * x[i] + parameters[INTERCEPT][0] - y[i];
    double w = weight ? weight[i] : 1;
    slope += w * error * x[i];
    intercept += w * error;
    squares += w * error * error;
  }
  sums[0] = squares / 2;
  sums[1] = squares;
  if (!gradient) return;
  gradient[SLOPE][0] = slope;
  gradient[INTERCEPT][0] = intercept;
}

const sp_objective shardprop_objective = {
    .abi = SP_OBJECTIVE_ABI,
    .name = "linear_regression",
    .help = "half the squared error of a line",
    .options = options,
    .scores = scores,
    .open = begin,
    .close = free,
    .tensors = tensors,
    .tensor = tensor,
    .initial = initial,
    .loss_and_gradient_float32 = in_float32,
    .loss_and_gradient_float64 = in_float64,
};
