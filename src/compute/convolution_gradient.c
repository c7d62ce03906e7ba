// SPDX-License-Identifier: Apache-2.0
// Gradients of weights: parts of the weights, lanes, chunks of a lane, blocks of windows.
#include "compute/convolution_gradient.h"

#include <string.h>

#include "base/memory.h"

enum {
  PART_BYTES = 5 << 14,  // of the sums of a part: they fit into the second level of every cache
  PART_FILTERS = 64,     // of a part
  PART_CHANNELS = 16     // the channels of a part are a multiple of it, unless they are fewer
};

static int64_t round_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// --- prepare ------------------------------------------------------------------------------------------------------

static int64_t depth_of(const sp_convolution_shape *s) { return s->channels / s->groups; }
static int64_t width_of(const sp_convolution_shape *s) { return s->filters / s->groups; }

static void choose_part(sp_weight_gradient *g) {
  const sp_convolution_shape *s = &g->shape;
  g->by_channel = s->groups > 1 && depth_of(s) == 1 && width_of(s) == 1;
  if (g->by_channel) {
    g->channels = g->filters = g->columns = s->groups;
    return;
  }
  g->filters = smaller(width_of(s), PART_FILTERS);
  g->columns = round_up(g->filters, g->kernels->width);
  const int64_t most = PART_BYTES / (sp_positions(s->kernel) * g->columns * (int64_t)g->size);
  g->channels = depth_of(s);
  if (most >= g->channels) return;
  g->channels = most < 1 ? 1 : most < PART_CHANNELS ? most : most / PART_CHANNELS * PART_CHANNELS;
}

sp_status sp_weight_gradient_create(const sp_convolution_shape *shape, const sp_window_axis axis[SP_CONVOLUTION_AXES],
                                    const sp_convolution_functions *kernels, size_t size, sp_weight_gradient *g) {
  *g = (sp_weight_gradient){.shape = *shape, .kernels = kernels, .size = size};
  choose_part(g);
  return sp_windows_create(axis, shape->channels, g->channels, g->filters, size, &g->windows);
}

void sp_weight_gradient_free(sp_weight_gradient *g) { sp_windows_free(&g->windows); }

// --- scratch memory -----------------------------------------------------------------------------------------------

// The sums of a part are a row for each kernel position and channel, followed by one for the bias.

static int64_t most_rows(const sp_weight_gradient *g) {
  return sp_positions(g->shape.kernel) * (g->by_channel ? 1 : g->channels);
}

static int64_t sum_bytes(const sp_weight_gradient *g) {
  return round_up((most_rows(g) + 1) * g->columns * (int64_t)g->size, 64);
}

static int64_t row_bytes(const sp_weight_gradient *g) { return round_up(most_rows(g) * (int64_t)sizeof(int64_t), 64); }

static int64_t slope_bytes(const sp_weight_gradient *g) {
  return g->by_channel ? 0 : round_up(SP_PRODUCT_BLOCK * g->columns * (int64_t)g->size, 64);
}

int64_t sp_weight_gradient_scratch(const sp_weight_gradient *g) {
  return (SP_LANE_SUMS + 1) * sum_bytes(g) + row_bytes(g) + slope_bytes(g) + g->windows.values * (int64_t)g->size;
}

// --- one part -----------------------------------------------------------------------------------------------------

/// The part that is being computed: channels [channel, channel + channels) by filters [filter, filter + filters).
typedef struct part {
  const sp_weight_gradient *gradient;
  int64_t channel, channels, filter, filters;
  int64_t rows;  // of sums, without that of the bias
  bool bias;     // it has the sums for the bias
  int64_t *row;
  char *chain, *sums, *slopes, *copy;
} part;

static char *sum_at(const part *p, int place) { return p->sums + place * sum_bytes(p->gradient); }

static int64_t columns_of(const part *p) {
  return p->gradient->by_channel ? p->filters : round_up(p->filters, p->gradient->kernels->width);
}

static void fill_rows(const part *p) {
  const sp_weight_gradient *g = p->gradient;
  int64_t *next = p->row;
  for (int64_t t = 0; t < sp_windows_taps(&g->windows); t++) {
    for (int64_t c = 0; c < (g->by_channel ? 1 : p->channels); c++) *next++ = g->windows.tap[t] + c;
  }
}

/// Copy the values of dy for some windows in panels of columns, so that each panel is contiguous.
static void pack_slopes(const part *p, int64_t windows, const char *dy) {
  const sp_weight_gradient *g = p->gradient;
  const int64_t panel = 2 * g->kernels->width, size = (int64_t)g->size;
  char *to = p->slopes;
  for (int64_t j = 0; j < p->filters; j += panel) {
    const int64_t rest = p->filters - j, wide = rest > g->kernels->width ? panel : g->kernels->width;
    g->kernels->pack(windows, g->shape.filters, smaller(rest, wide), 1, wide, dy + j * size, to);
    to += windows * wide * size;
  }
}

