// SPDX-License-Identifier: Apache-2.0
// shardprop status: where a run stands.
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
                                     .help = "a run directory"},
                                    {.name = "watch",
                                     .letter = 'w',
                                     .kind = SP_OPTION_BOOL,
                                     .offset = AT(watch),
                                     .preset = "false",
                                     .help = "again and again until the run ends or dies"},
                                    {.name = "json",
                                     .letter = 'j',
                                     .kind = SP_OPTION_BOOL,
                                     .offset = AT(json),
                                     .preset = "false",
                                     .help = "for programs: an object in one line"},
                                    {0}};

static const sp_usage usage = {
    .command = "status",
    .synopsis = "shardprop status RUN [--watch] [--json]",
    .details =
        "Show where a run stands, on stdout: running, done, preempted (stopped with everything saved, start it\n"
        "again), failed, or crashed (its process is gone, or on another machine it has not been updated for a\n"
        "minute); its step, rate, losses, last checkpoint, starts, hosts and the time left. The run directory\n"
        "is all it looks at, which may be on another machine. The exit status is 0 when it could tell.",
    .example = "shardprop status runs/fashion-mnist --watch"};

enum { PAUSE = 2 };  // seconds

/// false: nobody can read it any more.
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
    .variant = {"status", "state of a run: while it trains, and after it has ended or died"}, .run = execute};
