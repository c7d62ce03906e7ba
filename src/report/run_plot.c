// SPDX-License-Identifier: Apache-2.0
// A plot of the records of runs.
#include "report/run_plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/gnuplot.h"

enum {
  MOST_POINTS = 2000,  // of a curve; more would exceed the pixel columns
  FEW_POINTS = 40,     // curves with at most this number have markers
  COLOURS = 7,
  PANEL = 740,
  LEFT = 100,
  HEIGHT = 400,
  TITLE = 30,  // pixels: panel including the space left of its axis (LEFT), title
  LETTER = 8,
  GAP = 20,
  KEY = 80  // pixels of the legend: a letter, the gap before it, everything else in it
};

static const char training_only[] = ", training", validation_only[] = ", validation";  // after the name of a single run

// --- choice of series ---------------------------------------------------------------------------------------------

bool sp_plot_has_epochs(const sp_plot *plot, const char *metric) {
  bool found = false;
  for (int64_t i = 0; i < plot->runs; i++) {
    const sp_history *history = &plot->run[i].history;
    const sp_series *training = sp_history_find(history, SP_SERIES_TRAINING, metric);
    const sp_series *validation = sp_history_find(history, SP_SERIES_VALIDATION, metric);
    bool steps = sp_history_find(history, SP_SERIES_STEP, metric) != NULL;
    bool epochs = (training && training->count > 1) || (validation && validation->count > 1);
    if (!epochs && (steps || training || validation)) return false;
    found |= epochs;
  }
  return found;
}

const sp_series *sp_plot_series(const sp_plot *plot, const sp_plot_run *run, const char *metric, bool validation) {
  if (!(validation ? plot->validation : plot->training)) return NULL;
  if (validation) return sp_history_find(&run->history, SP_SERIES_VALIDATION, metric);
  const sp_series *step = plot->epochs ? NULL : sp_history_find(&run->history, SP_SERIES_STEP, metric);
  return step ? step : sp_history_find(&run->history, SP_SERIES_TRAINING, metric);
}

// --- values -------------------------------------------------------------------------------------------------------

typedef struct plot_place {
  double x, y;
} plot_place;

/// Return the mean of the last `most` values up to a point, or of fewer at the beginning; NaN if one of them is NaN.
static double smoothed(const sp_series *series, int64_t i, int64_t most) {
  double sum = 0;
  int64_t count = i + 1 < most ? i + 1 : most;
  for (int64_t j = i - count + 1; j <= i; j++) sum += series->point[j].value;
  return sum / (double)count;
}

static plot_place place_of(const sp_plot *plot, const sp_series *series, int64_t i) {
  const sp_point *point = &series->point[i];
  int64_t smooth = series->kind == SP_SERIES_STEP ? plot->smooth : 1;
  plot_place p = {(double)(plot->epochs ? point->epoch : point->step), smoothed(series, i, smooth)};
  if ((plot->log_x && p.x <= 0) || (plot->log_y && p.y <= 0)) p.y = (double)NAN;
  return p;
}

/// The visible values of a panel.
typedef struct extent {
  int64_t values;
  double low, high;
} extent;

/// Append a value; a NaN leaves a gap in the line.
static void add_place(const plot_place *p, extent *seen, sp_text *out) {
  if (!isfinite(p->y)) {
    sp_text_add(out, "%.15g NaN\n", p->x);
    return;
  }
  sp_text_add(out, "%.15g %.9g\n", p->x, p->y);
  if (seen->values == 0 || p->y < seen->low) seen->low = p->y;
  if (seen->values == 0 || p->y > seen->high) seen->high = p->y;
  seen->values++;
}

/// Append the points of a curve. If there are too many, append the lowest and the highest of each group of consecutive
/// points, which looks the same.
static void add_values(const sp_plot *plot, const sp_series *series, extent *seen, sp_text *out) {
  int64_t few = series->count > MOST_POINTS ? (2 * series->count + MOST_POINTS - 1) / MOST_POINTS : 1;
  for (int64_t begin = 0; begin < series->count; begin += few) {
    plot_place low = place_of(plot, series, begin), high = low;
    for (int64_t i = begin + 1; i < begin + few && i < series->count; i++) {
      plot_place p = place_of(plot, series, i);
      if (!isfinite(p.y)) continue;
      if (!(p.y >= low.y)) low = p;
      if (!(p.y <= high.y)) high = p;
    }
    add_place(low.x <= high.x ? &low : &high, seen, out);
    if (low.x != high.x) add_place(low.x <= high.x ? &high : &low, seen, out);
  }
}

