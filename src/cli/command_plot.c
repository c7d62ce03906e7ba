// SPDX-License-Identifier: Apache-2.0
// shardprop plot: draw the losses and metrics that runs have recorded.
#include "report/run_plot.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "cli/command.h"
#include "report/gnuplot.h"

enum over { OVER_AUTO, OVER_EPOCH, OVER_STEP };
enum rows { ROWS_BOTH, ROWS_TRAIN, ROWS_VALIDATION };
enum logarithmic { LOG_NONE, LOG_X, LOG_Y, LOG_XY };
enum { MOST_METRICS = 8 };

typedef struct plot_arguments {
  sp_strings runs, metric;
  const char *output, *title;
  int over;  // enum over
  int data;  // enum rows
  int log;   // enum logarithmic
  int64_t smooth;
} plot_arguments;

#define AT(member) offsetof(plot_arguments, member)
static const sp_option options[] = {
    {.name = "run",
     .kind = SP_OPTION_STRINGS,
     .offset = AT(runs),
     .flags = SP_OPTION_POSITIONAL,
     .help = "run directories, also of runs in progress; each run is a curve named after its directory"},
    {.name = "output",
     .letter = 'o',
     .kind = SP_OPTION_STRING,
     .offset = AT(output),
     .preset = "plot",
     .unit = "prefix",
     .help = "prefix of the files PREFIX.svg and PREFIX.png, which replace older ones; if it ends in /, the files are "
             "plot.svg and plot.png in that directory"},
    {.name = "metric",
     .letter = 'm',
     .kind = SP_OPTION_STRINGS,
     .offset = AT(metric),
     .unit = "name",
     .flags = SP_OPTION_OPTIONAL,
     .help = "metric to draw (default: loss); may be repeated, each metric has a panel of its own"},
    {.name = "over",
     .kind = SP_OPTION_CHOICE,
     .offset = AT(over),
     .preset = "auto",
     .range = "auto|epoch|step",
     .help = "horizontal axis; auto: epochs if every run has at least two, otherwise steps"},
    {.name = "data",
     .letter = 'd',
     .kind = SP_OPTION_CHOICE,
     .offset = AT(data),
     .preset = "both",
     .range = "both|train|validation",
     .help = "rows whose scores are drawn"},
    {.name = "log",
     .kind = SP_OPTION_CHOICE,
     .offset = AT(log),
     .preset = "none",
     .range = "none|x|y|xy",
     .help = "logarithmic axes"},
    {.name = "smooth",
     .kind = SP_OPTION_INT,
     .offset = AT(smooth),
     .preset = "1",
     .range = "[1, 1000]",
     .help = "number of step records to average for each point; only with --over step"},
    {.name = "title",
     .kind = SP_OPTION_STRING,
     .offset = AT(title),
     .unit = "text",
     .flags = SP_OPTION_OPTIONAL,
     .help = "title of the plot"},
    {0}};

static const sp_usage usage = {
    .command = "plot",
    .synopsis = "shardprop plot RUN... [--output PREFIX] [--metric NAME]...",
    .details =
        "Draw the losses or metrics that runs have recorded in metrics.jsonl, using gnuplot. All runs are in one\n"
        "plot, with solid curves for the training rows and dashed curves for the validation rows, over epochs or\n"
        "over steps. Over steps, training values are those of single batches before their update.",
    .example = "shardprop plot runs/adam runs/rmsprop -m loss -m accuracy -o comparison"};

// --- names --------------------------------------------------------------------------------------------------------

/// Return the last component of a path, without trailing slashes.
static const char *last_part(const char *path, sp_arena *arena) {
  char whole[PATH_MAX];
  size_t size = strlen(path);
  bool relative = strcmp(path, ".") == 0 || (size > 1 && strcmp(path + size - 2, "..") == 0);
  if (relative && realpath(path, whole)) path = whole;
  size = strlen(path);
  while (size > 1 && path[size - 1] == '/') size--;
  size_t begin = size;
  while (begin > 0 && path[begin - 1] != '/') begin--;
  return sp_arena_copy(arena, path + begin, size - begin);
}

/// Name the runs after their directories, or by their paths if two names would be equal.
static void name_runs(const sp_strings *paths, sp_plot_run *run, sp_arena *arena) {
  for (int64_t i = 0; i < paths->count; i++) run[i].name = last_part(paths->item[i], arena);
  bool equal = false;
  for (int64_t i = 0; i < paths->count; i++) {
    for (int64_t j = 0; j < i; j++) equal |= strcmp(run[i].name, run[j].name) == 0;
  }
  for (int64_t i = 0; equal && i < paths->count; i++) run[i].name = paths->item[i];
}

// --- metrics ------------------------------------------------------------------------------------------------------

static bool has_metric(const sp_plot *plot, const sp_plot_run *run, const char *metric) {
  return sp_plot_series(plot, run, metric, false) || sp_plot_series(plot, run, metric, true);
}