/// Windows of a block, all of them in one chunk.
static void run_windows(const part *p, sp_window_block b, const char *x, const char *dy, char *sum) {
  const sp_weight_gradient *g = p->gradient;
  const int64_t size = (int64_t)g->size, columns = columns_of(p), bias = p->rows * g->columns * size;
  const int64_t panel = 2 * g->kernels->width;
  b.row = p->row;
  b.row_step = g->columns;
  b.rows = p->rows;
  b.step = g->shape.filters;
  b.columns = p->filters;
  b.ahead[0] = dy + b.windows * b.step * size;
  b.ahead_step[0] = b.windows * b.step * size / p->rows;
  if (p->bias) g->kernels->column_sums(&b, dy, p->chain + bias, sum + bias);
  if (g->by_channel) {
    g->kernels->channel_windows(&b, x, dy, p->chain, sum);
    return;
  }
  const bool packed = p->filters < g->shape.filters || p->filters > panel || p->filters % g->kernels->width != 0;
  if (packed) pack_slopes(p, b.windows, dy);
  const char *slopes = packed ? p->slopes : dy;
  for (int64_t j = 0; j < columns; j += panel) {
    b.columns = b.step = smaller(columns - j, panel);
    if (j > 0) b.ahead_step[0] = 0;
    g->kernels->windows(&b, x, slopes, p->chain + j * size, sum + j * size);
    slopes += b.windows * b.step * size;
  }
}

/// The sums of one lane.
static void run_lane(const part *p, int64_t begin, int64_t end, const char *x, const char *dy, char *sum) {
  const sp_weight_gradient *g = p->gradient;
  const int64_t of_line = sp_windows_of_line(&g->windows), of_sample = sp_positions(g->shape.out);
  const int64_t all = (end - begin) * of_sample;
  int64_t done = 0;
  sp_chunk chunk = {0};
  if (all == 0) memset(sum, 0, (size_t)sum_bytes(g));
  while (sp_windows_next(&g->windows, begin, end, &chunk)) {
    const int64_t first = chunk.sample * of_sample + chunk.line * of_line;
    const int64_t windows = chunk.samples * chunk.lines * of_line;
    const char *from = sp_windows_read(&g->windows, &chunk, p->channel, g->size, x, p->copy);
    const sp_ahead ahead = sp_windows_ahead(&g->windows, &chunk, g->size, x);
    for (int64_t i = 0, count; i < windows; i += count, done += count) {
      const int64_t in_block = done % SP_PRODUCT_BLOCK;
      count = smaller(SP_PRODUCT_BLOCK - in_block, windows - i);
      const sp_window_block b = {.windows = count,
                                 .in = g->windows.window + i,
                                 .ahead[1] = ahead.from + ahead.bytes * i / windows,
                                 .ahead_step[1] = ahead.bytes * count / windows / p->rows,
                                 .begins = in_block == 0,
                                 .ends = in_block + count == SP_PRODUCT_BLOCK || done + count == all,
                                 .first = done < SP_PRODUCT_BLOCK};
      run_windows(p, b, from, dy + ((first + i) * g->shape.filters + p->filter) * (int64_t)g->size, sum);
    }
  }
}

/// Copy the sums of a part to where its weights are.
static void store(const part *p, char *dw, char *db) {
  const sp_weight_gradient *g = p->gradient;
  const int64_t size = (int64_t)g->size, depth = g->by_channel ? 1 : depth_of(&g->shape);
  const int64_t channels = g->by_channel ? 1 : p->channels, first = g->by_channel ? 0 : p->channel % depth;
  const size_t bytes = (size_t)(p->filters * size);
  const char *from = p->sums;
  for (int64_t t = 0; t < sp_positions(g->shape.kernel); t++) {
    for (int64_t c = 0; c < channels; c++, from += g->columns * size) {
      memcpy(dw + ((t * depth + first + c) * g->shape.filters + p->filter) * size, from, bytes);
    }
  }
  if (p->bias) memcpy(db + p->filter * size, from, bytes);
}

static void run_part(part *p, const sp_lane_rows *rows, const char *x, const char *dy, char *dw, char *db) {
  const sp_weight_gradient *g = p->gradient;
  p->rows = sp_positions(g->shape.kernel) * (g->by_channel ? 1 : p->channels);
  fill_rows(p);
  for (int64_t lane = 0; lane < rows->lanes; lane++) {
    int place = sp_lane_place(lane);
    run_lane(p, sp_lane_begin(rows, lane), rows->end[lane], x, dy, sum_at(p, place));
    for (int left = sp_lane_additions(rows->lanes, lane); left > 0; left--, place--) {
      g->kernels->add((p->rows + p->bias) * g->columns, sum_at(p, place - 1), sum_at(p, place));
    }
  }
  store(p, dw, db);
}

// --- all parts ----------------------------------------------------------------------------------------------------

void sp_weight_gradient_run(const sp_weight_gradient *g, const sp_lane_rows *rows, const void *x, const void *dy,
                            void *dw, void *db, void *scratch) {
  const sp_convolution_shape *s = &g->shape;
  const int64_t depth = depth_of(s), width = width_of(s);
  part p = {.gradient = g, .chain = scratch};
  p.sums = p.chain + sum_bytes(g);
  p.row = (int64_t *)(void *)(p.sums + SP_LANE_SUMS * sum_bytes(g));
  p.slopes = (char *)p.row + row_bytes(g);
  p.copy = p.slopes + slope_bytes(g);
  if (g->by_channel) {
    p.channels = p.filters = s->groups;
    p.bias = db != NULL;
    run_part(&p, rows, x, dy, dw, db);
    return;
  }
  for (int64_t group = 0; group < s->groups; group++) {
    for (int64_t c = 0; c < depth; c += g->channels) {
      for (int64_t f = 0; f < width; f += g->filters) {
        p.channel = group * depth + c;
        p.channels = smaller(depth - c, g->channels);
        p.filter = group * width + f;
        p.filters = smaller(width - f, g->filters);
        p.bias = db && c == 0;
        run_part(&p, rows, x, dy, dw, db);
      }
    }
  }
}
