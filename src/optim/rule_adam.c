// SPDX-License-Identifier: Apache-2.0
// Adam, and AdamW, which is Adam with decoupled weight decay; both optionally as AMSGrad.
#include "compute/power.h"
#include "optim/rule_rows.h"

typedef struct adam_options {
  double lr, beta1, beta2, epsilon, weight_decay;
  bool amsgrad;
} adam_options;

#define ADAM_ROWS(weight_decay_)                                                                \
  SP_RULE_LR(adam_options, "0.001"),                                                            \
      {SP_RULE_OPTION(adam_options, REAL, beta1), .preset = "0.9", .range = "[0, 1)",           \
       .help = "decay of the running mean of gradients"},                                       \
      {SP_RULE_OPTION(adam_options, REAL, beta2), .preset = "0.999", .range = "[0, 1)",         \
       .help = "decay of the running mean of squared gradients"},                               \
      SP_RULE_EPSILON(adam_options, "1.0e-8"),                                                  \
      {SP_RULE_OPTION(adam_options, BOOL, amsgrad), .preset = "false",                          \
       .help = "divide by the largest running mean of squares so far, not by the current one"}, \
      SP_RULE_WEIGHT_DECAY(adam_options, weight_decay_), {                                      \
    .name = NULL                                                                                \
  }

static const sp_option adam_table[] = {ADAM_ROWS("0")};
static const sp_option adamw_table[] = {ADAM_ROWS("0.01")};

static int slots(const void *options) { return ((const adam_options *)options)->amsgrad ? 3 : 2; }

static const char *slot_name(const void *options, int slot) {
  static const char *const names[] = {"grad_avg", "square_avg", "square_avg_max"};
  (void)options;
  return names[slot];
}

// --- bias corrections: the running means start at 0 and are too small in the first steps --------------------------

enum { MEAN_CORRECTION, ROOT_CORRECTION };

static void advance(const void *options, int64_t step, sp_rule_memo *memo) {
  const adam_options *o = options;
  memo->step = step;
  memo->scalar[MEAN_CORRECTION] = 1 - sp_power(o->beta1, (double)step);
  memo->scalar[ROOT_CORRECTION] = sqrt(1 - sp_power(o->beta2, (double)step));
}

/// Apply one step of Adam or AdamW to a range of the parameter vector, in place:
///     g <- scale gradient + weight_decay p                 Adam (AdamW: without it)
///     p <- (1 - lr weight_decay) p                         AdamW
///     m <- beta1 m + (1 - beta1) g                         grad_avg
///     v <- beta2 v + (1 - beta2) g^2                       square_avg
///     w <- v, or max(w, v)                                 square_avg_max, with amsgrad
///     r  = sqrt(w) / sqrt(1 - beta2^step) + epsilon
///     p <- p - lr / (1 - beta1^step) m / r
/// If r = 0 (epsilon 0 and no gradient yet) the value does not change. Values of m and v below the smallest normal
/// number become 0.
///
/// Sources: Kingma & Ba 2015, arXiv:1412.6980; AdamW: Loshchilov & Hutter 2019, arXiv:1711.05101; AMSGrad: Reddi, Kale
/// & Kumar 2018. Order of the operations, and the correction after the maximum: PyTorch 1.13, torch.optim.Adam and
/// AdamW. lr is options->lr times the schedule's factor.
///
/// Rounding:   corrections and 1 - beta are formed in float64; then every factor is rounded to the precision.
/// Shapes:     p, gradient and slots: (n), disjoint; n = 0 is legal. lr in parameter units.
/// Collective: no.  Ownership: borrows all, allocates nothing.
/// Same bits:  element-wise, so the result does not depend on how a vector is cut; corrections depend on `step` alone.
/// Errors:     returns false if a sum is not finite, which then counts as 0.
#define SP_TEMPLATE "optim/rule_adam_typed.h"
#include "compute/each_real.h"

const sp_rule sp_rule_adam = {
    .about = {.name = "adam",
              .help = "divide the running mean of gradients by the root of the running mean of their squares",
              .options = adam_table,
              .options_size = sizeof(adam_options)},
    .slots = slots,
    .slot_name = slot_name,
    .advance = advance,
    .update32 = update_adam_float,
    .update64 = update_adam_double,
};

const sp_rule sp_rule_adamw = {
    .about = {.name = "adamw",
              .help = "adam with decoupled weight decay: subtracted from the parameters, not part of the gradient",
              .options = adamw_table,
              .options_size = sizeof(adam_options)},
    .slots = slots,
    .slot_name = slot_name,
    .advance = advance,
    .update32 = update_adamw_float,
    .update64 = update_adamw_double,
};
