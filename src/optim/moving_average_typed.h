// The loop of the moving average for one type: a template, see typed.h. moving_average.h says what it computes.

SP_HOT static void TYPED(update)(double taken, int64_t n, REAL *restrict average, const REAL *restrict p) {
  for (int64_t i = 0; i < n; i++) {
    double before = (double)average[i];
    average[i] = TYPED(kept_in_state)((REAL)(before + taken * ((double)p[i] - before)));
  }
}
