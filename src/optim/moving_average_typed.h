// SPDX-License-Identifier: Apache-2.0
// The loop of the moving average for one type: a template, see compute/each_real.h. See moving_average.h for the
// formula.
#include "optim/rule_common_typed.h"

SP_HOT static void TYPED(update)(double taken, int64_t n, REAL *restrict average, const REAL *restrict p) {
  for (int64_t i = 0; i < n; i++) {
    double before = (double)average[i];
    average[i] = TYPED(kept_in_state)((REAL)(before + taken * ((double)p[i] - before)));
  }
}
