// SPDX-License-Identifier: Apache-2.0
// The gradient that is passed to a rule.
#include "optim/gradient.h"

#define SP_TEMPLATE "optim/gradient_typed.h"
#include "compute/each_real.h"

void sp_gradient_make(sp_dtype precision, int64_t n, const sp_gradient_form *form, const void *p, const void *sum,
                      void *g) {
  if (precision == SP_FLOAT32) {
    make_float(n, form, p, sum, g);
  } else {
    make_double(n, form, p, sum, g);
  }
}

double sp_gradient_clip_factor(double most, double norm) {
  double factor = most / (norm + 1e-6);
  return factor < 1 ? factor : 1;
}
