// Softmax cross-entropy of one type: a template, see compute/each_real.h. Sums in float64, in order.
// With m the largest logit and s = sum_j exp(x_j - m): loss = sum_j t_j (log s - (x_j - m)), slope = p_j sum(t) - t_j.
// May include: nothing.

// exp(x - m) into `powers` unless that is NULL, and their sum.
static double TYPED(powers)(int64_t n, const REAL *x, REAL largest, REAL *powers) {
  double sum = 0;
  for (int64_t j = 0; j < n; j++) {
    REAL power = REAL_EXP(x[j] - largest);
    if (powers) powers[j] = power;
    sum += (double)power;
  }
  return sum;
}

static double TYPED(cross_entropy)(const sp_prediction *p, REAL *slope) {
  double total = 0;
  int64_t n = p->size;
  const REAL *x = p->output;
  for (int64_t i = 0; i < p->rows; i++, x += n) {
    REAL largest = x[0];
    for (int64_t j = 1; j < n; j++) largest = x[j] > largest ? x[j] : largest;
    double sum = TYPED(powers)(n, x, largest, slope), log_sum = log(sum), loss = 0, weight = 1;
    const REAL *target = p->classes ? NULL : (const REAL *)p->targets + i * n;
    int32_t class = p->classes ? ((const int32_t *)p->targets)[i] : 0;
    if (target) {
      weight = 0;
      for (int64_t j = 0; j < n; j++) {
        weight += (double)target[j];
        loss += (double)target[j] * (log_sum - ((double)x[j] - (double)largest));
      }
    } else {
      loss = log_sum - ((double)x[class] - (double)largest);
    }
    total += loss;
    if (!slope) continue;
    double scale = weight / sum;
    for (int64_t j = 0; j < n; j++) slope[j] = (REAL)((double)slope[j] * scale - (target ? (double)target[j] : 0));
    if (!target) slope[class] -= 1;
    slope += n;
  }
  return total;
}
