// SPDX-License-Identifier: Apache-2.0
// The loops of gradient descent for one type: a template, see compute/each_real.h. See rule_sgd.c for the formulas.
#include "optim/rule_common_typed.h"

typedef struct TYPED(factors) {
  REAL scale, lr, momentum, taken;
  TYPED(pull) pull;
} TYPED(factors);

static inline TYPED(factors) TYPED(round_options)(const sgd_options *o, const sp_update *update) {
  double lr = o->lr * update->lr_factor;
  // The buffer is 0 before the first step, which adds the whole gradient.
  return (TYPED(factors)){
      .scale = (REAL)update->scale,
      .lr = (REAL)lr,
      .momentum = (REAL)o->momentum,
      .taken = update->step == 1 ? 1 : (REAL)(1 - o->dampening),
      .pull = TYPED(pull_of)(lr, o->weight_decay, o->weight_decay_mode == SP_DECAY_COUPLED),
  };
}

static inline __attribute__((always_inline)) void TYPED(loop)(const bool moves, const bool nesterov, TYPED(factors) f,
                                                              int64_t n, REAL *restrict p,
                                                              const REAL *restrict gradient, REAL *restrict b) {
  for (int64_t i = 0; i < n; i++) {
    REAL g = REAL_PLUS(f.scale * gradient[i], f.pull.coupled, p[i]), d = g;
    if (moves) {
      b[i] = TYPED(kept_in_state)(REAL_PLUS(f.momentum * b[i], f.taken, g));
      d = nesterov ? REAL_PLUS(g, f.momentum, b[i]) : b[i];
    }
    p[i] = REAL_PLUS(f.pull.kept * p[i], -f.lr, d);
  }
}

SP_HOT_FUSED static void TYPED(update_range)(const sgd_options *o, TYPED(factors) f, const sp_update *update) {
  // Each call is inlined as a separate loop, specialised for its constant arguments.
  if (!(o->momentum > 0)) {
    TYPED(loop)(false, false, f, update->n, update->p, update->gradient, NULL);
  } else if (o->nesterov) {
    TYPED(loop)(true, true, f, update->n, update->p, update->gradient, update->slot[0]);
  } else {
    TYPED(loop)(true, false, f, update->n, update->p, update->gradient, update->slot[0]);
  }
}

static void TYPED(update)(const void *options, const sp_update *update) {
  TYPED(update_range)(options, TYPED(round_options)(options, update), update);
}
