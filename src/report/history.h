// SPDX-License-Identifier: Apache-2.0
// The records of a run in metrics.jsonl as series of numbers, for plots. The file is checked, not trusted.
#ifndef SP_REPORT_HISTORY_H
#define SP_REPORT_HISTORY_H

#include <stdint.h>

#include "shardprop/status.h"

typedef enum sp_series_kind {
  SP_SERIES_STEP,       ///< of a step's batch, before its update; includes "lr"
  SP_SERIES_TRAINING,   ///< mean over an epoch; includes "seconds" and "rows_per_second"
  SP_SERIES_VALIDATION  ///< after an epoch
} sp_series_kind;

typedef struct sp_point {
  int64_t step, epoch;
  double value;  ///< NaN: the value was not finite
} sp_point;

typedef struct sp_series {
  sp_series_kind kind;
  char *name;
  sp_point *point;  ///< steps ascend
  int64_t count, capacity;
} sp_series;

typedef struct sp_history {
  sp_series *series;
  int64_t count;
  int64_t damaged;  ///< number of unreadable lines; an incomplete last line, which is being written, does not count
} sp_history;

/// Read `directory`/metrics.jsonl, also while the run is in progress. If a step was recorded twice, the later record counts,
/// and records after the earlier one are dropped, as a resumed run does.
/// Collective: no. Ownership: the caller frees the history with sp_history_free.
/// Errors: SP_ERR_USAGE if there is no run; SP_ERR_DATA if the path is not a file; SP_ERR_IO, SP_ERR_MEMORY.
sp_status sp_history_read(const char *directory, sp_history *out);
void sp_history_free(sp_history *history);

/// Returns the series of that name and kind, or NULL.
const sp_series *sp_history_find(const sp_history *history, sp_series_kind kind, const char *name);

#endif
