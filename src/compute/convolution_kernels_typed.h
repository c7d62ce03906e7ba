// SPDX-License-Identifier: Apache-2.0
// The inner loops of convolutions of one type: a template, see compute/each_real.h.

#define VECTOR TYPED(vector)
#define WIDTH TYPED(vector_width)
#define LOAD TYPED(vector_load)
#define STORE TYPED(vector_store)
#define ADD TYPED(vector_add)
#define FUSED TYPED(vector_fma)
#define ZERO TYPED(vector_zero)()

static void TYPED(pack)(int64_t terms, int64_t term_step, int64_t columns, int64_t column_step, int64_t padded,
                        const void *from, void *to) {
  const REAL *w = from;
  REAL *packed = to;
  for (int64_t i = 0; i < terms; i++, w += term_step, packed += padded) {
    int64_t j = 0;
    for (; column_step == 1 && j + WIDTH <= columns; j += WIDTH) STORE(packed + j, LOAD(w + j));
    for (; j < columns; j++) packed[j] = w[j * column_step];
    for (; j < padded; j++) packed[j] = 0;
  }
}

static void TYPED(add)(int64_t n, void *into, const void *from) {
  REAL *a = into;
  const REAL *b = from;
  for (int64_t i = 0; i < n; i++) a[i] += b[i];
}

// --- outputs ------------------------------------------------------------------------------------------------------

/// Finish the windows of a panel whose vectors are not full, with sums (height, wide).
static __attribute__((noinline)) void TYPED(finish_part)(int height, int wide, const sp_panel_block *b,
                                                         const int64_t *out, const REAL *sum, const REAL *bias,
                                                         REAL *y) {
  for (int i = 0; i < height; i++, sum += wide) {
    REAL *to = y + out[i];
    for (int64_t j = 0; j < b->columns; j++) {
      REAL total = b->first ? sum[j] : to[j] + sum[j];
      to[j] = bias ? total + bias[j] : total;
    }
  }
}

/// Finish a window: add the sum to what the blocks before have left in y, then the bias.
SP_INLINE void TYPED(finish)(int vectors, bool first, const VECTOR *sum, const REAL *bias, REAL *y) {
  SP_UNROLL
  for (int v = 0; v < vectors; v++) {
    VECTOR value = first ? sum[v] : ADD(LOAD(y + v * WIDTH), sum[v]);
    STORE(y + v * WIDTH, bias ? ADD(value, LOAD(bias + v * WIDTH)) : value);
  }
}

SP_INLINE void TYPED(add_term)(int height, int vectors, const REAL *const *window, int64_t k, const REAL *w,
                               VECTOR (*sum)[2]) {
  VECTOR left = LOAD(w), right = vectors > 1 ? LOAD(w + WIDTH) : ZERO;
  SP_UNROLL
  for (int i = 0; i < height; i++) {
    VECTOR value = TYPED(vector_splat)(window[i] + k);
    sum[i][0] = FUSED(value, left, sum[i][0]);
    if (vectors > 1) sum[i][1] = FUSED(value, right, sum[i][1]);
  }
}

/// Windows [first, first + height).
SP_INLINE void TYPED(tile)(int height, int vectors, bool scattered, const sp_panel_block *b, int64_t first,
                           const REAL *x, const REAL *w, const REAL *bias, REAL *y) {
  VECTOR sum[NARROW][2];
  const REAL *window[NARROW];
  const int64_t *out = b->out + first;
  SP_UNROLL
  for (int i = 0; i < height; i++) {
    sum[i][0] = sum[i][1] = ZERO;
    window[i] = x + b->in[first + i];
  }
  if (scattered) {
    const int64_t *term = b->term, *const last = term + b->terms;
    for (; term < last; term++, w += vectors * WIDTH) TYPED(add_term)(height, vectors, window, *term, w, sum);
  } else {
    for (const sp_term_run *run = b->run, *const last = run + b->runs; run < last; run++) {
      const int64_t offset = run->offset, end = offset + run->length;
      for (int64_t k = offset; k < end; k++, w += vectors * WIDTH) TYPED(add_term)(height, vectors, window, k, w, sum);
    }
  }
  if (b->columns < vectors * WIDTH) {
    REAL part[2 * NARROW * WIDTH];
    SP_UNROLL
    for (int i = 0; i < height; i++) {
      STORE(part + i * vectors * WIDTH, sum[i][0]);
      if (vectors > 1) STORE(part + (i * vectors + 1) * WIDTH, sum[i][1]);
    }
    TYPED(finish_part)(height, vectors * WIDTH, b, out, part, bias, y);
  } else if (b->first) {
    SP_UNROLL
    for (int i = 0; i < height; i++) TYPED(finish)(vectors, true, sum[i], bias, y + out[i]);
  } else {
    SP_UNROLL
    for (int i = 0; i < height; i++) TYPED(finish)(vectors, false, sum[i], bias, y + out[i]);
  }
}

