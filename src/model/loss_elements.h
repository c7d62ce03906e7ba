// SPDX-License-Identifier: Apache-2.0
// Losses that are the mean over a row's outputs of a function of one output and one target.
#ifndef SP_MODEL_LOSS_ELEMENTS_H
#define SP_MODEL_LOSS_ELEMENTS_H

#include "model/loss.h"

/// Returns the loss of output j of a row, x, with target t, and sets *slope to its derivative with respect to x.
typedef double sp_loss_element(const sp_loss *loss, int64_t j, double x, double t, double *slope);

/// The `run` of such a loss. Inlined into each loss, so that the element is inlined here.
__attribute__((always_inline)) static inline void sp_loss_elements(sp_loss_element *element, const sp_loss *loss,
                                                                   const sp_prediction *p, double *each,
                                                                   void *gradient) {
  double slope;
  for (int64_t i = 0; i < p->rows; i++) {
    double sum = 0;
    for (int64_t j = i * p->size; j < (i + 1) * p->size; j++) {
      double x = sp_value_at(p->precision, p->output, j), t = sp_value_at(p->precision, p->targets, j);
      sum += element(loss, j - i * p->size, x, t, &slope);
      if (gradient) sp_value_set(p->precision, gradient, j, slope / (double)p->size);
    }
    each[i] = sum / (double)p->size;
  }
}

#endif
