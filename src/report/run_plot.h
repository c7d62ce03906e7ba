// SPDX-License-Identifier: Apache-2.0
// A plot of the records of runs: one panel per metric with one curve per run, over steps or epochs.
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
  bool epochs;                ///< over epochs; otherwise over steps, with the records of single steps if there are any
  bool training, validation;  ///< rows whose scores are drawn
  bool log_x, log_y;
  int64_t smooth;     ///< number of step records whose mean is drawn at each step
  const char *title;  ///< NULL: none
} sp_plot;

/// Returns whether a run has records of the metric, and all runs that do have at least two epochs of it.
bool sp_plot_has_epochs(const sp_plot *plot, const char *metric);

/// Returns the series of a metric that is drawn for a run, or NULL.
const sp_series *sp_plot_series(const sp_plot *plot, const sp_plot_run *run, const char *metric, bool validation);

/// Draw PREFIX.svg and PREFIX.png. Curves with more points than pixels are reduced to the lowest and the highest points of
/// intervals.
/// Collective: no. Errors: SP_ERR_DATA for a metric without a value that can be drawn; those of sp_gnuplot_draw.
sp_status sp_plot_draw(const sp_plot *plot, const char *prefix);

#endif
