// SPDX-License-Identifier: Apache-2.0
// How far a long piece of work has come: a line on stderr.
#ifndef SP_BASE_METER_H
#define SP_BASE_METER_H

#include <stdbool.h>
#include <stdint.h>

/// Work is counted in bytes, or in what `unit` names. On a terminal one line is redrawn ten times a second, elsewhere a plain line comes every
/// five seconds; work of less than two seconds is done in silence, and so is all work below SP_LOG_INFO.
typedef struct sp_meter {
  const char *unit;  ///< "rows"; NULL: bytes
  const char *what;  ///< borrowed
  int64_t total, done;
  double started, shown;
  bool drawn;  ///< a line stands on the terminal
} sp_meter;

/// Begin a piece of work; `total` below 1 when it is not known. `what` is borrowed until the end.
void sp_meter_begin(sp_meter *progress, const char *what, int64_t total);
/// So much is done in all.
void sp_meter_reach(sp_meter *progress, int64_t done);
/// Take the line away again, and let go of `what`. Fine without a beginning.
void sp_meter_end(sp_meter *progress);

#endif
