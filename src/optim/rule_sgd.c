// SPDX-License-Identifier: Apache-2.0
// Stochastic gradient descent: plain, with momentum, or with Nesterov momentum.
#include "optim/rule_rows.h"

typedef struct sgd_options {
  double lr, momentum, dampening, weight_decay;
  bool nesterov;
  sp_decay_mode weight_decay_mode;
} sgd_options;

static const sp_option options_table[] = {
    SP_RULE_LR(sgd_options, "0.01"),
    {SP_RULE_OPTION(sgd_options, REAL, momentum), .preset = "0", .range = "[0, 1)", .help = "momentum coefficient"},
    {SP_RULE_OPTION(sgd_options, REAL, dampening), .preset = "0", .range = "[0, 1]",
     .help = "fraction of each gradient, except the first, that is not added to the momentum buffer"},
    {SP_RULE_OPTION(sgd_options, BOOL, nesterov), .preset = "false",
     .help = "use Nesterov momentum; needs momentum above 0 and a dampening of 0"},
    SP_RULE_WEIGHT_DECAY(sgd_options, "0"),
    SP_RULE_WEIGHT_DECAY_MODE(sgd_options),
    {.name = NULL},
};

static sp_status check(const void *options, const char *path) {
  const sgd_options *o = options;
  if (o->nesterov && !(o->momentum > 0)) {
    return sp_fail(SP_ERR_CONFIG, "%s.nesterov: needs a momentum above 0, got 0", path);
  }
  if (o->nesterov && o->dampening > 0) {
    return sp_fail(SP_ERR_CONFIG, "%s.nesterov: needs a dampening of 0, got %g", path, o->dampening);
  }
  if (o->dampening > 0 && !(o->momentum > 0)) {
    return sp_fail(SP_ERR_CONFIG, "%s.dampening: needs a momentum above 0, got 0", path);
  }
  return SP_OK;
}

static int slots(const void *options) { return ((const sgd_options *)options)->momentum > 0 ? 1 : 0; }

static const char *slot_name(const void *options, int slot) {
  (void)options;
  (void)slot;
  return "momentum_buffer";
}

/// Apply one step of gradient descent to a range of the parameter vector, in place:
///     g <- scale gradient + weight_decay p                 (coupled; without it for decoupled)
///     p <- (1 - lr weight_decay) p                         decoupled
///     p <- p - lr g                                        without momentum
///     b <- momentum b + (1 - dampening) g                  momentum_buffer; b <- g in step 1
///     p <- p - lr b, or p - lr (g + momentum b)            classical, or Nesterov
/// Values of b below the smallest normal number become 0.
///
/// Source: PyTorch 1.13, torch.optim.SGD. Momentum: Polyak 1964; Nesterov: Sutskever, Martens, Dahl & Hinton 2013.
/// Decoupled: Loshchilov & Hutter 2019, arXiv:1711.05101 (SGDW). lr is options->lr times the schedule's factor.
///
/// Shapes:     p, gradient and slots: (n), disjoint; n = 0 is legal. lr in parameter units.
/// Collective: no.  Ownership: borrows all, allocates nothing.
/// Same bits:  element-wise, so the result does not depend on how a vector is cut.
/// Errors:     returns false if a sum is not finite, which then counts as 0.
#define SP_TEMPLATE "optim/rule_sgd_typed.h"
#include "compute/each_real.h"

const sp_rule sp_rule_sgd = {
    .about = {.name = "sgd",
              .help = "gradient descent, optionally with momentum",
              .options = options_table,
              .options_size = sizeof(sgd_options)},
    .check = check,
    .slots = slots,
    .slot_name = slot_name,
    .update32 = update_float,
    .update64 = update_double,
};
