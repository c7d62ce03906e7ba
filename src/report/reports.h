// SPDX-License-Identifier: Apache-2.0
// The reports of a run: lines on stderr and in train.log, records in metrics.jsonl, status.json.
#ifndef SP_REPORT_REPORTS_H
#define SP_REPORT_REPORTS_H

#include "report/report_interface.h"

/// Open all reports and add them to the observers of a run. Those added before a failure stay in the list. Called by rank 0.
/// Errors: SP_ERR_MEMORY.
sp_status sp_reports_open(const sp_report_start *start, sp_observers *observers);

#endif
