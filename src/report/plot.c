// A picture of what runs have recorded.
// May include: base, report.
#include "report/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/gnuplot.h"

enum {
  MOST_POINTS = 2000,  // of a curve: there are no more columns of pixels
  FEW_POINTS = 40,     // which are marked
  COLOURS = 7,         // those that a legend tells apart
  PANEL = 720, LEFT = 80, HEIGHT = 400, TITLE = 30,  // pixels: of a panel with what is left of its axis, of a title
  LETTER = 8, GAP = 20, KEY = 80                     // of a letter in the legend, before it, of what else is in it
};

// --- what is drawn ------------------------------------------------------------------------------------------------

bool sp_plot_has_epochs(const sp_plot *plot, const char *metric) {
  for (int64_t i = 0; i < plot->runs; i++) {
    const sp_history *history = &plot->run[i].history;
    const sp_series *training = sp_history_find(history, SP_SERIES_TRAINING, metric);
    const sp_series *validation = sp_history_find(history, SP_SERIES_VALIDATION, metric);
    bool steps = sp_history_find(history, SP_SERIES_STEP, metric) != NULL;
    bool epochs = (training && training->count > 1) || (validation && validation->count > 1);
    if (!epochs && (steps || training || validation)) return false;
  }
  return true;
}

const sp_series *sp_plot_series(const sp_plot *plot, const sp_plot_run *run, const char *metric, bool validation) {
  if (!(validation ? plot->validation : plot->training)) return NULL;
  if (validation) return sp_history_find(&run->history, SP_SERIES_VALIDATION, metric);
  const sp_series *step = plot->epochs ? NULL : sp_history_find(&run->history, SP_SERIES_STEP, metric);
  return step ? step : sp_history_find(&run->history, SP_SERIES_TRAINING, metric);
}

// --- values -------------------------------------------------------------------------------------------------------

typedef struct place {
  double x, y;
} place;

/// Mean of the last values up to a point, as many as there are; NaN where one of them is.
static double smoothed(const sp_series *series, int64_t i, int64_t most) {
  double sum = 0;
  int64_t count = i + 1 < most ? i + 1 : most;
  for (int64_t j = i - count + 1; j <= i; j++) sum += series->point[j].value;
  return sum / (double)count;
}

static place place_of(const sp_plot *plot, const sp_series *series, int64_t i) {
  const sp_point *point = &series->point[i];
  int64_t smooth = series->kind == SP_SERIES_STEP ? plot->smooth : 1;
  place p = {(double)(plot->epochs ? point->epoch : point->step), smoothed(series, i, smooth)};
  if ((plot->log_x && p.x <= 0) || (plot->log_y && p.y <= 0)) p.y = (double)NAN;
  return p;
}

/// Append a value; a NaN leaves a gap in the line. How many values can be seen: 0 or 1.
static int64_t add_place(const place *p, sp_text *out) {
  if (isfinite(p->y)) {
    sp_text_add(out, "%.9g %.9g\n", p->x, p->y);
  } else {
    sp_text_add(out, "%.9g NaN\n", p->x);
  }
  return isfinite(p->y);
}

/// Append the points of a curve; returns how many of them can be seen. Of very many, the lowest and the highest of each few
/// in a row: the same columns of pixels are covered.
static int64_t add_values(const sp_plot *plot, const sp_series *series, sp_text *out) {
  int64_t few = series->count > MOST_POINTS ? (2 * series->count + MOST_POINTS - 1) / MOST_POINTS : 1, seen = 0;
  for (int64_t begin = 0; begin < series->count; begin += few) {
    place first = place_of(plot, series, begin), low = first, high = first;
    for (int64_t i = begin + 1; i < begin + few && i < series->count; i++) {
      place p = place_of(plot, series, i);
      if (!(p.y >= low.y)) low = p;
      if (!(p.y <= high.y)) high = p;
    }
    if (few == 1) {
      seen += add_place(&first, out);
    } else {
      seen += add_place(low.x <= high.x ? &low : &high, out) + add_place(low.x <= high.x ? &high : &low, out);
    }
  }
  return seen;
}

// --- the script ---------------------------------------------------------------------------------------------------

/// The data of a panel, a block a curve: "$training0", "$validation0".
static sp_status add_data(const sp_plot *plot, const char *metric, sp_text *out) {
  int64_t seen = 0;
  for (int64_t i = 0; i < plot->runs; i++) {
    for (int validation = 0; validation < 2; validation++) {
      const sp_series *series = sp_plot_series(plot, &plot->run[i], metric, validation);
      if (!series) continue;
      sp_text_add(out, "$%s%lld << END\n", validation ? "validation" : "training", (long long)i);
      seen += add_values(plot, series, out);
      sp_text_add(out, "END\n");
    }
  }
  if (seen > 0) return SP_OK;
  return sp_fail(SP_ERR_DATA, "%s: no value to draw%s", metric,
                 plot->log_x || plot->log_y ? " (a logarithmic axis shows what is above 0)" : "");
}

