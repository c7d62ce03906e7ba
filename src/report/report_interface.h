// SPDX-License-Identifier: Apache-2.0
// What a report is: an observer of every run, which the session opens by itself. To add one (TensorBoard, say): a file
// that defines an sp_report_type, and a line in report_list.h.
#ifndef SP_REPORT_REPORT_INTERFACE_H
#define SP_REPORT_REPORT_INTERFACE_H

#include "train/observer.h"
#include "train/run_config.h"

/// What a report is opened with. All is borrowed until `open` returns.
typedef struct sp_report_start {
  const char *directory;  ///< of the run; this job has locked it
  const sp_report_options *options;
  int ranks;
  const char *hosts;  ///< of all nodes, separated by blanks
} sp_report_start;

typedef struct sp_report_type {
  /// Called on rank 0 as soon as the directory belongs to this job. Files that a failure to train should leave untouched
  /// are opened by the event `begin`. *context is freed by the event `close`.
  sp_status (*open)(const sp_report_start *start, void **context);
  sp_observer_type events;
} sp_report_type;

#define SP_REPORT(name) extern const sp_report_type sp_report_##name;
#include "report/report_list.h"
#undef SP_REPORT

#endif
