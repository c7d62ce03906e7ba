// SPDX-License-Identifier: Apache-2.0
// A plug-in without data: f(x) = x / log(x), whose minimum for x > 1 is e, at x = e.
// Build: cc -shared -fPIC -O2 x_over_log_x.c -o x_over_log_x.so -lm
#include <math.h>
#include <string.h>

#include "shardprop/objective.h"

static const sp_objective_option options[] = {
    {"start", SP_OBJECTIVE_NUMBER, "364", "(1, inf)", "initial value of x"},
    {0},
};

static const sp_objective_score scores[] = {{"x", 0}, {0}};

static int64_t tensors(const void *state) {
  (void)state;
  return 1;
}

static void tensor(const void *state, int64_t index, sp_objective_tensor *out) {
  (void)state, (void)index;
  strcpy(out->name, "x");
}

static void initial(const void *state, int64_t index, uint64_t seed, double *values) {
  (void)index, (void)seed;
  values[0] = ((const sp_objective_value *)state)[0].number;
}

// Every row has the same loss, f(x).

static void in_float32(void *state, const sp_objective_batch *batch, const float *const *parameters,
                       float *const *gradient, double *sums) {
  (void)state;
  float x = parameters[0][0], l = logf(x), rows = (float)batch->rows;
  sums[0] = (double)(rows * (x / l));
  sums[1] = (double)(rows * x);
  if (gradient) gradient[0][0] = rows * (1 / l - 1 / (l * l));
}

static void in_float64(void *state, const sp_objective_batch *batch, const double *const *parameters,
                       double *const *gradient, double *sums) {
  (void)state;
  double x = parameters[0][0], l = log(x), rows = (double)batch->rows;
  sums[0] = rows * (x / l);
  sums[1] = rows * x;
  if (gradient) gradient[0][0] = rows * (1 / l - 1 / (l * l));
}

const sp_objective shardprop_objective = {
    .abi = SP_OBJECTIVE_ABI,
    .name = "x_over_log_x",
    .help = "x / log(x)",
    .options = options,
    .scores = scores,
    .tensors = tensors,
    .tensor = tensor,
    .initial = initial,
    .loss_and_gradient_float32 = in_float32,
    .loss_and_gradient_float64 = in_float64,
};
