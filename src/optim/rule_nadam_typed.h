// SPDX-License-Identifier: Apache-2.0
// The loop of NAdam for one type: a template, see compute/each_real.h. See rule_nadam.c for the formula.
#include "optim/rule_common_typed.h"

typedef struct TYPED(factors) {
  REAL scale, of_gradient, of_mean, beta1, complement1, beta2, complement2, correction, epsilon;
  TYPED(pull) pull;
} TYPED(factors);

static inline TYPED(factors) TYPED(round_options)(const nadam_options *o, const sp_update *update) {
  double lr = o->lr * update->lr_factor;
  return (TYPED(factors)){
      .scale = (REAL)update->scale,
      .of_gradient = (REAL)(lr * update->memo->scalar[GRADIENT_FACTOR]),
      .of_mean = (REAL)(lr * update->memo->scalar[MEAN_FACTOR]),
      .beta1 = (REAL)o->beta1,
      .complement1 = (REAL)(1 - o->beta1),
      .beta2 = (REAL)o->beta2,
      .complement2 = (REAL)(1 - o->beta2),
      .correction = (REAL)update->memo->scalar[SQUARE_CORRECTION],
      .epsilon = (REAL)o->epsilon,
      .pull = TYPED(pull_of)(lr, o->weight_decay, o->weight_decay_mode == SP_DECAY_COUPLED),
  };
}

SP_HOT static bool TYPED(update_range)(TYPED(factors) f, int64_t n, REAL *restrict p, const REAL *restrict first,
                                       const REAL *restrict second, REAL *restrict m, REAL *restrict v) {
  REAL_BITS nonfinite = 0;
  for (int64_t i = 0; i < n; i++) {
    REAL g = f.scale * TYPED(finite_sum)(first[i], second[i], &nonfinite) + f.pull.coupled * p[i];
    m[i] = TYPED(kept_in_state)(f.beta1 * m[i] + f.complement1 * g);
    v[i] = TYPED(kept_in_state)(f.beta2 * v[i] + f.complement2 * g * g);
    REAL root = TYPED(divisor)(REAL_SQRT(v[i] / f.correction) + f.epsilon);
    p[i] = f.pull.kept * p[i] - f.of_gradient * g / root - f.of_mean * m[i] / root;
  }
  return nonfinite == 0;
}

static bool TYPED(update)(const void *options, const sp_update *update) {
  TYPED(factors) f = TYPED(round_options)(options, update);
  return TYPED(update_range)(f, update->n, update->p, update->gradient.first, update->gradient.second, update->slot[0],
                             update->slot[1]);
}
