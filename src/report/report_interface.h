// SPDX-License-Identifier: Apache-2.0
// The interface of a report, an observer that the session opens for every run. To add one (for TensorBoard, for example), add
// a file that defines an sp_report_type and a line in report_list.h.
#ifndef SP_REPORT_REPORT_INTERFACE_H
#define SP_REPORT_REPORT_INTERFACE_H

#include "train/observer.h"
#include "train/run_config.h"

/// Arguments of `open`, borrowed until it returns.
typedef struct sp_report_start {
  const char *directory;  ///< of the run, locked by this job
  const sp_report_options *options;
  int ranks;
  const char *hosts;  ///< names of all nodes, separated by spaces
} sp_report_start;

typedef struct sp_report_type {
  /// Called on rank 0 as soon as the directory belongs to this job. Files that a failure before the training must leave
  /// unchanged are opened by the event `begin`. The event `close` frees *context.
  sp_status (*open)(const sp_report_start *start, void **context);
  sp_observer_type events;
} sp_report_type;

#define SP_REPORT(name) extern const sp_report_type sp_report_##name;
#include "report/report_list.h"
#undef SP_REPORT

#endif