/// Fetch what the tiles after the one that begins at window `first` read and write.
SP_INLINE void TYPED(fetch)(int height, const sp_panel_block *b, int64_t first, const REAL *y) {
  if (b->first && first + 3 * height <= b->windows) {
    for (int i = 2 * height; i < 3 * height; i++) __builtin_prefetch(y + b->out[first + i], 1);
  }
  if (!b->ahead) return;
  for (int64_t i = first * b->ahead_step; i < (first + height) * b->ahead_step; i += SP_LINE_BYTES) {
    __builtin_prefetch((const char *)b->ahead + i);
  }
}

#define SP_TILES(tallest, vectors, scattered)                                                    \
  do {                                                                                           \
    int64_t i = 0;                                                                               \
    for (; i + (tallest) <= b->windows; i += (tallest)) {                                        \
      TYPED(fetch)(tallest, b, i, y);                                                            \
      TYPED(tile)(tallest, vectors, scattered, b, i, x, w, bias, y);                             \
    }                                                                                            \
    for (; i + 3 <= b->windows; i += 3) TYPED(tile)(3, vectors, scattered, b, i, x, w, bias, y); \
    for (; i < b->windows; i++) TYPED(tile)(1, vectors, scattered, b, i, x, w, bias, y);         \
  } while (0)

static void TYPED(panel)(const sp_panel_block *b, const void *values, const void *packed, const void *shift, void *to) {
  const REAL *x = values, *w = packed, *bias = shift;
  REAL *y = to;
  if (b->columns > WIDTH && b->term) {
    SP_TILES(TALL, 2, true);
  } else if (b->columns > WIDTH) {
    SP_TILES(TALL, 2, false);
  } else if (b->term) {
    SP_TILES(NARROW, 1, true);
  } else {
    SP_TILES(NARROW, 1, false);
  }
}
#undef SP_TILES

/// Windows [first, first + height), one vector of columns from `column` on, each with its own channel.
SP_INLINE void TYPED(channel_tile)(int height, const sp_panel_block *b, int64_t step, int64_t first, int64_t column,
                                   const REAL *x, const REAL *w, const REAL *bias, REAL *y) {
  VECTOR sum[NARROW];
  SP_UNROLL
  for (int i = 0; i < height; i++) sum[i] = ZERO;
  for (int64_t run = 0; run < b->runs; run++) {
    const VECTOR factor = LOAD(w + run * step + column);
    const REAL *from = x + b->run[run].offset + column;
    SP_UNROLL
    for (int i = 0; i < height; i++) sum[i] = FUSED(LOAD(from + b->in[first + i]), factor, sum[i]);
  }
  SP_UNROLL
  for (int i = 0; i < height; i++) {
    REAL *at = y + b->out[first + i] + column;
    VECTOR value = b->first ? sum[i] : ADD(LOAD(at), sum[i]);
    STORE(at, bias ? ADD(value, LOAD(bias + column)) : value);
  }
}

/// One column of all windows.
static void TYPED(channel)(const sp_panel_block *b, int64_t step, int64_t column, const REAL *x, const REAL *w,
                           const REAL *bias, REAL *y) {
  for (int64_t i = 0; i < b->windows; i++) {
    REAL sum = 0, *at = y + b->out[i] + column;
    for (int64_t run = 0; run < b->runs; run++) {
      sum = REAL_FMA(x[b->in[i] + b->run[run].offset + column], w[run * step + column], sum);
    }
    sum = b->first ? sum : *at + sum;
    *at = bias ? sum + bias[column] : sum;
  }
}

