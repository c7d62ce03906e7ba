// SPDX-License-Identifier: Apache-2.0
// RMSProp and its published variants: centred, with momentum, with Nesterov momentum, with weight decay, and with
// epsilon inside or outside the root.
#include "optim/rule_rows.h"

typedef struct rmsprop_options {
  double lr, decay, epsilon, momentum, weight_decay;
  bool epsilon_inside_root, centered, nesterov;
  sp_decay_mode weight_decay_mode;
  int preset;  ///< used only while the other options are read
} rmsprop_options;

/// Presets: PyTorch 1.13, torch.optim.RMSprop; Keras 2.11 and later; Hinton's lecture 6.5 (2012), which specifies no
/// epsilon; Caffe's RMSProp solver, with rms_decay and delta, whose epsilon is outside the root.
static const sp_preset presets_table[] = {
    {"pytorch", "lr", "0.01"},
    {"pytorch", "decay", "0.99"},
    {"pytorch", "epsilon", "1.0e-8"},
    {"pytorch", "epsilon_inside_root", "false"},
    {"keras", "lr", "0.001"},
    {"keras", "decay", "0.9"},
    {"keras", "epsilon", "1.0e-7"},
    {"keras", "epsilon_inside_root", "true"},
    {"hinton", "lr", "0.001"},
    {"hinton", "decay", "0.9"},
    {"hinton", "epsilon", "1.0e-8"},
    {"hinton", "epsilon_inside_root", "false"},
    {"caffe", "lr", "0.01"},
    {"caffe", "decay", "0.99"},
    {"caffe", "epsilon", "1.0e-8"},
    {"caffe", "epsilon_inside_root", "false"},
    {.name = NULL},
};

static const sp_option options_table[] = {
    SP_RULE_LR(rmsprop_options, "0.001"),
    {SP_RULE_OPTION(rmsprop_options, CHOICE, preset), .preset = "none", .range = "none|pytorch|keras|hinton|caffe",
     .help = "set of defaults for the other options, which override it when given", .presets = presets_table},
    {SP_RULE_OPTION(rmsprop_options, REAL, decay), .preset = "0.9", .range = "[0, 1)",
     .help = "decay of the running mean of squared gradients (PyTorch's alpha, Keras's rho)"},
    SP_RULE_EPSILON(rmsprop_options, "1.0e-8"),
    {SP_RULE_OPTION(rmsprop_options, BOOL, epsilon_inside_root), .preset = "false",
     .help = "divide by sqrt(v + epsilon), as Keras since 2.11, instead of sqrt(v) + epsilon, as PyTorch"},
    {SP_RULE_OPTION(rmsprop_options, REAL, momentum), .preset = "0", .range = "[0, 1)", .help = "momentum coefficient"},
    {SP_RULE_OPTION(rmsprop_options, BOOL, centered), .preset = "false",
     .help = "divide by the standard deviation of the gradient instead of its root mean square"},
    {SP_RULE_OPTION(rmsprop_options, BOOL, nesterov), .preset = "false",
     .help = "use Nesterov momentum; needs momentum above 0"},
    SP_RULE_WEIGHT_DECAY(rmsprop_options, "0"),
    SP_RULE_WEIGHT_DECAY_MODE(rmsprop_options),
    {.name = NULL},
};

static sp_status check(const void *options, const char *path) {
  const rmsprop_options *o = options;
  if (o->nesterov && !(o->momentum > 0)) {
    return sp_fail(SP_ERR_CONFIG, "%s.nesterov: needs a momentum above 0, got 0", path);
  }
  if (o->centered && !(o->decay > 0)) {  // the mean of a single gradient has variance 0
    return sp_fail(SP_ERR_CONFIG, "%s.centered: needs a decay above 0, got 0", path);
  }
  return SP_OK;
}

// --- slots: only those that the options need, in this order -------------------------------------------------------

static int slots(const void *options) {
  const rmsprop_options *o = options;
  return 1 + (o->centered ? 1 : 0) + (o->momentum > 0 ? 1 : 0);
}

