// SPDX-License-Identifier: Apache-2.0
// Pooling of one type: a template, see compute/each_real.h.

/// Take the values of one position where they are larger, or the first NaN.
SP_HOT static void TYPED(take_larger)(int64_t channels, const REAL *restrict x, int32_t at, REAL *restrict y,
                                      int32_t *restrict position) {
  for (int64_t c = 0; c < channels; c++) {
    const int take = (x[c] > y[c]) | ((x[c] != x[c]) & (y[c] == y[c]));
    y[c] = take ? x[c] : y[c];
    position[c] = take ? at : position[c];
  }
}

static void TYPED(max_pool)(const sp_pooling *p, int64_t rows, const REAL *x, REAL *y, int32_t *position) {
  const int64_t n = p->channels, inputs = positions_of(p->in) * n, outputs = positions_of(p->out);
  for (int64_t k = 0; k < rows * outputs; k++, y += n, position += n) {
    const REAL *sample = x + k / outputs * inputs;
    const window w = window_of(p, k % outputs);
    const int64_t first = (w.begin[0] * p->in[1] + w.begin[1]) * p->in[2] + w.begin[2];
    memcpy(y, sample + first * n, (size_t)n * sizeof *y);
    for (int64_t c = 0; c < n; c++) position[c] = (int32_t)first;
    FOR_EACH_POSITION(p, w) TYPED(take_larger)(n, sample + at * n, (int32_t)at, y, position);
  }
}

static void TYPED(max_pool_backward)(const sp_pooling *p, int64_t rows, const REAL *dy, const int32_t *position,
                                     REAL *dx) {
  const int64_t n = p->channels, inputs = positions_of(p->in) * n, outputs = positions_of(p->out);
  memset(dx, 0, (size_t)(rows * inputs) * sizeof *dx);
  for (int64_t k = 0; k < rows * outputs; k++, dy += n, position += n) {
    REAL *sample = dx + k / outputs * inputs;
    for (int64_t c = 0; c < n; c++) sample[position[c] * n + c] += dy[c];
  }
}

SP_HOT static void TYPED(add_values)(int64_t channels, const REAL *restrict x, REAL *restrict y) {
  for (int64_t c = 0; c < channels; c++) y[c] += x[c];
}

SP_HOT static void TYPED(divide_values)(int64_t channels, REAL count, REAL *y) {
  for (int64_t c = 0; c < channels; c++) y[c] /= count;
}

static void TYPED(average_pool)(const sp_pooling *p, int64_t rows, const REAL *x, REAL *y) {
  const int64_t n = p->channels, inputs = positions_of(p->in) * n, outputs = positions_of(p->out);
  for (int64_t k = 0; k < rows * outputs; k++, y += n) {
    const REAL *sample = x + k / outputs * inputs;
    const window w = window_of(p, k % outputs);
    memset(y, 0, (size_t)n * sizeof *y);
    FOR_EACH_POSITION(p, w) TYPED(add_values)(n, sample + at * n, y);
    TYPED(divide_values)(n, (REAL)count_of(&w), y);
  }
}

SP_HOT static void TYPED(add_share)(int64_t channels, REAL count, const REAL *restrict dy, REAL *restrict dx) {
  for (int64_t c = 0; c < channels; c++) dx[c] += dy[c] / count;
}

static void TYPED(average_pool_backward)(const sp_pooling *p, int64_t rows, const REAL *dy, REAL *dx) {
  const int64_t n = p->channels, inputs = positions_of(p->in) * n, outputs = positions_of(p->out);
  memset(dx, 0, (size_t)(rows * inputs) * sizeof *dx);
  for (int64_t k = 0; k < rows * outputs; k++, dy += n) {
    REAL *sample = dx + k / outputs * inputs;
    const window w = window_of(p, k % outputs);
    FOR_EACH_POSITION(p, w) TYPED(add_share)(n, (REAL)count_of(&w), dy, sample + at * n);
  }
}
