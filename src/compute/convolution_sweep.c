// SPDX-License-Identifier: Apache-2.0
// Sweeps: packed weights, blocks of terms as runs, and the loop over chunks, panels and blocks.
#include "compute/convolution_sweep.h"

#include <stdlib.h>

#include "base/memory.h"

enum { SHORT_RUN = 8 };  // terms in a run, on average: below, a loop over terms is faster than one over runs

static int64_t round_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

// --- packed weights -----------------------------------------------------------------------------------------------

/// Returns the columns of a panel that begins at `column`, with those behind the last one that fill its vectors.
static int64_t padded(const sp_sweep *s, int64_t column) {
  const int64_t rest = s->shape.columns - column, width = s->kernels->width;
  return rest > width ? 2 * width : width;
}

static int64_t group_values(const sp_sweep *s) {
  return sp_windows_taps(&s->windows) * s->shape.terms * round_up(s->shape.columns, s->kernels->width);
}

static void pack_panel(const sp_sweep *s, int64_t group, int64_t column, int64_t columns, const char *w, char *to) {
  const sp_sweep_shape *shape = &s->shape;
  const int64_t wide = padded(s, column), size = (int64_t)s->size;
  for (int64_t t = 0; t < sp_windows_taps(&s->windows); t++, to += shape->terms * wide * size) {
    const int64_t at = s->tap[t] * shape->tap_step + group * shape->group_step + column * shape->column_step;
    s->kernels->pack(shape->terms, shape->term_step, columns, shape->column_step, wide, w + at * size, to);
  }
}

static void pack(const sp_sweep *s, const char *w, char *to) {
  const int64_t terms = sp_windows_taps(&s->windows) * s->shape.terms, panel = 2 * s->kernels->width;
  const int64_t size = (int64_t)s->size;
  if (s->by_channel) {
    for (int64_t t = 0; t < terms; t++, to += s->shape.groups * size) {
      s->kernels->pack(1, 0, s->shape.groups, s->shape.group_step, s->shape.groups,
                       w + s->tap[t] * s->shape.tap_step * size, to);
    }
    return;
  }
  for (int64_t group = 0; group < s->shape.groups; group++) {
    for (int64_t column = 0; column < s->shape.columns; column += panel) {
      int64_t rest = s->shape.columns - column;
      pack_panel(s, group, column, rest < panel ? rest : panel, w,
                 to + (group * group_values(s) + column * terms) * size);
    }
  }
}

// --- prepare ------------------------------------------------------------------------------------------------------

static void fill_taps(sp_sweep *s) {
  const sp_sweep_axis *a = s->shape.axis;
  int64_t *next = s->tap;
  for (int64_t i = 0; i < a[0].window.taps; i++) {
    for (int64_t j = 0; j < a[1].window.taps; j++) {
      for (int64_t k = 0; k < a[2].window.taps; k++) {
        *next++ = ((a[0].kernel + i * a[0].kernel_step) * s->shape.kernel[1] + a[1].kernel + j * a[1].kernel_step) *
                      s->shape.kernel[2] +
                  a[2].kernel + k * a[2].kernel_step;
      }
    }
  }
}

/// Divide the terms into blocks, and each block into runs of terms that are adjacent in memory.
static void fill_runs(sp_sweep *s) {
  int64_t run = -1, term = 0;
  for (int64_t t = 0; t < sp_windows_taps(&s->windows); t++) {
    int64_t offset = s->windows.tap[t], left = s->shape.terms;
    while (left > 0) {
      const bool begins = term % SP_PRODUCT_BLOCK == 0;
      int64_t length = SP_PRODUCT_BLOCK - term % SP_PRODUCT_BLOCK;
      if (length > left) length = left;
      if (begins) s->block[term / SP_PRODUCT_BLOCK] = run + 1;
      if (!begins && !s->by_channel && s->run[run].offset + s->run[run].length == offset) {
        s->run[run].length += length;
      } else {
        s->run[++run] = (sp_term_run){offset, length};
      }
      offset += length;
      left -= length;
      term += length;
    }
  }
  s->block[s->blocks] = run + 1;
}

static void fill_terms(sp_sweep *s) {
  int64_t *next = s->term;
  for (int64_t i = 0; i < s->block[s->blocks]; i++) {
    for (int64_t j = 0; j < s->run[i].length; j++) *next++ = s->run[i].offset + j;
  }
}

static void fill_out(sp_sweep *s) {
  const sp_sweep_axis *a = s->shape.axis;
  const int64_t values = s->shape.groups * s->shape.columns;
  int64_t *next = s->out;
  for (int64_t sample = 0; sample < s->windows.samples; sample++) {
    for (int64_t i = 0; i < s->windows.lines; i++) {
      for (int64_t j = 0; j < a[1].window.windows; j++) {
        for (int64_t k = 0; k < a[2].window.windows; k++) {
          const int64_t line = sample * a[0].place_extent + a[0].place + i * a[0].place_step;
          *next++ = ((line * a[1].place_extent + a[1].place + j * a[1].place_step) * a[2].place_extent + a[2].place +
                     k * a[2].place_step) *
                    values;
        }
      }
    }
  }
}