/// Return an error that lists the metrics that can be drawn with the given options, each once.
static sp_status refuse_metric(const sp_plot *plot, const char *metric) {
  enum { MOST = 64 };
  const char *name[MOST];
  int64_t count = 0;
  for (int64_t i = 0; i < plot->runs; i++) {
    const sp_history *history = &plot->run[i].history;
    for (int64_t k = 0; k < history->count && count < MOST; k++) {
      bool known = !has_metric(plot, &plot->run[i], history->series[k].name);
      for (int64_t j = 0; j < count && !known; j++) known = strcmp(name[j], history->series[k].name) == 0;
      if (!known) name[count++] = history->series[k].name;
    }
  }
  if (count > 0) return sp_unknown_name("metric", metric, name, count);
  const char *missing = !plot->training ? "a validation" : plot->epochs ? "an epoch" : "a step or an epoch";
  return sp_fail(SP_ERR_DATA, "nothing to draw: the runs have no records of %s yet", missing);
}

static sp_status check_metrics(const sp_plot *plot) {
  for (int64_t m = 0; m < plot->metrics; m++) {
    bool found = false;
    for (int64_t i = 0; i < plot->runs; i++) found |= has_metric(plot, &plot->run[i], plot->metric[m]);
    if (!found) return refuse_metric(plot, plot->metric[m]);
    for (int64_t i = 0; i < plot->runs; i++) {
      bool has = has_metric(plot, &plot->run[i], plot->metric[m]);
      if (!has) sp_warn("%s: there are no records of %s", plot->run[i].name, plot->metric[m]);
    }
  }
  return SP_OK;
}

// --- the command --------------------------------------------------------------------------------------------------

static sp_status draw(const plot_arguments *given, const sp_plot_run *run) {
  static const char *const loss[] = {"loss"};
  char prefix[PATH_MAX];
  sp_plot plot = {.run = run,
                  .runs = given->runs.count,
                  .metric = loss,
                  .metrics = 1,
                  .smooth = given->smooth,
                  .title = given->title,
                  .epochs = given->over != OVER_STEP,
                  .training = given->data != ROWS_VALIDATION,
                  .validation = given->data != ROWS_TRAIN,
                  .log_x = given->log == LOG_X || given->log == LOG_XY,
                  .log_y = given->log >= LOG_Y};
  if (given->metric.count > MOST_METRICS) {
    return sp_fail(SP_ERR_USAGE, "--metric: expected at most %d metrics, got %lld", MOST_METRICS,
                   (long long)given->metric.count);
  }
  if (given->metric.count > 0) {
    plot.metric = given->metric.item;
    plot.metrics = given->metric.count;
  }
  for (int64_t m = 0; m < plot.metrics && given->over == OVER_AUTO; m++) {
    plot.epochs = plot.epochs && sp_plot_has_epochs(&plot, plot.metric[m]);
  }
  if (given->smooth > 1 && plot.epochs) return sp_fail(SP_ERR_USAGE, "--smooth: requires --over step");
  SP_TRY(check_metrics(&plot));
  SP_TRY(sp_gnuplot_prefix(given->output, "plot", prefix));
  for (int64_t i = 0; i < given->runs.count; i++) {
    char records[PATH_MAX];
    if (snprintf(records, sizeof records, "%s/metrics.jsonl", given->runs.item[i]) >= (int)sizeof records) continue;
    SP_TRY(sp_gnuplot_check_input(prefix, records));
  }
  SP_TRY(sp_plot_draw(&plot, prefix));
  sp_info("%s.svg and %s.png: %s of %lld run%s over %ss", prefix, prefix,
          plot.metrics == 1 ? plot.metric[0] : "metrics", (long long)plot.runs, plot.runs == 1 ? "" : "s",
          plot.epochs ? "epoch" : "step");
  return SP_OK;
}

static sp_status plot_runs(const void *context) {
  const plot_arguments *given = context;
  sp_arena *arena = sp_arena_create();
  sp_plot_run *run = sp_arena_allocate(arena, (size_t)given->runs.count * sizeof *run);
  sp_status status = SP_OK;
  name_runs(&given->runs, run, arena);
  for (int64_t i = 0; i < given->runs.count && status == SP_OK; i++) {
    status = sp_history_read(given->runs.item[i], &run[i].history);
    if (run[i].history.damaged > 0) {
      sp_warn("%s: damaged lines of metrics.jsonl skipped: %lld", given->runs.item[i],
              (long long)run[i].history.damaged);
    }
  }
  if (status == SP_OK) status = draw(given, run);
  for (int64_t i = 0; i < given->runs.count; i++) sp_history_free(&run[i].history);
  sp_arena_free(arena);
  return status;
}

static int execute(int argc, char **argv) {
  plot_arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  return sp_command_alone(&usage, groups, 1, argc, argv, plot_runs, &given);
}

const sp_command sp_command_plot = {.variant = {"plot", "draw the loss and metrics of runs over steps or epochs"},
                                    .run = execute};
