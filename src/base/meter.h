// SPDX-License-Identifier: Apache-2.0
// A progress line on stderr for long work.
#ifndef SP_BASE_METER_H
#define SP_BASE_METER_H

#include <stdbool.h>
#include <stdint.h>

/// Work is counted in bytes, or in the unit named by `unit`. On a terminal one line is redrawn ten times a second;
/// otherwise a line is written every five seconds. Nothing is written in the first two seconds, or if the log level is
/// below SP_LOG_INFO.
typedef struct sp_meter {
  const char *unit;  ///< "rows"; NULL: bytes
  const char *what;  ///< borrowed
  int64_t total, done;
  double started, shown;
  bool drawn;  ///< the line is on the terminal
} sp_meter;

/// Begin a piece of work of `total` units, below 1 if unknown. `what` is borrowed until sp_meter_end.
void sp_meter_begin(sp_meter *progress, const char *what, int64_t total);
/// Report that `done` units are done in total.
void sp_meter_reach(sp_meter *progress, int64_t done);
/// Remove the line, and release `what`. Does nothing without sp_meter_begin.
void sp_meter_end(sp_meter *progress);

#endif
