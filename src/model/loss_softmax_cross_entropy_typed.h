// Softmax cross-entropy of one type: a template, see compute/each_real.h. Sums in float64, in order.
// With m the largest logit and s = sum_j exp(x_j - m): loss = sum_j t_j (log s - (x_j - m)), slope = p_j sum(t) - t_j.
// May include: nothing.

SP_HOT static void TYPED(slope_of_class)(int64_t n, double scale, int32_t class, REAL *slope) {
  for (int64_t j = 0; j < n; j++) slope[j] = (REAL)((double)slope[j] * scale);
  slope[class] -= 1;
}

SP_HOT static void TYPED(slope_of_values)(int64_t n, double scale, const REAL *restrict target, REAL *restrict slope) {
  for (int64_t j = 0; j < n; j++) slope[j] = (REAL)((double)slope[j] * scale - (double)target[j]);
}

// The loss of a row with a value for each output; *weight: the sum of these values.
static double TYPED(loss_of_values)(int64_t n, const REAL *x, const REAL *target, double log_sum, double largest,
                                    double *weight) {
  double loss = 0;
  *weight = 0;
  for (int64_t j = 0; j < n; j++) {
    *weight += (double)target[j];
    loss += (double)target[j] * (log_sum - ((double)x[j] - largest));
  }
  return loss;
}

static double TYPED(cross_entropy)(const sp_prediction *p, REAL *slope) {
  double total = 0, largest[SP_SOFTMAX_ROWS], sum[SP_SOFTMAX_ROWS], weight;
  int64_t n = p->size;
  const REAL *x = p->output;
  for (int64_t i = 0, at = SP_SOFTMAX_ROWS; i < p->rows; i++, at++, x += n) {
    if (at == SP_SOFTMAX_ROWS) {
      int64_t rows = p->rows - i < SP_SOFTMAX_ROWS ? p->rows - i : SP_SOFTMAX_ROWS;
      sp_softmax_powers(p->precision, rows, n, x, slope, largest, sum);
      at = 0;
    }
    double log_sum = log(sum[at]);
    if (p->classes) {
      int32_t class = ((const int32_t *)p->targets)[i];
      total += log_sum - ((double)x[class] - largest[at]);
      if (slope) TYPED(slope_of_class)(n, 1 / sum[at], class, slope);
    } else {
      const REAL *target = (const REAL *)p->targets + i * n;
      total += TYPED(loss_of_values)(n, x, target, log_sum, largest[at], &weight);
      if (slope) TYPED(slope_of_values)(n, weight / sum[at], target, slope);
    }
    if (slope) slope += n;
  }
  return total;
}
