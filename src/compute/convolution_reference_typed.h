// SPDX-License-Identifier: Apache-2.0
// The reference convolution of one type: a template, see compute/each_real.h.

/// A sum over blocks of terms.
typedef struct TYPED(chain) {
  REAL sum, block;
  int64_t terms;
} TYPED(chain);

static inline void TYPED(add_term)(TYPED(chain) * c, REAL a, REAL b) {
  if (c->terms > 0 && c->terms % SP_PRODUCT_BLOCK == 0) {
    c->sum = c->terms == SP_PRODUCT_BLOCK ? c->block : c->sum + c->block;
    c->block = 0;
  }
  c->block = REAL_FMA(a, b, c->block);
  c->terms++;
}

static inline REAL TYPED(sum_of)(const TYPED(chain) * c) {
  return c->terms > SP_PRODUCT_BLOCK ? c->sum + c->block : c->block;
}

static REAL TYPED(output)(const sp_convolution_shape *s, const int64_t p[SP_CONVOLUTION_AXES], int64_t filter,
                          const REAL *x, const REAL *w) {
  const int64_t depth = s->channels / s->groups, first = filter / (s->filters / s->groups) * depth;
  TYPED(chain) sum = {0};
  for (int64_t tap = 0; tap < sp_positions(s->kernel); tap++) {
    int64_t k[SP_CONVOLUTION_AXES];
    position_of(tap, s->kernel, k);
    const int64_t at = read_by(s, p, k);
    for (int64_t c = 0; c < depth; c++) {
      TYPED(add_term)(&sum, at < 0 ? 0 : x[at * s->channels + first + c], w[(tap * depth + c) * s->filters + filter]);
    }
  }
  return TYPED(sum_of)(&sum);
}

static void TYPED(outputs)(const sp_convolution_shape *s, int64_t rows, const REAL *x, const REAL *w, const REAL *bias,
                           REAL *y) {
  const int64_t values = sp_positions(s->in) * s->channels;
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t i = 0; i < sp_positions(s->out); i++) {
      int64_t p[SP_CONVOLUTION_AXES];
      position_of(i, s->out, p);
      for (int64_t f = 0; f < s->filters; f++) {
        REAL sum = TYPED(output)(s, p, f, x + r * values, w);
        *y++ = bias ? sum + bias[f] : sum;
      }
    }
  }
}

static REAL TYPED(input)(const sp_convolution_shape *s, const int64_t p[SP_CONVOLUTION_AXES], int64_t channel,
                         const REAL *dy, const REAL *w) {
  const int64_t depth = s->channels / s->groups, width = s->filters / s->groups, first = channel / depth * width;
  TYPED(chain) sum = {0};
  for (int64_t tap = sp_positions(s->kernel) - 1; tap >= 0; tap--) {
    int64_t k[SP_CONVOLUTION_AXES], at;
    position_of(tap, s->kernel, k);
    if (!written_by(s, p, k, &at)) continue;
    for (int64_t f = first; f < first + width; f++) {
      TYPED(add_term)(&sum, at < 0 ? 0 : dy[at * s->filters + f], w[(tap * depth + channel % depth) * s->filters + f]);
    }
  }
  return TYPED(sum_of)(&sum);
}

static void TYPED(inputs)(const sp_convolution_shape *s, int64_t rows, const REAL *dy, const REAL *w, REAL *dx) {
  const int64_t values = sp_positions(s->out) * s->filters;
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t i = 0; i < sp_positions(s->in); i++) {
      int64_t p[SP_CONVOLUTION_AXES];
      position_of(i, s->in, p);
      for (int64_t c = 0; c < s->channels; c++) *dx++ = TYPED(input)(s, p, c, dy + r * values, w);
    }
  }
}

/// Returns the sum over the rows and positions of one lane of x, as kernel position k reads it, times dy. x NULL: of dy.
static REAL TYPED(lane_sum)(const sp_convolution_shape *s, int64_t begin, int64_t end,
                            const int64_t k[SP_CONVOLUTION_AXES], int64_t channel, int64_t filter, const REAL *x,
                            const REAL *dy) {
  const int64_t inputs = sp_positions(s->in), outputs = sp_positions(s->out);
  TYPED(chain) sum = {0};
  for (int64_t r = begin; r < end; r++) {
    for (int64_t i = 0; i < outputs; i++) {
      int64_t p[SP_CONVOLUTION_AXES];
      position_of(i, s->out, p);
      const int64_t at = x ? read_by(s, p, k) : -1;
      const REAL value = !x ? 1 : at < 0 ? 0 : x[(r * inputs + at) * s->channels + channel];
      TYPED(add_term)(&sum, value, dy[(r * outputs + i) * s->filters + filter]);
    }
  }
  return TYPED(sum_of)(&sum);
}

static REAL TYPED(sum_of_lanes)(const sp_convolution_shape *s, const sp_lane_rows *rows,
                                const int64_t k[SP_CONVOLUTION_AXES], int64_t channel, int64_t filter, const REAL *x,
                                const REAL *dy) {
  REAL sum[SP_LANE_SUMS] = {0};
  for (int64_t lane = 0; lane < rows->lanes; lane++) {
    int place = sp_lane_place(lane);
    sum[place] = TYPED(lane_sum)(s, sp_lane_begin(rows, lane), rows->end[lane], k, channel, filter, x, dy);
    for (int left = sp_lane_additions(rows->lanes, lane); left > 0; left--, place--) sum[place - 1] += sum[place];
  }
  return sum[0];
}

static void TYPED(weights)(const sp_convolution_shape *s, const sp_lane_rows *rows, const REAL *x, const REAL *dy,
                           REAL *dw, REAL *db) {
  const int64_t depth = s->channels / s->groups, width = s->filters / s->groups;
  int64_t k[SP_CONVOLUTION_AXES] = {0};
  for (int64_t f = 0; db && f < s->filters; f++) db[f] = TYPED(sum_of_lanes)(s, rows, k, 0, f, NULL, dy);
  for (int64_t tap = 0; tap < sp_positions(s->kernel); tap++) {
    position_of(tap, s->kernel, k);
    for (int64_t c = 0; c < depth; c++) {
      for (int64_t f = 0; f < s->filters; f++) {
        *dw++ = TYPED(sum_of_lanes)(s, rows, k, f / width * depth + c, f, x, dy);
      }
    }
  }
}
