// SPDX-License-Identifier: Apache-2.0
// NAdam: Adam with Nesterov momentum, whose coefficient increases over the first steps.
#include "compute/power.h"
#include "optim/rule_rows.h"

typedef struct nadam_options {
  double lr, beta1, beta2, epsilon, momentum_decay, weight_decay;
  sp_decay_mode weight_decay_mode;
} nadam_options;

static const sp_option options_table[] = {
    SP_RULE_LR(nadam_options, "0.002"),
    {SP_RULE_OPTION(nadam_options, REAL, beta1), .preset = "0.9", .range = "[0, 1)",
     .help = "decay of the running mean of gradients"},
    {SP_RULE_OPTION(nadam_options, REAL, beta2), .preset = "0.999", .range = "[0, 1)",
     .help = "decay of the running mean of squared gradients"},
    SP_RULE_EPSILON(nadam_options, "1.0e-8"),
    {SP_RULE_OPTION(nadam_options, REAL, momentum_decay), .preset = "0.004", .range = "[0, inf)",
     .help = "rate at which the momentum coefficient increases from beta1 / 2 to beta1; 0: it remains beta1 / 2"},
    SP_RULE_WEIGHT_DECAY(nadam_options, "0"),
    SP_RULE_WEIGHT_DECAY_MODE(nadam_options),
    {.name = NULL},
};

static int slots(const void *options) {
  (void)options;
  return 2;
}

static const char *slot_name(const void *options, int slot) {
  (void)options;
  return slot == 0 ? "grad_avg" : "square_avg";
}

// --- factors that depend on the step alone ------------------------------------------------------------------------

enum { PRODUCT, GRADIENT_FACTOR, MEAN_FACTOR, SQUARE_CORRECTION };

static double momentum_at(const nadam_options *o, int64_t step) {
  return o->beta1 * (1 - 0.5 * sp_power(0.96, (double)step * o->momentum_decay));
}

/// Multiply the momentum coefficients one by one, so that the product has the same bits for any number of steps at a
/// time.
static void advance(const void *options, int64_t step, sp_rule_memo *memo) {
  const nadam_options *o = options;
  if (memo->step == 0 || memo->step > step) *memo = (sp_rule_memo){.scalar[PRODUCT] = 1};
  while (memo->step < step) memo->scalar[PRODUCT] *= momentum_at(o, ++memo->step);

  double mu = momentum_at(o, step), next = momentum_at(o, step + 1), product = memo->scalar[PRODUCT];
  memo->scalar[GRADIENT_FACTOR] = (1 - mu) / (1 - product);
  memo->scalar[MEAN_FACTOR] = next / (1 - product * mu * next);
  memo->scalar[SQUARE_CORRECTION] = 1 - sp_power(o->beta2, (double)step);
}

/// Apply one NAdam step to a range of the parameter vector, in place:
///     g <- scale gradient + weight_decay p                 (coupled; without it for decoupled)
///     p <- (1 - lr weight_decay) p                         decoupled
///     m <- beta1 m + (1 - beta1) g                         grad_avg
///     v <- beta2 v + (1 - beta2) g^2                       square_avg
///     r  = sqrt(v / (1 - beta2^step)) + epsilon
///     p <- p - lr (1 - mu(step)) / (1 - product) g / r - lr mu(step + 1) / (1 - product mu(step) mu(step + 1)) m / r
/// with mu(t) = beta1 (1 - 0.96^(t momentum_decay) / 2), and product = mu(1) mu(2) … mu(step). If r = 0 (epsilon 0 and
/// no gradient yet) the value does not change. Values of m and v below the smallest normal number become 0.
///
/// Source: Dozat 2016, Incorporating Nesterov momentum into Adam. The formula is that of PyTorch 1.13,
/// torch.optim.NAdam, whose second product contains mu(step) twice. PyTorch keeps the product in float32 by default;
/// here it is float64. lr is options->lr times the schedule's factor.
///
/// Rounding:   factors are computed in float64, then rounded to the precision.
/// Shapes:     p, gradient and slots: (n), disjoint; n = 0 is legal. lr in parameter units.
/// Collective: no.  Ownership: borrows all, allocates nothing.
/// Same bits:  element-wise, so the result does not depend on how a vector is cut; factors depend on `step` alone.
/// Errors:     returns false if a sum is not finite, which then counts as 0.
#define SP_TEMPLATE "optim/rule_nadam_typed.h"
#include "compute/each_real.h"

const sp_rule sp_rule_nadam = {
    .about = {.name = "nadam",
              .help = "adam with Nesterov momentum",
              .options = options_table,
              .options_size = sizeof(nadam_options)},
    .slots = slots,
    .slot_name = slot_name,
    .advance = advance,
    .update32 = update_float,
    .update64 = update_double,
};
