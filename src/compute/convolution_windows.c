// SPDX-License-Identifier: Apache-2.0
// The windows of a convolution: chunks, offsets, padded copies.
#include "compute/convolution_windows.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

// A chunk fits into the second level of every cache, together with the weights, and its offsets into the first.
enum { CHUNK_BYTES = 1 << 17, CHUNK_WINDOWS = 1 << 11 };

/// Returns the positions along an axis that some windows reach, from the first one's first tap on.
static int64_t reach(const sp_window_axis *axis, int64_t windows) {
  return (windows - 1) * axis->step + (axis->taps - 1) * axis->dilation + 1;
}

static bool beyond(const sp_window_axis *axis) {
  return axis->start < 0 || axis->start + reach(axis, axis->windows) > axis->in;
}

int64_t sp_windows_taps(const sp_windows *w) { return w->axis[0].taps * w->axis[1].taps * w->axis[2].taps; }

int64_t sp_windows_of_line(const sp_windows *w) { return w->axis[1].windows * w->axis[2].windows; }

static sp_status too_large(void) { return sp_fail(SP_ERR_MEMORY, "a convolution is larger than can be addressed"); }

/// Choose the chunks.
static sp_status cut(sp_windows *w, int64_t results, size_t size) {
  const sp_window_axis *first = &w->axis[0];
  int64_t plane, line, bytes, all;
  if (!sp_multiply_size(w->extent[1] * w->extent[2], w->kept, &plane) ||
      !sp_multiply_size(sp_windows_of_line(w), results, &line) || !sp_multiply_size(plane, w->extent[0], &all) ||
      !sp_multiply_size(all, (int64_t)size, &bytes) || !sp_multiply_size(line, first->windows * (int64_t)size, &all) ||
      !sp_add_size(bytes, all, &all)) {
    return too_large();
  }
  const int64_t most = CHUNK_WINDOWS / (first->windows * sp_windows_of_line(w));
  w->samples = all < CHUNK_BYTES ? CHUNK_BYTES / all : 1;
  if (w->samples > most) w->samples = most > 1 ? most : 1;
  w->lines = first->windows;
  if (all > CHUNK_BYTES) {
    int64_t each = (plane * first->step + line) * (int64_t)size;
    int64_t around = plane * (reach(first, 1) - first->step) * (int64_t)size;
    int64_t lines = (CHUNK_BYTES - around) / each;
    w->lines = lines < 1 ? 1 : lines < w->lines ? lines : w->lines;
  }
  w->values = w->copied ? plane * (w->samples > 1 ? w->samples * w->extent[0] : reach(first, w->lines)) : 0;
  return SP_OK;
}

static void fill_windows(sp_windows *w) {
  const sp_window_axis *a = w->axis;
  const int64_t step = w->copied ? w->kept : w->channels;
  int64_t *next = w->window;
  for (int64_t s = 0; s < w->samples; s++) {
    for (int64_t i = 0; i < w->lines; i++) {
      for (int64_t j = 0; j < a[1].windows; j++) {
        for (int64_t k = 0; k < a[2].windows; k++) {
          *next++ =
              (((s * w->extent[0] + i * a[0].step) * w->extent[1] + j * a[1].step) * w->extent[2] + k * a[2].step) *
              step;
        }
      }
    }
  }
  next = w->tap;
  for (int64_t i = 0; i < a[0].taps; i++) {
    for (int64_t j = 0; j < a[1].taps; j++) {
      for (int64_t k = 0; k < a[2].taps; k++) {
        *next++ = ((i * a[0].dilation * w->extent[1] + j * a[1].dilation) * w->extent[2] + k * a[2].dilation) * step;
      }
    }
  }
}

sp_status sp_windows_create(const sp_window_axis axis[SP_CONVOLUTION_AXES], int64_t channels, int64_t kept,
                            int64_t results, size_t size, sp_windows *w) {
  *w = (sp_windows){.channels = channels, .kept = kept, .copied = kept < channels};
  for (int i = 0; i < SP_CONVOLUTION_AXES; i++) {
    w->axis[i] = axis[i];
    w->copied |= beyond(&axis[i]);
  }
  for (int i = 0; i < SP_CONVOLUTION_AXES; i++) {
    w->extent[i] = w->copied ? reach(&axis[i], axis[i].windows) : axis[i].in;
  }
  SP_TRY(cut(w, results, size));
  int64_t windows = w->samples * w->lines * sp_windows_of_line(w);
  SP_TRY(sp_allocate(windows, sizeof *w->window, "windows of a convolution", &w->window));
  SP_TRY(sp_allocate(sp_windows_taps(w), sizeof *w->tap, "windows of a convolution", &w->tap));
  fill_windows(w);
  return SP_OK;
}

