// SPDX-License-Identifier: Apache-2.0
// shardprop lr-find: a learning-rate range test, with a table, a plot and a suggested learning rate.
#include "train/lr_find.h"

#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "base/log.h"
#include "cli/command.h"
#include "report/gnuplot.h"
#include "run/read_config.h"
#include "run/usable_ranks.h"

typedef struct lr_find_arguments {
  const char *config, *output;
  sp_strings set;
  double from, to;
  int64_t steps;
} lr_find_arguments;

#define AT(member) offsetof(lr_find_arguments, member)
static const sp_option options[] = {
    SP_CONFIG_ARGUMENT(AT(config)),
    SP_SET_OPTION(AT(set)),
    {.name = "from",
     .kind = SP_OPTION_REAL,
     .offset = AT(from),
     .preset = "1e-7",
     .range = "(0, inf)",
     .help = "learning rate of the first step"},
    {.name = "to",
     .kind = SP_OPTION_REAL,
     .offset = AT(to),
     .preset = "10",
     .range = "(0, inf)",
     .help = "learning rate of the last step, greater than --from"},
    {.name = "steps",
     .letter = 'n',
     .kind = SP_OPTION_INT,
     .offset = AT(steps),
     .preset = "200",
     .range = "[10, 1000000]",
     .help = "number of steps; noisy losses need more of them"},
    {.name = "output",
     .letter = 'o',
     .kind = SP_OPTION_STRING,
     .offset = AT(output),
     .unit = "prefix",
     .flags = SP_OPTION_OPTIONAL,
     .help =
         "prefix of the files PREFIX.csv, PREFIX.svg and PREFIX.png; if it ends in /, the files are lr-find.csv and "
         "so on in that directory (default: RUN-lr-find, where RUN is the run's name with / replaced by -)"},
    {0}};

static const sp_usage usage = {
    .command = "lr-find",
    .synopsis =
        "[mpirun -n RANKS] shardprop lr-find CONFIG [--from LR] [--to LR] [--steps N] [-o PREFIX] "
        "[--set KEY=VALUE]...",
    .details =
        "Run a learning-rate range test (Smith 2017): train from the initial parameters while the learning rate\n"
        "rises by the same factor at each step. The schedule is ignored; groups with a learning rate of their own\n"
        "keep its ratio to the rule's. The test ends early when the smoothed loss (a moving average with decay 0.95\n"
        "and bias correction) exceeds 4 times its minimum, or when the loss or its gradient is not finite. The test\n"
        "neither creates nor changes a run, and its parameters are discarded.\n"
        "\n"
        "The suggested learning rate is printed alone on stdout. It is the rate at which the loss falls most\n"
        "steeply over the logarithm of the learning rate, well before the minimum of the loss. The slope is that of\n"
        "a line fitted to the losses of a tenth of the steps, and must be significant compared with the noise.\n"
        "A second suggestion is printed on stderr: a tenth of the rate at which the loss is lowest. If the loss does\n"
        "not fall significantly, no rate is suggested and the exit status is 1.\n"
        "\n"
        "The losses are written as CSV and plotted as SVG and PNG with gnuplot (Debian and Ubuntu: gnuplot-nox).\n"
        "If train.lanes is set, they have the same bits on any number of ranks.",
    .example =
        "mpirun -n 2 shardprop lr-find configs/fashion_mnist.yaml -o lr\n"
        "  shardprop train CONFIG --set optimizer.rmsprop.lr=$(shardprop lr-find CONFIG --quiet)"};

// --- files --------------------------------------------------------------------------------------------------------

/// Choose the path of the files without their endings. The default for a run named a/b is a file in the working
/// directory, not in a directory a.
static sp_status choose_prefix(const lr_find_arguments *given, const char *name, char prefix[PATH_MAX]) {
  char here[PATH_MAX];
  if (given->output) return sp_gnuplot_prefix(given->output, "lr-find", prefix);
  snprintf(here, sizeof here, "%s-lr-find", name);
  for (char *slash; (slash = strchr(here, '/'));) *slash = '-';
  return sp_gnuplot_prefix(here, "", prefix);
}

static sp_status check_outputs(const lr_find_arguments *given, const sp_run_config *config, const char *prefix) {
  char path[PATH_MAX];
  SP_TRY(sp_gnuplot_check_input(prefix, given->config));
  for (const char *const *ending = sp_gnuplot_endings; *ending; ending++) {
    if (snprintf(path, sizeof path, "%s.%s", prefix, *ending) >= (int)sizeof path) continue;
    SP_TRY(sp_run_config_check_output(config, path));
  }
  return SP_OK;
}

static sp_status write_table(const sp_lr_curve *curve, const char *prefix) {
  char path[PATH_MAX];
  sp_text text = {0};
  snprintf(path, sizeof path, "%s.csv", prefix);
  sp_lr_curve_write(curve, &text);
  sp_status status = sp_file_write(path, text.data, text.size);
  sp_text_free(&text);
  return status;
}