static const char *slot_name(const void *options, int slot) {
  const rmsprop_options *o = options;
  if (slot == 0) return "square_avg";
  return slot == 1 && o->centered ? "grad_avg" : "momentum_buffer";
}

// --- the update ---------------------------------------------------------------------------------------------------

typedef enum momentum_kind { NO_MOMENTUM, CLASSICAL, NESTEROV } momentum_kind;

/// The variant for which a loop is specialised. plain: the common case of v and p only, without weight decay, and with
/// a divisor that cannot be 0.
typedef struct rmsprop_form {
  bool plain, centered;
  momentum_kind momentum;
} rmsprop_form;

static rmsprop_form form_of(const rmsprop_options *options, bool divisor_positive) {
  bool moves = options->momentum > 0;
  return (rmsprop_form){
      .plain = divisor_positive && !moves && !options->centered && !(options->weight_decay > 0),
      .centered = options->centered,
      .momentum = !moves              ? NO_MOMENTUM
                  : options->nesterov ? NESTEROV
                                      : CLASSICAL,
  };
}

/// Apply one RMSProp step to a range of the parameter vector, in place:
///     g <- scale gradient + weight_decay p                         (coupled; without it for decoupled)
///     v <- decay v + (1 - decay) g^2                               square_avg
///     m <- decay m + (1 - decay) g                                 grad_avg, when centered
///     s  = v, or max(v - m^2, 0) when centered
///     r  = sqrt(s) + epsilon, or sqrt(s + epsilon)
///     p <- (1 - lr weight_decay) p                                 decoupled
///     p <- p - lr g / r                                            without momentum
///     b <- momentum b + g / r                                      momentum_buffer
///     p <- p - lr b, or p - lr (g / r + momentum b)                classical, or Nesterov
/// If r = 0 (epsilon 0 and no gradient yet) g / r counts as 0. Values of v, m and b below the smallest normal number
/// become 0. Otherwise the state of a unit that is never active would decay to denormal numbers and remain there, since
/// 0.9 times the smallest of them rounds to itself, and updates would be several times slower.
///
/// Sources: v: Tieleman & Hinton 2012, lecture 6.5. centered: Graves 2013, arXiv:1308.0850, eq. 38-41. Order of the
/// operations and buffer without lr: PyTorch 1.13, torch.optim.RMSprop; Keras keeps lr b in the buffer, which is the
/// same while lr is constant. epsilon inside the root: Keras 2.11 and later. Decoupled: Loshchilov & Hutter 2019,
/// arXiv:1711.05101. Nesterov: PyTorch and Keras have it for SGD only. Published for RMSProp as algorithm 8.6 of
/// Goodfellow, Bengio & Courville 2016, with the gradient at p + momentum * velocity; here, as in optax.rmsprop, p is
/// that point, by the change of variables of Bengio, Boulanger-Lewandowski & Pascanu 2012, arXiv:1212.0901, section
/// 3.5.
///
/// Rounding:   1 - decay and 1 - lr weight_decay are computed in float64; then every factor is rounded to the
///             precision. In float32, products are added by fused multiply-adds in the order of PyTorch, whose
///             trajectories are reproduced to the bit.
/// Shapes:     p, gradient and slots: (n), disjoint; n = 0 is legal. lr in parameter units.
/// Collective: no.  Ownership: borrows all, allocates nothing.
/// Same bits:  element-wise, so the result does not depend on how a vector is cut.
/// Errors:     returns false if a sum is not finite, which then counts as 0.
#define SP_TEMPLATE "optim/rule_rmsprop_typed.h"
#include "compute/each_real.h"

const sp_rule sp_rule_rmsprop = {
    .about = {.name = "rmsprop",
              .help = "divide each gradient by the root of the running mean of its squares",
              .options = options_table,
              .options_size = sizeof(rmsprop_options)},
    .check = check,
    .slots = slots,
    .slot_name = slot_name,
    .update32 = update_float,
    .update64 = update_double,
};