static void TYPED(channels)(const sp_panel_block *b, int64_t step, const void *values, const void *weights,
                            const void *shift, void *to) {
  const REAL *x = values, *w = weights, *bias = shift;
  REAL *y = to;
  int64_t i = 0, j = 0;
  const int64_t vectors = b->columns / WIDTH * WIDTH;
  for (; i + NARROW <= b->windows; i += NARROW) {
    for (j = 0; j < vectors; j += WIDTH) TYPED(channel_tile)(NARROW, b, step, i, j, x, w, bias, y);
  }
  for (; i < b->windows; i++) {
    for (j = 0; j < vectors; j += WIDTH) TYPED(channel_tile)(1, b, step, i, j, x, w, bias, y);
  }
  for (j = vectors; j < b->columns; j++) TYPED(channel)(b, step, j, x, w, bias, y);
}

// --- sums over windows --------------------------------------------------------------------------------------------

/// Store the chain of a block: in `chain` if the block continues, otherwise in `sum`.
SP_INLINE void TYPED(leave)(const sp_window_block *b, VECTOR value, REAL *chain, REAL *sum) {
  if (!b->ends) {
    STORE(chain, value);
  } else {
    STORE(sum, b->first ? value : ADD(LOAD(sum), value));
  }
}

/// Rows [first, first + height).
SP_INLINE void TYPED(window_tile)(int height, int vectors, const sp_window_block *b, int64_t first, const REAL *x,
                                  const REAL *dy, REAL *chain, REAL *sum) {
  VECTOR part[NARROW][2];
  const REAL *row[NARROW];
  chain += first * b->row_step;
  sum += first * b->row_step;
  SP_UNROLL
  for (int i = 0; i < height; i++) {
    const REAL *from = chain + i * b->row_step;
    part[i][0] = b->begins ? ZERO : LOAD(from);
    part[i][1] = vectors < 2 || b->begins ? ZERO : LOAD(from + WIDTH);
    row[i] = x + b->row[first + i];
  }
  for (int64_t k = 0; k < b->windows; k++, dy += b->step) {
    const int64_t in = b->in[k];
    VECTOR left = LOAD(dy), right = vectors > 1 ? LOAD(dy + WIDTH) : ZERO;
    SP_UNROLL
    for (int i = 0; i < height; i++) {
      VECTOR value = TYPED(vector_splat)(row[i] + in);
      part[i][0] = FUSED(value, left, part[i][0]);
      if (vectors > 1) part[i][1] = FUSED(value, right, part[i][1]);
    }
  }
  SP_UNROLL
  for (int i = 0; i < height; i++) {
    const int64_t at = i * b->row_step;
    TYPED(leave)(b, part[i][0], chain + at, sum + at);
    if (vectors > 1) TYPED(leave)(b, part[i][1], chain + at + WIDTH, sum + at + WIDTH);
  }
}

/// Fetch a part of what the next blocks read, with row `first` and those after it.
SP_INLINE void TYPED(fetch_windows)(int height, const sp_window_block *b, int64_t first) {
  for (int i = 0; b->ahead_step[0] > 0 && i < 2; i++) {
    for (int64_t j = first * b->ahead_step[i]; j < (first + height) * b->ahead_step[i]; j += SP_LINE_BYTES) {
      __builtin_prefetch((const char *)b->ahead[i] + j);
    }
  }
}

#define SP_TILES(tallest, vectors)                                                            \
  do {                                                                                        \
    int64_t i = 0;                                                                            \
    for (; i + (tallest) <= b->rows; i += (tallest)) {                                        \
      TYPED(fetch_windows)(tallest, b, i);                                                    \
      TYPED(window_tile)(tallest, vectors, b, i, x, dy, chain, sum);                          \
    }                                                                                         \
    for (; i + 3 <= b->rows; i += 3) TYPED(window_tile)(3, vectors, b, i, x, dy, chain, sum); \
    for (; i < b->rows; i++) TYPED(window_tile)(1, vectors, b, i, x, dy, chain, sum);         \
  } while (0)

static void TYPED(windows)(const sp_window_block *b, const void *values, const void *slopes, void *chains, void *sums) {
  const REAL *x = values, *dy = slopes;
  REAL *chain = chains, *sum = sums;
  int64_t j = 0;
  for (; j + 2 * WIDTH <= b->columns; j += 2 * WIDTH, dy += 2 * WIDTH, chain += 2 * WIDTH, sum += 2 * WIDTH) {
    SP_TILES(TALL, 2);
  }
  if (j < b->columns) SP_TILES(NARROW, 1);
}
#undef SP_TILES

