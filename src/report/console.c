// SPDX-License-Identifier: Apache-2.0
// The console: a line per epoch, and a progress line, which is redrawn on a terminal and printed every few seconds elsewhere.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/report_interface.h"

enum { REDRAWS_A_SECOND = 10 };

typedef struct console {
  bool terminal;
  double every;  // seconds between lines
  double next;   // clock
  bool drawn;    // a progress line must be cleared
} console;

static sp_status open_console(const sp_report_start *start, void **context) {
  const char *terminal = getenv("TERM");
  console *c;
  SP_TRY(sp_allocate(1, sizeof *c, "console", &c));
  c->terminal = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
  c->every = c->terminal ? 1.0 / REDRAWS_A_SECOND : start->options->progress;
  *context = c;
  return SP_OK;
}

static sp_status on_begin(void *context, const sp_standing *s) {
  console *c = context;
  (void)s;
  c->next = sp_clock() + c->every;
  return SP_OK;
}

/// Clear the progress line before other output.
static void clear(console *c) {
  if (c->drawn && write(STDERR_FILENO, "\r\033[K", 4) < 0) return;
  c->drawn = false;
}

/// Metrics that are NaN are omitted, such as auc for training rows: it needs all predictions of an evaluation.
static void add_scores(sp_text *text, const sp_scores *scores) {
  char value[32];
  for (int i = 0; i < scores->count; i++) {
    if (i > 0 && isnan(scores->value[i])) continue;
    sp_text_add(text, "  %s %s", scores->name[i], sp_text_score(scores->value[i], value));
  }
}

static void on_step(void *context, const sp_standing *s, const sp_scores *batch, const sp_scores *epoch) {
  console *c = context;
  double now = sp_clock();
  (void)batch;
  if (now < c->next || sp_log_get_level() < SP_LOG_INFO) return;
  c->next = now + c->every;
  double left = sp_standing_left(s);
  char step[32], steps[32], rows[32], duration[32];
  sp_text text = {0};
  sp_text_add(&text, "epoch %lld/%lld  step %s/%s", (long long)s->epoch, (long long)s->epochs,
              sp_text_count(s->step, step), sp_text_count(s->steps, steps));
  add_scores(&text, epoch);
  sp_text_add(&text, "  %s rows/s", sp_text_count((int64_t)sp_standing_rate(s), rows));
  if (isfinite(left)) sp_text_add(&text, "  %s left", sp_text_duration(left, duration));
  if (c->terminal) {
    fprintf(stderr, "\r%s\033[K", text.data);
    fflush(stderr);
    c->drawn = true;
  } else {
    sp_info("%s", text.data);
  }
  sp_text_free(&text);
}

static void on_epoch(void *context, const sp_standing *s, const sp_scores *training, const sp_scores *validation,
                     bool best) {
  char rows[32];
  sp_text text = {0};
  clear(context);
  sp_text_add(&text, "epoch %lld/%lld:", (long long)s->epoch, (long long)s->epochs);
  add_scores(&text, training);
  if (validation->count > 0) {
    sp_text_add(&text, "  | validation");
    add_scores(&text, validation);
    if (best) sp_text_add(&text, " (best)");
  }
  if (s->scheduled && !isnan(s->lr)) sp_text_add(&text, "  | lr %.3g", s->lr);
  sp_text_add(&text, "  | %s rows/s", sp_text_count((int64_t)sp_standing_rate(s), rows));
  sp_info("%s", text.data);
  sp_text_free(&text);
}

static void on_end(void *context, const sp_standing *s, sp_ending ending, const char *why) {
  (void)s;
  (void)ending;
  (void)why;
  clear(context);
}

static void on_fail(void *context, int64_t step, const char *message) {
  (void)step;
  (void)message;
  clear(context);
}

static void on_finish(void *context) { clear(context); }

const sp_report_type sp_report_console = {.open = open_console,
                                          .events = {.begin = on_begin,
                                                     .step = on_step,
                                                     .epoch = on_epoch,
                                                     .end = on_end,
                                                     .fail = on_fail,
                                                     .finish = on_finish,
                                                     .close = free}};
