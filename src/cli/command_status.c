// SPDX-License-Identifier: Apache-2.0
// shardprop status: show the state and the progress of a run.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/visible.h"
#include "cli/command.h"
#include "report/run_status.h"

typedef struct status_arguments {
  const char *run;
  bool watch, json;
} status_arguments;

#define AT(member) offsetof(status_arguments, member)
static const sp_option options[] = {{.name = "run",
                                     .kind = SP_OPTION_STRING,
                                     .offset = AT(run),
                                     .flags = SP_OPTION_POSITIONAL,
                                     .help = "run directory"},
                                    {.name = "watch",
                                     .letter = 'w',
                                     .kind = SP_OPTION_BOOL,
                                     .offset = AT(watch),
                                     .preset = "false",
                                     .help = "update the output until the run has ended or crashed"},
                                    {.name = "json",
                                     .letter = 'j',
                                     .kind = SP_OPTION_BOOL,
                                     .offset = AT(json),
                                     .preset = "false",
                                     .help = "print one JSON object, on one line"},
                                    {0}};

static const sp_usage usage = {
    .command = "status",
    .synopsis = "shardprop status RUN [--watch] [--json]",
    .details =
        "Print the state of a run on stdout: running, done, preempted (stopped after saving a checkpoint; start it\n"
        "again to continue), failed, or crashed (its process no longer exists, or, if it ran on another machine,\n"
        "its status has not been updated for a minute); then its step, rate, losses, last checkpoint, starts, hosts\n"
        "and remaining time. The command reads the run directory only, so the run may be on another machine. The\n"
        "exit status is 0 if the state could be determined.",
    .example = "shardprop status runs/fashion-mnist --watch"};

enum { PAUSE = 2 };  // seconds

/// Print the text; returns false if the reader has closed the output.
static bool say(const sp_text *text, const char *before) {
  fputs(before, stdout);
  sp_visible_print(text->data);
  return fflush(stdout) == 0;
}

static sp_status show_status(const void *context) {
  const status_arguments *given = context;
  const char *kind = getenv("TERM");
  bool terminal = isatty(STDOUT_FILENO) && kind && strcmp(kind, "dumb") != 0, running = true;
  double shown = -1;
  while (running) {
    sp_run_status now;
    SP_TRY(sp_run_status_read(given->run, &now));
    running = given->watch && strcmp(now.record.state, "running") == 0;
    bool redraw = given->watch && terminal && !given->json, news = !running || shown != now.record.time;
    sp_text text = {0};
    if (given->json) {
      sp_run_status_json(given->run, &now, &text);
    } else if (given->watch && !terminal) {
      sp_run_status_line(&now, &text);
    } else {
      sp_run_status_describe(given->run, &now, &text);
    }
    if ((redraw || news) && !say(&text, redraw ? "\033[H\033[J" : "")) running = false;
    sp_text_free(&text);
    shown = now.record.time;
    if (running) sleep(PAUSE);
  }
  return SP_OK;
}

static int execute(int argc, char **argv) {
  status_arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  return sp_command_alone(&usage, groups, 1, argc, argv, show_status, &given);
}

const sp_command sp_command_status = {
    .variant = {"status", "show the state of a run, while it trains and after it has ended"}, .run = execute};