/// Rows [first, first + height), one vector of columns, each with its own channel.
SP_INLINE void TYPED(channel_window_tile)(int height, const sp_window_block *b, int64_t first, const REAL *x,
                                          const REAL *dy, REAL *chain, REAL *sum) {
  VECTOR part[NARROW];
  chain += first * b->row_step;
  sum += first * b->row_step;
  SP_UNROLL
  for (int i = 0; i < height; i++) part[i] = b->begins ? ZERO : LOAD(chain + i * b->row_step);
  for (int64_t k = 0; k < b->windows; k++, dy += b->step) {
    const VECTOR slope = LOAD(dy);
    const REAL *window = x + b->in[k];
    SP_UNROLL
    for (int i = 0; i < height; i++) part[i] = FUSED(LOAD(window + b->row[first + i]), slope, part[i]);
  }
  SP_UNROLL
  for (int i = 0; i < height; i++) TYPED(leave)(b, part[i], chain + i * b->row_step, sum + i * b->row_step);
}

/// One row and column; x NULL: 1 in its place.
static void TYPED(channel_window)(const sp_window_block *b, int64_t row, const REAL *x, const REAL *dy, REAL *chain,
                                  REAL *sum) {
  REAL part = b->begins ? 0 : *chain;
  for (int64_t k = 0; k < b->windows; k++) {
    part = REAL_FMA(x ? x[b->in[k] + row] : 1, dy[k * b->step], part);
  }
  if (!b->ends) *chain = part;
  if (b->ends) *sum = b->first ? part : *sum + part;
}

static void TYPED(channel_windows)(const sp_window_block *b, const void *values, const void *slopes, void *chains,
                                   void *sums) {
  const REAL *x = values, *dy = slopes;
  REAL *chain = chains, *sum = sums;
  int64_t j = 0;
  for (; j + WIDTH <= b->columns; j += WIDTH) {
    int64_t i = 0;
    for (; i + NARROW <= b->rows; i += NARROW) {
      TYPED(channel_window_tile)(NARROW, b, i, x + j, dy + j, chain + j, sum + j);
    }
    for (; i + 3 <= b->rows; i += 3) TYPED(channel_window_tile)(3, b, i, x + j, dy + j, chain + j, sum + j);
    for (; i < b->rows; i++) TYPED(channel_window_tile)(1, b, i, x + j, dy + j, chain + j, sum + j);
  }
  for (; j < b->columns; j++) {
    for (int64_t i = 0; i < b->rows; i++) {
      const int64_t at = i * b->row_step + j;
      TYPED(channel_window)(b, b->row[i], x + j, dy + j, chain + at, sum + at);
    }
  }
}

/// The sums of `vectors` vectors of columns.
SP_INLINE void TYPED(sum_tile)(int vectors, const sp_window_block *b, const REAL *dy, REAL *chain, REAL *sum) {
  VECTOR part[NARROW];
  SP_UNROLL
  for (int v = 0; v < vectors; v++) part[v] = b->begins ? ZERO : LOAD(chain + v * WIDTH);
  for (int64_t k = 0; k < b->windows; k++, dy += b->step) {
    SP_UNROLL
    for (int v = 0; v < vectors; v++) part[v] = ADD(part[v], LOAD(dy + v * WIDTH));
  }
  SP_UNROLL
  for (int v = 0; v < vectors; v++) TYPED(leave)(b, part[v], chain + v * WIDTH, sum + v * WIDTH);
}

static void TYPED(column_sums)(const sp_window_block *b, const void *slopes, void *chains, void *sums) {
  const REAL *dy = slopes;
  REAL *chain = chains, *sum = sums;
  int64_t j = 0;
  for (; j + 4 * WIDTH <= b->columns; j += 4 * WIDTH) TYPED(sum_tile)(4, b, dy + j, chain + j, sum + j);
  for (; j + WIDTH <= b->columns; j += WIDTH) TYPED(sum_tile)(1, b, dy + j, chain + j, sum + j);
  for (; j < b->columns; j++) TYPED(channel_window)(b, 0, NULL, dy + j, chain + j, sum + j);
}

#undef VECTOR
#undef WIDTH
#undef LOAD
#undef STORE
#undef ADD
#undef FUSED
#undef ZERO
