// What people and programs see of a training: lines on stderr and in train.log, records in metrics.jsonl.
#ifndef SP_REPORT_REPORT_H
#define SP_REPORT_REPORT_H

#include "report/status_file.h"
#include "train/observer.h"
#include "train/run_config.h"

typedef struct sp_report sp_report;

/// Open `directory`/train.log, which gets a copy of every line from now on, and `directory`/metrics.jsonl to go on after
/// `step`: records of later steps, which a run that died had written, are dropped. `file` is kept up to date; it is
/// borrowed. Called by rank 0. Errors: SP_ERR_IO.
sp_status sp_report_open(const char *directory, const sp_report_options *options, int64_t step, sp_status_file *file,
                         sp_report **out);
void sp_report_close(sp_report *report);  ///< NULL is fine

/// Record what ended the run after `step`; whoever started the training says it on stderr.
void sp_report_failure(sp_report *report, int64_t step, const char *message);

/// The observer that reports; valid until the report is closed.
const sp_observer *sp_report_observer(const sp_report *report);

#endif
