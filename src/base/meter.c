// SPDX-License-Identifier: Apache-2.0
// A progress line on stderr.
#include "base/meter.h"

#include <stdio.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "base/visible.h"

static const double silence = 2, redraw_after = 0.1, repeat_after = 5;  // seconds

void sp_meter_begin(sp_meter *progress, const char *what, int64_t total) {
  double now = sp_clock();
  *progress = (sp_meter){.unit = progress->unit, .what = what, .total = total, .started = now};
  progress->shown = now + silence - (isatty(STDERR_FILENO) ? redraw_after : repeat_after);
}

/// "47.0 MB", "48,000 rows" into a buffer of 64 bytes; returns it.
static const char *amount(const sp_meter *progress, int64_t count, char *buffer) {
  char number[32];
  if (!progress->unit) return sp_text_bytes(count, buffer);
  snprintf(buffer, 64, "%s %.20s", sp_text_count(count, number), progress->unit);
  return buffer;
}

static void show(sp_meter *progress, double now) {
  char done[64], rate[64], left[32], line[500];
  double speed = (double)progress->done / (now - progress->started);
  amount(progress, (int64_t)speed, rate);
  if (progress->total > 0) {
    double share = (double)progress->done / (double)progress->total;
    sp_text_duration((double)(progress->total - progress->done) / speed, left);
    snprintf(line, sizeof line, "%.300s: %.0f %%, %s/s, %s left", progress->what, 100 * share, rate, left);
  } else {
    snprintf(line, sizeof line, "%.300s: %s, %s/s", progress->what, amount(progress, progress->done, done), rate);
  }
  char shown[sizeof line];
  sp_visible_copy(line, false, shown, sizeof shown);
  if (isatty(STDERR_FILENO)) {
    fprintf(stderr, "\rshardprop: %s\033[K", shown);
    progress->drawn = true;
  } else {
    sp_info("%s", shown);
  }
}

void sp_meter_reach(sp_meter *progress, int64_t done) {
  progress->done = done;
  double now = sp_clock();
  if (now - progress->shown < (isatty(STDERR_FILENO) ? redraw_after : repeat_after)) return;
  progress->shown = now;
  if (sp_log_get_level() >= SP_LOG_INFO && progress->what) show(progress, now);
}

void sp_meter_end(sp_meter *progress) {
  if (progress->drawn) fputs("\r\033[K", stderr);
  progress->drawn = false;
  progress->what = NULL;
}
