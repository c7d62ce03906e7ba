// SPDX-License-Identifier: Apache-2.0
// AdaGrad: each value has its own learning rate, which decreases with the sum of its squared gradients.
#include "optim/rule_rows.h"

typedef struct adagrad_options {
  double lr, lr_decay, initial_accumulator, epsilon, weight_decay;
  sp_decay_mode weight_decay_mode;
} adagrad_options;

static const sp_option options_table[] = {
    SP_RULE_LR(adagrad_options, "0.01"),
    {SP_RULE_OPTION(adagrad_options, REAL, lr_decay), .preset = "0", .range = "[0, inf)",
     .help = "decay of the learning rate: lr / (1 + (t - 1) lr_decay) in step t"},
    {SP_RULE_OPTION(adagrad_options, REAL, initial_accumulator), .preset = "0", .range = "[0, 3e38]",
     .help = "initial value of the sum of squared gradients (Keras: 0.1)"},
    SP_RULE_EPSILON(adagrad_options, "1.0e-10"),
    SP_RULE_WEIGHT_DECAY(adagrad_options, "0"),
    SP_RULE_WEIGHT_DECAY_MODE(adagrad_options),
    {.name = NULL},
};

static int slots(const void *options) {
  (void)options;
  return 1;
}

static const char *slot_name(const void *options, int slot) {
  (void)options;
  (void)slot;
  return "square_sum";
}

static double slot_initial(const void *options, int slot) {
  (void)slot;
  return ((const adagrad_options *)options)->initial_accumulator;
}

/// Apply one AdaGrad step to a range of the parameter vector, in place:
///     g <- scale gradient + weight_decay p                 (coupled; without it for decoupled)
///     s <- s + g^2                                         square_sum, initially initial_accumulator
///     p <- (1 - l weight_decay) p                          decoupled
///     p <- p - l g / (sqrt(s) + epsilon)                   l = lr / (1 + (step - 1) lr_decay)
/// If the divisor is 0 (epsilon 0 and no gradient yet) the value does not change. Values of s below the smallest normal
/// number become 0.
///
/// Source: Duchi, Hazan & Singer 2011, JMLR 12:2121, with diagonal matrices; lr_decay and the order of the operations:
/// PyTorch 1.13, torch.optim.Adagrad. lr is options->lr times the schedule's factor.
///
/// Shapes:     p, gradient and slots: (n), disjoint; n = 0 is legal. lr in parameter units.
/// Collective: no.  Ownership: borrows all, allocates nothing.
/// Same bits:  element-wise, so the result does not depend on how a vector is cut.
/// Errors:     returns false if a sum is not finite, which then counts as 0.
#define SP_TEMPLATE "optim/rule_adagrad_typed.h"
#include "compute/each_real.h"

const sp_rule sp_rule_adagrad = {
    .about = {.name = "adagrad",
              .help = "divide each gradient by the root of the sum of its squares so far",
              .options = options_table,
              .options_size = sizeof(adagrad_options)},
    .slots = slots,
    .slot_name = slot_name,
    .slot_initial = slot_initial,
    .update32 = update_float,
    .update64 = update_double,
};
