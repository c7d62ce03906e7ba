// SPDX-License-Identifier: Apache-2.0
// A plug-in without data: a stretched quadratic bowl, f(x, y) = a x^2 + b y^2, in which plain descent zigzags.
#include <string.h>

#include "shardprop/objective.h"

enum { A, B, X, Y };
static const sp_objective_option options[] = {
    {"a", SP_OBJECTIVE_NUMBER, "0.1", "(0, inf)", "curvature along x"},
    {"b", SP_OBJECTIVE_NUMBER, "2", "(0, inf)", "curvature along y"},
    {"x", SP_OBJECTIVE_NUMBER, "-5", NULL, "initial value of x"},
    {"y", SP_OBJECTIVE_NUMBER, "-2", NULL, "initial value of y"},
    {0},
};

static const sp_objective_score scores[] = {{"x", 0}, {"y", 0}, {0}};

static int64_t tensors(const void *state) {
  (void)state;
  return 1;
}

static void tensor(const void *state, int64_t index, sp_objective_tensor *out) {
  (void)state, (void)index;
  strcpy(out->name, "place");
  out->rank = 1;
  out->extent[0] = 2;
}

static void initial(const void *state, int64_t index, uint64_t seed, double *values) {
  (void)index, (void)seed;
  const sp_objective_value *o = state;
  values[0] = o[X].number;
  values[1] = o[Y].number;
}

static void in_float32(void *state, const sp_objective_batch *batch, const float *const *parameters,
                       float *const *gradient, double *sums) {
  const sp_objective_value *o = state;
  double x = (double)parameters[0][0], y = (double)parameters[0][1], rows = (double)batch->rows;
  double a = o[A].number, b = o[B].number;
  sums[0] = rows * (a * x * x + b * y * y);
  sums[1] = rows * x;
  sums[2] = rows * y;
  if (!gradient) return;
  gradient[0][0] = (float)(rows * 2 * a * x);
  gradient[0][1] = (float)(rows * 2 * b * y);
}

static void in_float64(void *state, const sp_objective_batch *batch, const double *const *parameters,
                       double *const *gradient, double *sums) {
  const sp_objective_value *o = state;
  double x = parameters[0][0], y = parameters[0][1], rows = (double)batch->rows;
  double a = o[A].number, b = o[B].number;
  sums[0] = rows * (a * x * x + b * y * y);
  sums[1] = rows * x;
  sums[2] = rows * y;
  if (!gradient) return;
  gradient[0][0] = rows * 2 * a * x;
  gradient[0][1] = rows * 2 * b * y;
}

const sp_objective shardprop_objective = {
    .abi = SP_OBJECTIVE_ABI,
    .name = "bowl",
    .help = "a x^2 + b y^2",
    .options = options,
    .scores = scores,
    .tensors = tensors,
    .tensor = tensor,
    .initial = initial,
    .loss_and_gradient_float32 = in_float32,
    .loss_and_gradient_float64 = in_float64,
};
