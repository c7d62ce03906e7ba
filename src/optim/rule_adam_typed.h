// SPDX-License-Identifier: Apache-2.0
// The loops of Adam and AdamW for one type: a template, see compute/each_real.h. See rule_adam.c for the formulas.
#include "optim/rule_common_typed.h"

typedef struct TYPED(factors) {
  REAL scale, step, beta1, complement1, beta2, complement2, correction, epsilon;
  TYPED(pull) pull;
} TYPED(factors);

static inline TYPED(factors) TYPED(round_options)(const adam_options *o, const sp_update *update, bool coupled) {
  double lr = o->lr * update->lr_factor;
  return (TYPED(factors)){
      .scale = (REAL)update->scale,
      .step = (REAL)(lr / update->memo->scalar[MEAN_CORRECTION]),
      .beta1 = (REAL)o->beta1,
      .complement1 = (REAL)(1 - o->beta1),
      .beta2 = (REAL)o->beta2,
      .complement2 = (REAL)(1 - o->beta2),
      .correction = (REAL)update->memo->scalar[ROOT_CORRECTION],
      .epsilon = (REAL)o->epsilon,
      .pull = TYPED(pull_of)(lr, o->weight_decay, coupled),
  };
}

static inline __attribute__((always_inline)) bool TYPED(loop)(const bool amsgrad, TYPED(factors) f, int64_t n,
                                                              REAL *restrict p, const REAL *restrict first,
                                                              const REAL *restrict second, REAL *restrict m,
                                                              REAL *restrict v, REAL *restrict w) {
  REAL_BITS nonfinite = 0;
  for (int64_t i = 0; i < n; i++) {
    REAL g = f.scale * TYPED(finite_sum)(first[i], second[i], &nonfinite) + f.pull.coupled * p[i];
    m[i] = TYPED(kept_in_state)(f.beta1 * m[i] + f.complement1 * g);
    v[i] = TYPED(kept_in_state)(f.beta2 * v[i] + f.complement2 * g * g);
    REAL square = v[i];
    if (amsgrad) square = w[i] = w[i] > square ? w[i] : square;
    REAL root = TYPED(divisor)(REAL_SQRT(square) / f.correction + f.epsilon);
    p[i] = f.pull.kept * p[i] - f.step * m[i] / root;
  }
  return nonfinite == 0;
}

SP_HOT static bool TYPED(update_range)(bool amsgrad, TYPED(factors) f, const sp_update *update) {
  const REAL *g = update->gradient.first, *g2 = update->gradient.second;
  REAL *p = update->p, *m = update->slot[0], *v = update->slot[1];
  // Each call is inlined as a separate loop, specialised for its constant argument.
  if (amsgrad) return TYPED(loop)(true, f, update->n, p, g, g2, m, v, update->slot[2]);
  return TYPED(loop)(false, f, update->n, p, g, g2, m, v, NULL);
}

static bool TYPED(update_adam)(const void *options, const sp_update *update) {
  const adam_options *o = options;
  return TYPED(update_range)(o->amsgrad, TYPED(round_options)(o, update, true), update);
}

static bool TYPED(update_adamw)(const void *options, const sp_update *update) {
  const adam_options *o = options;
  return TYPED(update_range)(o->amsgrad, TYPED(round_options)(o, update, false), update);
}