sp_status sp_sweep_create(const sp_sweep_shape *shape, const sp_convolution_functions *kernels, size_t size,
                          sp_sweep *s) {
  const sp_sweep_axis *a = shape->axis;
  const sp_window_axis axis[SP_CONVOLUTION_AXES] = {a[0].window, a[1].window, a[2].window};
  const int64_t channels = shape->groups * shape->terms;
  *s = (sp_sweep){.shape = *shape, .kernels = kernels, .size = size};
  s->by_channel = shape->groups > 1 && shape->terms == 1 && shape->columns == 1;
  SP_TRY(sp_windows_create(axis, channels, channels, shape->groups * shape->columns, size, &s->windows));
  const int64_t taps = sp_windows_taps(&s->windows), terms = taps * shape->terms;
  const int64_t windows = s->windows.samples * s->windows.lines * sp_windows_of_line(&s->windows);
  s->blocks = (terms - 1) / SP_PRODUCT_BLOCK + 1;
  s->packed = s->by_channel ? terms * shape->groups : shape->groups * group_values(s);
  SP_TRY(sp_allocate(windows, sizeof *s->out, "windows of a convolution", &s->out));
  SP_TRY(sp_allocate(taps, sizeof *s->tap, "taps of a convolution", &s->tap));
  SP_TRY(sp_allocate(taps + s->blocks, sizeof *s->run, "taps of a convolution", &s->run));
  SP_TRY(sp_allocate(s->blocks + 1, sizeof *s->block, "taps of a convolution", &s->block));
  fill_taps(s);
  fill_runs(s);
  fill_out(s);
  if (s->by_channel || terms >= SHORT_RUN * s->block[s->blocks]) return SP_OK;
  SP_TRY(sp_allocate(terms, sizeof *s->term, "taps of a convolution", &s->term));
  fill_terms(s);
  return SP_OK;
}

void sp_sweep_free(sp_sweep *s) {
  sp_windows_free(&s->windows);
  free(s->out);
  free(s->tap);
  free(s->run);
  free(s->term);
  free(s->block);
}

// --- run ----------------------------------------------------------------------------------------------------------

static int64_t packed_bytes(const sp_sweep *s) { return round_up(s->packed * (int64_t)s->size, 64); }

int64_t sp_sweep_scratch(const sp_sweep *s) { return packed_bytes(s) + s->windows.values * (int64_t)s->size; }

static const char *at(const void *values, int64_t offset, const sp_sweep *s) {
  return (const char *)values + offset * (int64_t)s->size;
}

static sp_panel_block block_of(const sp_sweep *s, int64_t windows, int64_t block, int64_t columns) {
  const int64_t rest = sp_windows_taps(&s->windows) * s->shape.terms - block * SP_PRODUCT_BLOCK;
  return (sp_panel_block){.windows = windows,
                          .in = s->windows.window,
                          .out = s->out,
                          .run = s->run + s->block[block],
                          .runs = s->block[block + 1] - s->block[block],
                          .term = s->term ? s->term + block * SP_PRODUCT_BLOCK : NULL,
                          .terms = rest < SP_PRODUCT_BLOCK ? rest : SP_PRODUCT_BLOCK,
                          .columns = columns,
                          .first = block == 0};
}

static void run_channels(const sp_sweep *s, int64_t windows, const char *x, const char *packed, const char *bias,
                         char *y) {
  for (int64_t block = 0; block < s->blocks; block++) {
    const sp_panel_block b = block_of(s, windows, block, s->shape.groups);
    s->kernels->channels(&b, s->shape.groups, x, at(packed, block * SP_PRODUCT_BLOCK * s->shape.groups, s),
                         block == s->blocks - 1 ? bias : NULL, y);
  }
}

/// The columns of a panel, block after block, so that the weights of a block stay in the first level of the cache.
static void run_panel(const sp_sweep *s, int64_t windows, int64_t column, const char *x, const char *packed,
                      const char *bias, char *y, const sp_ahead *ahead) {
  const int64_t wide = padded(s, column), rest = s->shape.columns - column;
  for (int64_t block = 0; block < s->blocks; block++) {
    sp_panel_block b = block_of(s, windows, block, rest < wide ? rest : wide);
    if (ahead && block == 0) b.ahead = ahead->from, b.ahead_step = ahead->bytes / windows;
    s->kernels->panel(&b, x, at(packed, block * SP_PRODUCT_BLOCK * wide, s), block == s->blocks - 1 ? bias : NULL, y);
  }
}

static void run_group(const sp_sweep *s, int64_t windows, int64_t group, const char *x, const char *packed,
                      const char *bias, char *y, const sp_ahead *ahead) {
  const int64_t terms = sp_windows_taps(&s->windows) * s->shape.terms;
  for (int64_t column = 0; column < s->shape.columns; column += 2 * s->kernels->width) {
    const int64_t to = (group * s->shape.columns + column) * (int64_t)s->size;
    run_panel(s, windows, column, at(x, group * s->shape.terms, s),
              at(packed, group * group_values(s) + column * terms, s), bias ? bias + to : NULL, y + to,
              group == 0 && column == 0 ? ahead : NULL);
  }
}

void sp_sweep_run(const sp_sweep *s, int64_t rows, const void *x, const void *w, const void *bias, void *y,
                  void *scratch) {
  const sp_sweep_axis *a = s->shape.axis;
  const int64_t line = a[1].place_extent * a[2].place_extent * s->shape.groups * s->shape.columns;
  char *packed = scratch;
  sp_chunk chunk = {0};
  pack(s, w, packed);
  while (sp_windows_next(&s->windows, 0, rows, &chunk)) {
    const int64_t windows = chunk.samples * chunk.lines * sp_windows_of_line(&s->windows);
    const int64_t first = chunk.sample * a[0].place_extent + chunk.line * a[0].place_step;
    const char *from = sp_windows_read(&s->windows, &chunk, 0, s->size, x, packed + packed_bytes(s));
    char *to = (char *)y + first * line * (int64_t)s->size;
    if (s->by_channel) {
      run_channels(s, windows, from, packed, bias, to);
      continue;
    }
    const sp_ahead ahead = sp_windows_ahead(&s->windows, &chunk, s->size, x);
    for (int64_t group = 0; group < s->shape.groups; group++) {
      run_group(s, windows, group, from, packed, bias, to, &ahead);
    }
  }
}