/// A run's colour, and beyond the seventh another line.
static void add_line_style(int64_t run, bool validation, sp_text *out) {
  static const int dashes[] = {1, 4, 5};
  int dash = validation ? 2 : dashes[run / COLOURS % 3];
  sp_text_add(out, "linestyle %d linewidth %s dashtype %d", (int)(run % COLOURS) + 1, validation ? "1.5" : "2", dash);
}

static void add_curve(const sp_plot *plot, int64_t run, const sp_series *series, bool validation, sp_text *out) {
  bool marked = series->count == 1 || (validation && series->count <= FEW_POINTS);
  sp_text_add(out, ", $%s%lld using 1:2 with %s ", validation ? "validation" : "training", (long long)run,
              marked ? "linespoints" : "lines");
  add_line_style(run, validation && plot->training, out);
  sp_text_add(out, "%s notitle", marked ? " pointsize 0.6" : "");
}

/// Does any run have such a curve?
static bool has_curves(const sp_plot *plot, const char *metric, bool validation) {
  for (int64_t i = 0; i < plot->runs; i++) {
    if (sp_plot_series(plot, &plot->run[i], metric, validation)) return true;
  }
  return false;
}

static void add_key(const sp_plot *plot, const char *metric, sp_text *out) {
  for (int64_t i = 0; i < plot->runs; i++) {
    sp_text_add(out, "%skeyentry with lines ", i > 0 ? ", " : "");
    add_line_style(i, false, out);
    sp_text_add(out, " title ");
    sp_gnuplot_add_string(out, plot->run[i].name);
  }
  if (!has_curves(plot, metric, false) || !has_curves(plot, metric, true)) return;
  sp_text_add(out, ", keyentry with lines linecolor rgb '#444444' linewidth 2 title 'training'"
                   ", keyentry with linespoints linecolor rgb '#444444' linewidth 1.5 dashtype 2 pointtype 7 "
                   "pointsize 0.6 title 'validation'");
}

static sp_status add_panel(const sp_plot *plot, const char *metric, sp_text *out) {
  SP_TRY(add_data(plot, metric, out));
  sp_text_add(out, "set ylabel ");
  sp_gnuplot_add_string(out, metric);
  sp_text_add(out, "\nplot ");
  add_key(plot, metric, out);
  for (int64_t i = 0; i < plot->runs; i++) {
    for (int validation = 0; validation < 2; validation++) {
      const sp_series *series = sp_plot_series(plot, &plot->run[i], metric, validation);
      if (series) add_curve(plot, i, series, validation, out);
    }
  }
  sp_text_add(out, "\n");
  return SP_OK;
}

static int key_letters(const sp_plot *plot) {
  size_t longest = strlen("validation");
  for (int64_t i = 0; i < plot->runs; i++) {
    if (strlen(plot->run[i].name) > longest) longest = strlen(plot->run[i].name);
  }
  return longest < 100 ? (int)longest : 100;
}

sp_status sp_plot_draw(const sp_plot *plot, const char *prefix) {
  sp_text script = {0};
  int width = PANEL + LETTER * key_letters(plot) + KEY, height = HEIGHT * (int)plot->metrics + (plot->title ? TITLE : 0);
  sp_text_add(&script, "set autoscale xfixmax\nset xlabel '%s'\n", plot->epochs ? "epoch" : "step");
  sp_text_add(&script, "set lmargin at screen %d.0 / %d\nset rmargin at screen %d.0 / %d\n", LEFT, width, PANEL, width);
  sp_text_add(&script, "set key at screen %d.0 / %d, graph 1 left top Left reverse samplen 2.5\n", PANEL + GAP, width);
  if (plot->log_x) sp_text_add(&script, "set logscale x\n");
  if (plot->log_y) sp_text_add(&script, "set logscale y\nset format y '%%g'\n");
  sp_text_add(&script, "set multiplot layout %lld,1", (long long)plot->metrics);
  if (plot->title) {
    sp_text_add(&script, " title ");
    sp_gnuplot_add_string(&script, plot->title);
  }
  sp_text_add(&script, "\n");
  sp_status status = SP_OK;
  for (int64_t i = 0; i < plot->metrics && status == SP_OK; i++) status = add_panel(plot, plot->metric[i], &script);
  if (status == SP_OK) status = sp_gnuplot_draw(sp_text_string(&script), width, height, prefix);
  sp_text_free(&script);
  return status;
}
