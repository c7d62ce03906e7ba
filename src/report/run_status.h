// SPDX-License-Identifier: Apache-2.0
// The state of a run, read from its directory, while it is in progress or after it has ended or crashed, on any machine.
// The files are not trusted: each may be missing, old or damaged.
#ifndef SP_REPORT_RUN_STATUS_H
#define SP_REPORT_RUN_STATUS_H

#include "report/status_file.h"

typedef struct sp_run_status {
  /// The contents of status.json, or else of metrics.jsonl; the checkpoint is the newest in checkpoints/. A state "running" is
  /// replaced by "crashed" if the run's process no longer exists, or if a run on another machine has written nothing for a
  /// minute. The state is "unknown" if neither file is readable.
  sp_status_record record;
  double now;      ///< calendar time
  double word;     ///< calendar time at which the run last wrote a file; NaN: unknown
  char note[200];  ///< explanation of the state; may be empty
} sp_run_status;

/// Read the state of the run in a directory. Collective: no. Errors: SP_ERR_USAGE if there is no run.
sp_status sp_run_status_read(const char *directory, sp_run_status *out);

/// Append a table.
void sp_run_status_describe(const char *directory, const sp_run_status *status, sp_text *out);
/// Append one line.
void sp_run_status_line(const sp_run_status *status, sp_text *out);
/// Append a JSON object on one line: run, the members of status.json, note, status_age, checkpoint_age.
void sp_run_status_json(const char *directory, const sp_run_status *status, sp_text *out);

#endif
