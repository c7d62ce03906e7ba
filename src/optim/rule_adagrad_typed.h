// SPDX-License-Identifier: Apache-2.0
// The loop of AdaGrad for one type: a template, see compute/each_real.h. See rule_adagrad.c for the formula.
#include "optim/rule_common_typed.h"

SP_HOT static bool TYPED(update_range)(REAL scale, REAL lr, REAL epsilon, TYPED(pull) pull, int64_t n, REAL *restrict p,
                                       const REAL *restrict first, const REAL *restrict second, REAL *restrict s) {
  REAL_BITS nonfinite = 0;
  for (int64_t i = 0; i < n; i++) {
    REAL g = scale * TYPED(finite_sum)(first[i], second[i], &nonfinite) + pull.coupled * p[i];
    s[i] = TYPED(kept_in_state)(s[i] + g * g);
    p[i] = pull.kept * p[i] - lr * g / TYPED(divisor)(REAL_SQRT(s[i]) + epsilon);
  }
  return nonfinite == 0;
}

static bool TYPED(update)(const void *options, const sp_update *update) {
  const adagrad_options *o = options;
  double lr = o->lr * update->lr_factor / (1 + (double)(update->step - 1) * o->lr_decay);
  TYPED(pull) pull = TYPED(pull_of)(lr, o->weight_decay, o->weight_decay_mode == SP_DECAY_COUPLED);
  return TYPED(update_range)((REAL)update->scale, (REAL)lr, (REAL)o->epsilon, pull, update->n, update->p,
                             update->gradient.first, update->gradient.second, update->slot[0]);
}
