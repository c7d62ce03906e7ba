// SPDX-License-Identifier: Apache-2.0
// Where a run stands, as its directory tells: also while it goes on, after it died, and on another machine.
// Nothing found there is trusted: each file may be missing, old or damaged.
#ifndef SP_REPORT_RUN_STATUS_H
#define SP_REPORT_RUN_STATUS_H

#include "report/status_file.h"

typedef struct sp_run_status {
  /// What status.json says, else what metrics.jsonl does; the checkpoint is the newest in checkpoints/. A state "running"
  /// has become "crashed" when the run's process is gone, or nothing was heard for long from one on another machine;
  /// "unknown" when nothing tells.
  sp_status_record record;
  double now;      ///< calendar
  double word;     ///< when the run last wrote something, calendar; NaN: unknown
  char note[200];  ///< what else there is to say of the state; may be empty
} sp_run_status;

/// Collective: no. Errors: SP_ERR_USAGE when there is no run in the directory.
sp_status sp_run_status_read(const char *directory, sp_run_status *out);

/// Append a table for people.
void sp_run_status_describe(const char *directory, const sp_run_status *status, sp_text *out);
/// Append one line.
void sp_run_status_line(const sp_run_status *status, sp_text *out);
/// Append a JSON object in one line: run, the members of status.json, note, word_age, checkpoint_age.
void sp_run_status_json(const char *directory, const sp_run_status *status, sp_text *out);

#endif