static void add_script(const sp_lr_curve *c, const char *name, const sp_lr_suggestion *found, sp_text *out) {
  double start = c->point[0].smoothed, least = c->point[c->least].smoothed, most = start;
  sp_text_add(out, "$curve << EOD\n");
  for (int64_t i = 0; i < c->count; i++) {
    const sp_lr_point *p = &c->point[i];
    sp_text_add(out, "%.9g %.9g %.9g\n", p->lr, p->loss, p->smoothed);
    if (p->smoothed > most) most = p->smoothed;
  }
  if (start > least && most > 2 * start - least) most = 2 * start - least;  // keep the descent visible
  sp_text_add(out, "EOD\nset title ");
  sp_gnuplot_add_string(out, name);
  sp_text_add(out,
              "\nset xlabel 'learning rate'\nset ylabel 'loss'\nset logscale x\nset format x '10^{%%L}'\n"
              "set xrange [%.17g:%.17g]\nset key above right\n",
              c->from, c->to);
  if (most > least) sp_text_add(out, "set yrange [*:%.9g]\n", most + 0.1 * (most - least));
  if (found) {
    sp_text_add(out, "set arrow from %.9g, graph 0 to %.9g, graph 1 nohead linestyle 2\n", found->steepest,
                found->steepest);
  }
  sp_text_add(out,
              "plot $curve using 1:2 with points linestyle 8 pointsize 0.5 title 'loss of a batch', "
              "'' using 1:3 with lines linestyle 1 title 'smoothed'");
  if (found) sp_text_add(out, ", NaN with lines linestyle 2 title 'suggested: %.3g'", found->steepest);
  sp_text_add(out, "\n");
}

/// Without gnuplot there is no plot, only the table; this is a warning.
static sp_status draw(const sp_lr_curve *curve, const char *name, const sp_lr_suggestion *found, const char *prefix) {
  char program[PATH_MAX];
  sp_text script = {0};
  add_script(curve, name, found, &script);
  sp_status status = sp_gnuplot_draw(sp_text_string(&script), 900, 600, SP_GNUPLOT_SECONDS, prefix);
  sp_text_free(&script);
  if (status == SP_OK) {
    sp_info("%s.csv, %s.svg and %s.png", prefix, prefix, prefix);
  } else if (!sp_gnuplot_find(program)) {
    sp_warn("%s; the losses are in %s.csv", sp_error_message(), prefix);
    status = SP_OK;
  }
  return status;
}

// --- the test -----------------------------------------------------------------------------------------------------

static void explain(const sp_lr_suggestion *found) {
  sp_info("the loss falls most steeply at lr %.3g; a tenth of the lr with the lowest loss is %.3g", found->steepest,
          found->tenth);
  if (found->at_end) sp_info("the loss falls most steeply at the end of the test: consider a larger --to");
}

/// Called by rank 0 alone.
static sp_status conclude(const sp_run_config *config, const sp_lr_curve *curve, const char *why, const char *prefix) {
  sp_lr_suggestion suggestion;
  bool found = sp_lr_curve_suggest(curve, &suggestion);
  long long steps = curve->count;
  if (why) sp_info("the test ended after %lld of %lld steps: %s", steps, (long long)curve->steps, why);
  if (steps == 0) return sp_fail(SP_ERR_NONFINITE, "the first loss or its gradient is not finite");
  SP_TRY(write_table(curve, prefix));
  sp_status drawn = draw(curve, config->name, found ? &suggestion : NULL, prefix);
  if (!found && drawn == SP_OK) {
    return sp_fail(SP_ERR_DATA,
                   "no learning rate to suggest: in %lld steps the loss does not fall by more than its noise; "
                   "see %s.csv, and try another --from or --to, more --steps, or a larger train.batch_size or "
                   "optimizer.accumulate",
                   steps, prefix);
  }
  if (found) {  // even if the plot failed: the test may have taken long
    explain(&suggestion);
    printf("%.3g\n", suggestion.steepest);
  }
  return drawn;
}

static sp_status test(const sp_comm *comm, const sp_run_config *config, const void *context) {
  const lr_find_arguments *given = context;
  char prefix[PATH_MAX];
  sp_lr_curve curve;
  const char *why = NULL;
  sp_status chosen = comm->rank == 0 ? choose_prefix(given, config->name, prefix) : SP_OK;
  if (chosen == SP_OK && comm->rank == 0) chosen = check_outputs(given, config, prefix);
  SP_TRY(sp_comm_agree(comm, chosen));
  SP_TRY(sp_comm_agree(comm, sp_lr_curve_create(given->from, given->to, given->steps, &curve)));
  sp_status status = sp_lr_find(comm, config, &curve, &why);
  if (status == SP_OK) status = sp_comm_agree(comm, comm->rank == 0 ? conclude(config, &curve, why, prefix) : SP_OK);
  sp_lr_curve_free(&curve);
  return status;
}

static sp_status find(const sp_comm *comm, const void *given) {
  const lr_find_arguments *a = given;
  sp_run_config config;
  if (a->from >= a->to)
    return sp_fail(SP_ERR_USAGE, "--to: expected a value greater than --from (%g), got %g", a->from, a->to);
  SP_TRY(sp_run_read_config(comm, a->config, a->set.item, (int)a->set.count, &config));
  sp_status status = sp_run_on_lanes(comm, &config, test, a);
  sp_run_config_free(&config);
  return status;
}

static int execute(int argc, char **argv) {
  lr_find_arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  return sp_command_on_ranks(&usage, groups, 1, argc, argv, find, &given);
}

const sp_command sp_command_lr_find = {
    .variant = {"lr-find", "suggest a learning rate from a range test, with a table and a plot (under mpirun)"},
    .run = execute};
