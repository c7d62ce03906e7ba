// SPDX-License-Identifier: Apache-2.0
// Losses that are the mean over a row of a function of one output and one target: a template, see compute/each_real.h.

/// Compute the loss of each row, in pieces. `one` is the function of an output; it is inlined here, and this function
/// where it is called.
__attribute__((always_inline)) static inline void TYPED(element_losses)(element *one, const element_form *form,
                                                                        const sp_row_loss *l, const double *factor) {
  enum { PIECE = 16 * SP_ROW_SUMS };
  double value[PIECE], slope[PIECE];
  const REAL *x = l->output, *t = l->target;
  REAL *gradient = l->gradient;
  for (int64_t row = 0; row < l->rows; row++, x += l->size, t += l->size) {
    double sums[SP_ROW_SUMS] = {0};
    for (int64_t begin = 0; begin < l->size; begin += PIECE) {
      const int64_t count = l->size - begin < PIECE ? l->size - begin : PIECE;
      for (int64_t j = 0; j < count; j++) {
        element_loss loss = one(form, (double)x[begin + j], (double)t[begin + j], factor ? factor[begin + j] : 1);
        value[j] = loss.value;
        slope[j] = loss.slope / (double)l->size;
      }
      SP_ROW_SUM_ADD(sums, j, (int64_t)0, count, value[j]);
      if (!gradient) continue;
      for (int64_t j = 0; j < count; j++) gradient[begin + j] = (REAL)slope[j];
    }
    l->each[row] = sp_row_sum_pairs(sums) / (double)l->size;
    if (gradient) gradient += l->size;
  }
}
