// SPDX-License-Identifier: Apache-2.0
// Opening the reports of a run.
#include "report/reports.h"

static const sp_report_type *const reports[] = {
#define SP_REPORT(name) &sp_report_##name,
#include "report/report_list.h"
#undef SP_REPORT
};

sp_status sp_reports_open(const sp_report_start *start, sp_observers *observers) {
  for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
    void *context;
    SP_TRY(reports[i]->open(start, &context));
    SP_TRY(sp_observers_add(observers, (sp_observer){&reports[i]->events, context}));
  }
  return SP_OK;
}