void sp_windows_free(sp_windows *w) {
  free(w->window);
  free(w->tap);
}

bool sp_windows_next(const sp_windows *w, int64_t begin, int64_t end, sp_chunk *chunk) {
  const int64_t lines = w->axis[0].windows;
  if (chunk->samples == 0) {
    *chunk = (sp_chunk){.sample = begin};
  } else if (chunk->line + chunk->lines < lines) {
    chunk->line += chunk->lines;
  } else {
    chunk->sample += chunk->samples;
    chunk->line = 0;
  }
  if (chunk->sample >= end) return false;
  chunk->samples = end - chunk->sample < w->samples ? end - chunk->sample : w->samples;
  chunk->lines = lines - chunk->line < w->lines ? lines - chunk->line : w->lines;
  return true;
}

// --- copies -------------------------------------------------------------------------------------------------------

/// Copy one row of positions along the last axis, from position `start` on.
static void copy_row(const sp_windows *w, int64_t channels, size_t size, const char *from, char *to) {
  const sp_window_axis *axis = &w->axis[2];
  const int64_t extent = w->extent[2];
  const size_t step = (size_t)w->kept * size, source = (size_t)w->channels * size;
  int64_t first = axis->start < 0 ? -axis->start : 0, end = axis->in - axis->start;
  if (end > extent) end = extent;
  if (end < first) end = first = 0;
  memset(to, 0, (size_t)first * step);
  memset(to + (size_t)end * step, 0, (size_t)(extent - end) * step);
  if (step == source) {
    memcpy(to + (size_t)first * step, from + (axis->start + first) * (int64_t)source, (size_t)(end - first) * step);
    return;
  }
  for (int64_t i = first; i < end; i++) {
    memcpy(to + (size_t)i * step, from + (axis->start + i) * (int64_t)source, (size_t)channels * size);
  }
}

static bool within(int64_t position, const sp_window_axis *axis) { return position >= 0 && position < axis->in; }

static void copy_sample(const sp_windows *w, int64_t line, int64_t lines, int64_t channels, size_t size,
                        const char *sample, char *to) {
  const sp_window_axis *a = w->axis;
  const size_t row = (size_t)(w->extent[2] * w->kept) * size;
  const int64_t source = a[2].in * w->channels * (int64_t)size;
  const int64_t start = a[0].start + line * a[0].step, height = reach(&a[0], lines);
  for (int64_t i = start; i < start + height; i++) {
    for (int64_t j = a[1].start; j < a[1].start + w->extent[1]; j++, to += row) {
      if (within(i, &a[0]) && within(j, &a[1])) {
        copy_row(w, channels, size, sample + (i * a[1].in + j) * source, to);
      } else {
        memset(to, 0, row);
      }
    }
  }
}

const void *sp_windows_read(const sp_windows *w, const sp_chunk *chunk, int64_t channel, size_t size, const void *x,
                            void *copy) {
  const sp_window_axis *a = w->axis;
  const int64_t sample = a[0].in * a[1].in * a[2].in * w->channels;
  const char *from = (const char *)x + (chunk->sample * sample + channel) * (int64_t)size;
  if (!w->copied) {
    const int64_t line = a[0].start + chunk->line * a[0].step;
    return from + ((line * a[1].in + a[1].start) * a[2].in + a[2].start) * w->channels * (int64_t)size;
  }
  const int64_t rest = w->channels - channel, channels = rest < w->kept ? rest : w->kept;
  const int64_t step = w->extent[0] * w->extent[1] * w->extent[2] * w->kept;
  for (int64_t i = 0; i < chunk->samples; i++) {
    copy_sample(w, chunk->line, chunk->lines, channels, size, from + i * sample * (int64_t)size,
                (char *)copy + i * step * (int64_t)size);
  }
  return copy;
}

sp_ahead sp_windows_ahead(const sp_windows *w, const sp_chunk *chunk, size_t size, const void *x) {
  const sp_window_axis *a = w->axis;
  const int64_t line = a[1].in * a[2].in * w->channels * (int64_t)size;
  const bool whole = chunk->lines == a[0].windows;
  const int64_t lines = whole ? chunk->samples * a[0].in : chunk->lines * a[0].step;
  const int64_t next = chunk->sample * a[0].in + chunk->line * a[0].step + lines;
  return (sp_ahead){(const char *)x + next * line, lines * line};
}