// --- the script ---------------------------------------------------------------------------------------------------

/// Append the data of a panel, one block per curve: "$training0", "$validation0".
static sp_status add_data(const sp_plot *plot, const char *metric, extent *seen, sp_text *out) {
  for (int64_t i = 0; i < plot->runs; i++) {
    for (int validation = 0; validation < 2; validation++) {
      const sp_series *series = sp_plot_series(plot, &plot->run[i], metric, validation);
      if (!series) continue;
      sp_text_add(out, "$%s%lld << END\n", validation ? "validation" : "training", (long long)i);
      add_values(plot, series, seen, out);
      sp_text_add(out, "END\n");
    }
  }
  if (seen->values > 0) return SP_OK;
  return sp_fail(SP_ERR_DATA, "%s: no value to draw%s", metric,
                 plot->log_x || plot->log_y ? " (a logarithmic axis shows values above 0 only)" : "");
}

/// Set the range and the tics of a logarithmic axis. gnuplot's default, powers of ten, gives too few tics for a narrow range.
static void add_log_range(const extent *seen, sp_text *out) {
  static const double WIDE = 300, NARROW = 5, MARGIN = 1.15;
  double low = seen->low / MARGIN, high = seen->high * MARGIN;
  if (!(low > 0) || !isfinite(high)) return;
  sp_text_add(out, "set yrange [%.9g:%.9g]\nset ytics autofreq\n", low, high);
  if (high / low > WIDE) return;
  const char *before = "set ytics (";
  for (int power = (int)floor(log10(low)); power <= (int)ceil(log10(high)); power++) {
    for (int digit = 1; digit <= 9; digit++) {
      if (high / low > NARROW && digit != 1 && digit != 2 && digit != 5) continue;
      sp_text_add(out, "%s%de%d", before, digit, power);
      before = ", ";
    }
  }
  sp_text_add(out, ")\n");
}

/// Append the line style of a run: a colour, and from the eighth run on another dash pattern. A single run has one colour for
/// each kind of rows.
static void add_line_style(const sp_plot *plot, int64_t run, bool validation, sp_text *out) {
  static const int dashes[] = {1, 4, 5};
  bool alone = plot->runs == 1, dashed = validation && plot->training;
  sp_text_add(out, "linestyle %d linewidth %s dashtype %d", (int)(run % COLOURS) + 1 + (alone && dashed),
              dashed ? "1.5" : "2", dashed && !alone ? 2 : dashes[run / COLOURS % 3]);
}

static void add_curve(const sp_plot *plot, int64_t run, const sp_series *series, bool validation, sp_text *out) {
  bool marked = series->count == 1 || (validation && series->count <= FEW_POINTS);
  sp_text_add(out, ", $%s%lld using 1:2 with %s ", validation ? "validation" : "training", (long long)run,
              marked ? "linespoints" : "lines");
  add_line_style(plot, run, validation, out);
  sp_text_add(out, "%s notitle", marked ? " pointsize 0.6" : "");
}

/// Returns whether any run has such a curve.
static bool has_curves(const sp_plot *plot, const char *metric, bool validation) {
  for (int64_t i = 0; i < plot->runs; i++) {
    if (sp_plot_series(plot, &plot->run[i], metric, validation)) return true;
  }
  return false;
}

static void add_key_entry(const sp_plot *plot, int64_t run, bool validation, const char *what, sp_text *out) {
  sp_text title = {0};
  sp_text_add(&title, "%s%s", plot->run[run].name, what);
  sp_text_add(out, "keyentry with lines ");
  add_line_style(plot, run, validation, out);
  sp_text_add(out, " title ");
  sp_gnuplot_add_string(out, title.data);
  sp_text_free(&title);
}

