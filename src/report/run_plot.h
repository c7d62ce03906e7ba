// SPDX-License-Identifier: Apache-2.0
// A picture of what runs have recorded: a panel a metric, in it a curve a run, over steps or epochs.
#ifndef SP_REPORT_RUN_PLOT_H
#define SP_REPORT_RUN_PLOT_H

#include <stdbool.h>

#include "base/text.h"
#include "report/history.h"

typedef struct sp_plot_run {
  const char *name;  ///< in the legend
  sp_history history;
} sp_plot_run;

typedef struct sp_plot {
  const sp_plot_run *run;
  int64_t runs;
  const char *const *metric;
  int64_t metrics;
  bool epochs;                ///< over epochs; else over steps, with the records of single steps where there are any
  bool training, validation;  ///< which of the two
  bool log_x, log_y;
  int64_t smooth;     ///< each value of a step is drawn as the mean of the last so many records
  const char *title;  ///< NULL: none
} sp_plot;

/// Is there a run that knows the metric, and does every one that does have two epochs of it?
bool sp_plot_has_epochs(const sp_plot *plot, const char *metric);

/// The curve of a metric that would be drawn for a run, or NULL.
const sp_series *sp_plot_series(const sp_plot *plot, const sp_plot_run *run, const char *metric, bool validation);

/// Draw to PREFIX.svg and PREFIX.png. Curves of very many points are drawn by the lowest and the highest of each few.
/// Collective: no.  Errors: SP_ERR_DATA for a metric without a value that can be drawn; as those of sp_gnuplot_draw.
sp_status sp_plot_draw(const sp_plot *plot, const char *prefix);

#endif
