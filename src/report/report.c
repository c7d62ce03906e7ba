// The observer that shows progress and writes records.
// May include: base, train.
#include "report/report.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "report/metrics.h"
#include "report/progress.h"

struct sp_report {
  sp_observer observer;
  sp_progress_line line;
  int64_t every_steps;
  sp_metrics_file metrics;
};

static void on_step(void *context, const sp_standing *s, const sp_scores *batch, const sp_scores *epoch) {
  sp_report *r = context;
  if (r->every_steps > 0 && s->step % r->every_steps == 0) sp_metrics_step(&r->metrics, s, batch);
  sp_progress_step(&r->line, s, epoch);
}

static void on_epoch(void *context, const sp_standing *s, const sp_scores *training, const sp_scores *validation,
                     bool best) {
  sp_report *r = context;
  sp_progress_epoch(&r->line, s, training, validation, best);
  sp_metrics_epoch(&r->metrics, s, training, validation, best);
}

static void on_checkpoint(void *context, const sp_standing *s, double seconds) {
  sp_report *r = context;
  sp_metrics_checkpoint(&r->metrics, s, seconds);
}

static void on_end(void *context, const sp_standing *s, const char *how) {
  sp_report *r = context;
  sp_progress_clear(&r->line);
  sp_metrics_end(&r->metrics, s, how);
}

sp_status sp_report_open(const char *directory, const sp_report_options *options, int64_t step, sp_report **out) {
  char path[PATH_MAX];
  sp_metrics_file metrics;
  sp_report *r;
  snprintf(path, sizeof path, "%s/metrics.jsonl", directory);
  SP_TRY(sp_metrics_open(path, step, &metrics));
  sp_status status = sp_allocate(1, sizeof *r, "report", &r);
  if (status != SP_OK) {
    close(metrics.descriptor);
    return status;
  }
  r->observer = (sp_observer){r, on_step, on_epoch, on_checkpoint, on_end};
  r->every_steps = options->steps;
  r->metrics = metrics;
  sp_metrics_start(&r->metrics, step);
  sp_progress_start(&r->line, options->progress);
  *out = r;
  return SP_OK;
}

void sp_report_close(sp_report *r) {
  if (!r) return;
  sp_progress_clear(&r->line);
  close(r->metrics.descriptor);
  free(r);
}

const sp_observer *sp_report_observer(const sp_report *r) { return &r->observer; }
