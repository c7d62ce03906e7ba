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

static inline __attribute__((always_inline)) bool TYPED(loop)(const bool moves, const bool nesterov, TYPED(factors) f,
                                                              int64_t n, REAL *restrict p, const REAL *restrict first,
                                                              const REAL *restrict second, REAL *restrict b) {
  REAL_BITS nonfinite = 0;
  for (int64_t i = 0; i < n; i++) {
    REAL sum = TYPED(finite_sum)(first[i], second[i], &nonfinite);
    REAL g = REAL_PLUS(f.scale * sum, f.pull.coupled, p[i]), d = g;
    if (moves) {
      b[i] = TYPED(kept_in_state)(REAL_PLUS(f.momentum * b[i], f.taken, g));
      d = nesterov ? REAL_PLUS(g, f.momentum, b[i]) : b[i];
    }
    p[i] = REAL_PLUS(f.pull.kept * p[i], -f.lr, d);
  }
  return nonfinite == 0;
}

SP_HOT_FUSED static bool TYPED(update_range)(const sgd_options *o, TYPED(factors) f, const sp_update *update) {
  int64_t n = update->n;
  const REAL *g = update->gradient.first, *g2 = update->gradient.second;
  // Each call is inlined as a separate loop, specialised for its constant arguments.
  if (!(o->momentum > 0)) return TYPED(loop)(false, false, f, n, update->p, g, g2, NULL);
  if (o->nesterov) return TYPED(loop)(true, true, f, n, update->p, g, g2, update->slot[0]);
  return TYPED(loop)(true, false, f, n, update->p, g, g2, update->slot[0]);
}

static bool TYPED(update)(const void *options, const sp_update *update) {
  return TYPED(update_range)(options, TYPED(round_options)(options, update), update);
}