static void add_key(const sp_plot *plot, const char *metric, sp_text *out) {
  bool both = has_curves(plot, metric, false) && has_curves(plot, metric, true);
  for (int64_t i = 0; i < plot->runs; i++) {
    if (i > 0) sp_text_add(out, ", ");
    add_key_entry(plot, i, !has_curves(plot, metric, false), both && plot->runs == 1 ? training_only : "", out);
  }
  if (!both) return;
  if (plot->runs == 1) {
    sp_text_add(out, ", ");
    add_key_entry(plot, 0, true, validation_only, out);
    return;
  }
  sp_text_add(out,
              ", keyentry with lines linecolor rgb '#444444' linewidth 2 title 'training'"
              ", keyentry with linespoints linecolor rgb '#444444' linewidth 1.5 dashtype 2 pointtype 7 "
              "pointsize 0.6 title 'validation'");
}

/// Append the label of the axis: the metric, preceded by the kind of rows if only one is drawn.
static void add_label(const sp_plot *plot, const char *metric, sp_text *out) {
  sp_text label = {0};
  const char *rows = !plot->validation ? "training " : !has_curves(plot, metric, false) ? "validation " : "";
  sp_text_add(&label, "%s%s", rows, metric);
  sp_text_add(out, "set ylabel ");
  sp_gnuplot_add_string(out, label.data);
  sp_text_add(out, "\n");
  sp_text_free(&label);
}

static sp_status add_panel(const sp_plot *plot, const char *metric, sp_text *out) {
  extent seen = {0};
  SP_TRY(add_data(plot, metric, &seen, out));
  if (plot->log_y) add_log_range(&seen, out);
  add_label(plot, metric, out);
  sp_text_add(out, "plot ");
  add_key(plot, metric, out);
  for (int validation = 0; validation < 2; validation++) {  // validation curves have fewer points and are drawn on top
    for (int64_t i = 0; i < plot->runs; i++) {
      const sp_series *series = sp_plot_series(plot, &plot->run[i], metric, validation);
      if (series) add_curve(plot, i, series, validation, out);
    }
  }
  sp_text_add(out, "\n");
  return SP_OK;
}

static int key_letters(const sp_plot *plot) {
  enum { MOST = 100 };
  size_t longest = strlen(validation_only);
  for (int64_t i = 0; i < plot->runs; i++) {
    size_t length = strlen(plot->run[i].name) + (plot->runs == 1 ? strlen(validation_only) : 0);
    if (length > longest) longest = length;
  }
  return longest < MOST ? (int)longest : MOST;
}

sp_status sp_plot_draw(const sp_plot *plot, const char *prefix) {
  sp_text script = {0};
  int width = PANEL + LETTER * key_letters(plot) + KEY;
  int height = HEIGHT * (int)plot->metrics + (plot->title ? TITLE : 0);
  sp_text_add(&script, "set autoscale xfixmax\nset format y '%%.4g'\nset xlabel '%s'\n",
              plot->epochs ? "epoch" : "step");
  sp_text_add(&script, "set lmargin at screen %d.0 / %d\nset rmargin at screen %d.0 / %d\n", LEFT, width, PANEL, width);
  sp_text_add(&script, "set key at screen %d.0 / %d, graph 1 left top Left reverse samplen 2.5\n", PANEL + GAP, width);
  if (plot->log_x) sp_text_add(&script, "set logscale x\n");
  if (plot->log_y) sp_text_add(&script, "set logscale y\n");
  sp_text_add(&script, "set multiplot layout %lld,1", (long long)plot->metrics);
  if (plot->title) {
    sp_text_add(&script, " title ");
    sp_gnuplot_add_string(&script, plot->title);
  }
  sp_text_add(&script, "\n");
  sp_status status = SP_OK;
  for (int64_t i = 0; i < plot->metrics && status == SP_OK; i++) status = add_panel(plot, plot->metric[i], &script);
  if (status == SP_OK) status = sp_gnuplot_draw(sp_text_string(&script), width, height, SP_GNUPLOT_SECONDS, prefix);
  sp_text_free(&script);
  return status;
}
