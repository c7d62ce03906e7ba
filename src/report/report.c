// The observer that shows progress and writes records.
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "base/memory.h"
#include "report/metrics_file.h"
#include "report/progress.h"

struct sp_report {
  sp_observer observer;
  sp_progress_line line;
  int64_t every_steps;
  sp_metrics_file metrics;
  sp_status_file *status;
  int log;
};

static void on_step(void *context, const sp_standing *s, const sp_scores *batch, const sp_scores *epoch) {
  sp_report *r = context;
  if (r->every_steps > 0 && s->step % r->every_steps == 0) sp_metrics_step(&r->metrics, s, batch);
  sp_progress_step(&r->line, s, epoch);
  sp_status_file_step(r->status, s, epoch);
}

static void on_epoch(void *context, const sp_standing *s, const sp_scores *training, const sp_scores *validation,
                     bool best) {
  sp_report *r = context;
  sp_progress_epoch(&r->line, s, training, validation, best);
  sp_metrics_epoch(&r->metrics, s, training, validation, best);
  sp_status_file_epoch(r->status, s, training, validation);
}

static void on_checkpoint(void *context, const sp_standing *s, const sp_saved *saved) {
  sp_report *r = context;
  (void)s;
  sp_metrics_checkpoint(&r->metrics, saved);
  sp_status_file_checkpoint(r->status, saved->step);
}

static void on_left_out(void *context, const sp_standing *s, int64_t step, int count) {
  sp_report *r = context;
  sp_metrics_left_out(&r->metrics, s, step, count);
}

static void on_end(void *context, const sp_standing *s, const char *how, const char *why) {
  sp_report *r = context;
  sp_progress_clear(&r->line);
  sp_metrics_end(&r->metrics, s, how, why);
  sp_status_file_stand(r->status, s, why);
}

static sp_status open_files(const char *directory, int64_t step, sp_report *r) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/train.log", directory);
  SP_TRY(sp_file_set_aside(path));
  r->log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (r->log < 0) return sp_file_error(path, "cannot be opened", errno);
  snprintf(path, sizeof path, "%s/metrics.jsonl", directory);
  return sp_metrics_open(path, step, &r->metrics);
}

sp_status sp_report_open(const char *directory, const sp_report_options *options, int64_t step, sp_status_file *file,
                         sp_report **out) {
  sp_report *r;
  SP_TRY(sp_allocate(1, sizeof *r, "report", &r));
  r->log = r->metrics.descriptor = -1;
  sp_status status = open_files(directory, step, r);
  if (status != SP_OK) {
    sp_report_close(r);
    return status;
  }
  r->observer = (sp_observer){r, on_step, on_epoch, on_checkpoint, on_left_out, on_end};
  r->every_steps = options->steps;
  r->status = file;
  sp_log_set_copy(r->log);
  sp_metrics_start(&r->metrics, step);
  sp_progress_start(&r->line, options->progress);
  *out = r;
  return SP_OK;
}

void sp_report_failure(sp_report *r, int64_t step, const char *message) {
  sp_progress_clear(&r->line);
  sp_metrics_failed(&r->metrics, step, message);
  dprintf(r->log, "shardprop: error: %s\n", message);
}

void sp_report_close(sp_report *r) {
  if (!r) return;
  sp_progress_clear(&r->line);
  sp_log_set_copy(-1);
  if (r->log >= 0) close(r->log);
  if (r->metrics.descriptor >= 0) close(r->metrics.descriptor);
  free(r);
}

const sp_observer *sp_report_observer(const sp_report *r) { return &r->observer; }
