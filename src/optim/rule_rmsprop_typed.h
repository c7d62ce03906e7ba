// SPDX-License-Identifier: Apache-2.0
// The loops of RMSProp for one type: a template, see compute/each_real.h. See rule_rmsprop.c for the formulas.
#include "optim/rule_common_typed.h"

/// The options in the precision of the arithmetic. When weight decay or epsilon is off, its factors are neutral
/// elements: they change no bit and need no separate loops.
typedef struct TYPED(factors) {
  REAL scale, lr, decay, complement, inside, outside, momentum;
  TYPED(pull) pull;
} TYPED(factors);

static inline TYPED(factors) TYPED(round_options)(const rmsprop_options *options, const sp_update *update) {
  double lr = options->lr * update->lr_factor;
  return (TYPED(factors)){
      .scale = (REAL)update->scale,
      .lr = (REAL)lr,
      .decay = (REAL)options->decay,
      .complement = (REAL)(1 - options->decay),
      .inside = options->epsilon_inside_root ? (REAL)options->epsilon : 0,
      .outside = options->epsilon_inside_root ? 0 : (REAL)options->epsilon,
      .momentum = (REAL)options->momentum,
      .pull = TYPED(pull_of)(lr, options->weight_decay, options->weight_decay_mode == SP_DECAY_COUPLED),
  };
}

static inline __attribute__((always_inline)) bool TYPED(loop)(const rmsprop_form form, TYPED(factors) f, int64_t n,
                                                              REAL *restrict p, const REAL *restrict first,
                                                              const REAL *restrict second, REAL *restrict v,
                                                              REAL *restrict m, REAL *restrict b) {
  REAL_BITS nonfinite = 0;
  for (int64_t i = 0; i < n; i++) {
    REAL g = f.scale * TYPED(finite_sum)(first[i], second[i], &nonfinite);
    if (!form.plain) g = REAL_PLUS(g, f.pull.coupled, p[i]);
    v[i] = TYPED(kept_in_state)(REAL_PLUS(f.decay * v[i], f.complement * g, g));

    REAL square = v[i];
    if (form.centered) {
      m[i] = TYPED(kept_in_state)(REAL_PLUS(f.decay * m[i], f.complement, g));
      square = REAL_PLUS(square, -m[i], m[i]);
      square = square < 0 ? 0 : square;
    }
    if (!form.plain) square += f.inside;
    REAL root = REAL_SQRT(square) + f.outside;
    if (!form.plain) root = TYPED(divisor)(root);

    REAL kept = form.plain ? p[i] : f.pull.kept * p[i];
    if (form.momentum == NO_MOMENTUM) {
      p[i] = kept - f.lr * g / root;
    } else {
      REAL d = g / root;
      b[i] = TYPED(kept_in_state)(f.momentum * b[i] + d);
      p[i] = REAL_PLUS(kept, -f.lr, form.momentum == NESTEROV ? REAL_PLUS(d, f.momentum, b[i]) : b[i]);
    }
  }
  return nonfinite == 0;
}

SP_HOT_FUSED static bool TYPED(update_range)(rmsprop_form form, TYPED(factors) f, const sp_update *update) {
  int64_t n = update->n;
  const REAL *g = update->gradient.first, *g2 = update->gradient.second;
  REAL *p = update->p, *v = update->slot[0], *next = update->slot[1], *last = update->slot[2];

  // Each call is inlined as a separate loop, specialised for its constant arguments.
  if (form.plain) {
    return TYPED(loop)((rmsprop_form){true, false, NO_MOMENTUM}, f, n, p, g, g2, v, NULL, NULL);
  } else if (form.centered) {
    switch (form.momentum) {
      case NO_MOMENTUM: return TYPED(loop)((rmsprop_form){false, true, NO_MOMENTUM}, f, n, p, g, g2, v, next, NULL);
      case CLASSICAL: return TYPED(loop)((rmsprop_form){false, true, CLASSICAL}, f, n, p, g, g2, v, next, last);
      case NESTEROV: return TYPED(loop)((rmsprop_form){false, true, NESTEROV}, f, n, p, g, g2, v, next, last);
    }
  }
  switch (form.momentum) {
    case NO_MOMENTUM: return TYPED(loop)((rmsprop_form){false, false, NO_MOMENTUM}, f, n, p, g, g2, v, NULL, NULL);
    case CLASSICAL: return TYPED(loop)((rmsprop_form){false, false, CLASSICAL}, f, n, p, g, g2, v, NULL, next);
    default: return TYPED(loop)((rmsprop_form){false, false, NESTEROV}, f, n, p, g, g2, v, NULL, next);
  }
}

static bool TYPED(update)(const void *options, const sp_update *update) {
  TYPED(factors) f = TYPED(round_options)(options, update);
  return TYPED(update_range)(form_of(options, f.outside > 0), f, update);
}
