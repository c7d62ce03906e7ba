// SPDX-License-Identifier: Apache-2.0
// The loop of AdaGrad for one type: a template, see compute/each_real.h. See rule_adagrad.c for the formula.
#include "optim/rule_common_typed.h"

SP_HOT static void TYPED(update_range)(REAL scale, REAL lr, REAL epsilon, TYPED(pull) pull, int64_t n, REAL *restrict p,
                                       const REAL *restrict gradient, REAL *restrict s) {
  for (int64_t i = 0; i < n; i++) {
    REAL g = scale * gradient[i] + pull.coupled * p[i];
    s[i] = TYPED(kept_in_state)(s[i] + g * g);
    p[i] = pull.kept * p[i] - lr * g / TYPED(divisor)(REAL_SQRT(s[i]) + epsilon);
  }
}

static void TYPED(update)(const void *options, const sp_update *update) {
  const adagrad_options *o = options;
  double lr = o->lr * update->lr_factor / (1 + (double)(update->step - 1) * o->lr_decay);
  TYPED(update_range)
  ((REAL)update->scale, (REAL)lr, (REAL)o->epsilon,
   TYPED(pull_of)(lr, o->weight_decay, o->weight_decay_mode == SP_DECAY_COUPLED), update->n, update->p,
   update->gradient, update->slot[0]);
}
