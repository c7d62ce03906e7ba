// SPDX-License-Identifier: Apache-2.0
// Writing metrics.jsonl.
#include "report/metrics_file.h"

#include <errno.h>
#include <fcntl.h>
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

static int64_t step_of(const char *line, size_t length) {
  static const char key[] = "\"step\":";
  for (size_t i = 0; i + sizeof key - 1 < length; i++) {
    if (memcmp(line + i, key, sizeof key - 1) == 0) return strtoll(line + i + sizeof key - 1, NULL, 10);
  }
  return INT64_MAX;
}

static sp_status drop_later(const char *path, int64_t step) {
  char *text;
  size_t size;
  sp_text kept = {0};
  if (!sp_file_exists(path)) return SP_OK;
  SP_TRY(sp_file_read(path, INT64_MAX, &text, &size));
  for (const char *line = text, *end; (end = memchr(line, '\n', size - (size_t)(line - text))); line = end + 1) {
    size_t length = (size_t)(end + 1 - line);
    if (step_of(line, length) <= step) sp_text_append(&kept, line, length);
  }
  sp_status status = kept.size == size ? SP_OK : sp_file_write(path, sp_text_string(&kept), kept.size);
  sp_text_free(&kept);
  free(text);
  return status;
}

sp_status sp_metrics_open(const char *path, int64_t step, sp_metrics_file *out) {
  SP_TRY(sp_file_set_aside(path));
  sp_status status = drop_later(path, step);
  if (status == SP_ERR_SPACE) {
    sp_warn("%s; it keeps its records of steps after %lld", sp_error_message(), (long long)step);
  } else if (status != SP_OK) {
    return status;
  }
  int opened = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (opened < 0) return sp_file_error(path, "cannot be opened", errno);
  *out = (sp_metrics_file){.descriptor = opened};
  snprintf(out->path, sizeof out->path, "%s", path);
  return SP_OK;
}

/// Write a line completely or not at all: an incomplete line would damage the next one. A failure is a warning.
static void write_line(sp_metrics_file *metrics, sp_text *text) {
  sp_text_append(text, "\n", 1);
  off_t before = lseek(metrics->descriptor, 0, SEEK_END);
  ssize_t written = write(metrics->descriptor, text->data, text->size);
  int failed = written == (ssize_t)text->size ? 0 : written < 0 ? errno : ENOSPC;
  if (failed && written > 0 && before >= 0 && ftruncate(metrics->descriptor, before) != 0) failed = errno;
  if (failed && !metrics->failing) {
    sp_warn("metrics.jsonl: a record could not be written: %s (further failures are not reported)", strerror(failed));
  }
  metrics->failing = failed != 0;
  sp_text_free(text);
}

static void add_number(sp_text *text, const char *name, double value) {
  sp_text_append(text, ",", 1);
  sp_text_add_json(text, name);
  sp_text_append(text, ":", 1);
  sp_text_add_json_number(text, value, 9);
}

static void add_scores(sp_text *text, const char *name, const sp_scores *scores) {
  sp_text_add(text, ",\"%s\":{", name);
  for (int i = 0; i < scores->count; i++) {
    sp_text value = {0};
    add_number(&value, scores->name[i], scores->value[i]);
    sp_text_append(text, value.data + (i == 0), value.size - (i == 0));
    sp_text_free(&value);
  }
  sp_text_append(text, "}", 1);
}

static sp_text event(const char *name, const sp_standing *s) {
  sp_text text = {0};
  sp_text_add(&text, "{\"event\":\"%s\",\"step\":%lld", name, (long long)s->step);
  return text;
}

void sp_metrics_start(sp_metrics_file *metrics, int64_t step) {
  sp_standing at = {.step = step};
  sp_text text = event("start", &at);
  sp_text_add(&text, ",\"time\":%.3f}", sp_clock_calendar());
  write_line(metrics, &text);
}

void sp_metrics_failed(sp_metrics_file *metrics, int64_t step, const char *message) {
  sp_standing at = {.step = step};
  sp_text text = event("failed", &at);
  sp_text_add(&text, ",\"message\":");
  sp_text_add_json(&text, message);
  sp_text_append(&text, "}", 1);
  write_line(metrics, &text);
}

void sp_metrics_step(sp_metrics_file *metrics, const sp_standing *s, const sp_scores *batch) {
  sp_text text = event("step", s);
  sp_text_add(&text, ",\"epoch\":%lld", (long long)s->epoch);
  for (int i = 0; i < batch->count; i++) add_number(&text, batch->name[i], batch->value[i]);
  if (!isnan(s->lr)) add_number(&text, "lr", s->lr);
  if (!isnan(s->gradient_norm)) add_number(&text, "gradient_norm", s->gradient_norm);
  sp_text_append(&text, "}", 1);
  write_line(metrics, &text);
}

void sp_metrics_epoch(sp_metrics_file *metrics, const sp_standing *s, const sp_scores *training,
                      const sp_scores *validation, bool best) {
  sp_text text = event("epoch", s);
  sp_text_add(&text, ",\"epoch\":%lld", (long long)s->epoch);
  add_scores(&text, "training", training);
  if (validation->count > 0) {
    add_scores(&text, "validation", validation);
    sp_text_add(&text, ",\"best\":%s", best ? "true" : "false");
  }
  if (!isnan(s->lr)) add_number(&text, "lr", s->lr);
  add_number(&text, "seconds", s->seconds);
  add_number(&text, "rows_per_second", sp_standing_rate(s));
  sp_text_append(&text, "}", 1);
  write_line(metrics, &text);
}

void sp_metrics_checkpoint(sp_metrics_file *metrics, const sp_saved *saved) {
  sp_standing at = {.step = saved->step};
  sp_text text = event("checkpoint", &at);
  add_number(&text, "seconds", saved->seconds);
  add_number(&text, "stall", saved->copy);
  add_number(&text, "write", saved->write);
  add_number(&text, "verify", saved->verify);
  add_number(&text, "cost", saved->cost);
  sp_text_add(&text, ",\"bytes\":%lld}", (long long)saved->bytes);
  write_line(metrics, &text);
}

void sp_metrics_skipped(sp_metrics_file *metrics, const sp_standing *s, int64_t step, int count) {
  sp_metrics_file again;
  if (s->step < step && sp_metrics_open(metrics->path, s->step, &again) == SP_OK) {
    close(metrics->descriptor);
    *metrics = again;
  } else if (s->step < step) {
    sp_warn("metrics.jsonl: keeps the records of steps that are repeated: %s", sp_error_message());
  }
  sp_text text = event("skipped", s);
  sp_text_add(&text, ",\"skipped\":%lld,\"count\":%d}", (long long)step, count);
  write_line(metrics, &text);
}

void sp_metrics_end(sp_metrics_file *metrics, const sp_standing *s, sp_ending ending, const char *why) {
  static const char *const names[] = {"done", "early", "stopped"};
  sp_text text = event(names[ending], s);
  sp_text_add(&text, ",\"epoch\":%lld,\"ranks\":%d,\"rows\":%lld", (long long)s->epoch, s->ranks, (long long)s->rows);
  add_number(&text, "seconds", s->seconds);
  add_number(&text, "rows_per_second", s->seconds > 0 ? (double)s->rows / s->seconds : 0);
  if (*why) {
    sp_text_add(&text, ",\"why\":");
    sp_text_add_json(&text, why);
  }
  sp_text_append(&text, "}", 1);
  write_line(metrics, &text);
}

// --- the report ---------------------------------------------------------------------------------------------------

typedef struct records {
  char path[PATH_MAX];
  int64_t every_steps;
  sp_metrics_file file;
} records;

static sp_status open_records(const sp_report_start *start, void **context) {
  records *r;
  SP_TRY(sp_allocate(1, sizeof *r, "metrics.jsonl", &r));
  snprintf(r->path, sizeof r->path, "%s/metrics.jsonl", start->directory);
  r->every_steps = start->options->steps;
  r->file.descriptor = -1;
  *context = r;
  return SP_OK;
}

static sp_status on_begin(void *context, const sp_standing *s) {
  records *r = context;
  SP_TRY(sp_metrics_open(r->path, s->step, &r->file));
  sp_metrics_start(&r->file, s->step);
  return SP_OK;
}

static void on_step(void *context, const sp_standing *s, const sp_scores *batch, const sp_scores *epoch) {
  records *r = context;
  (void)epoch;
  if (r->every_steps > 0 && s->step % r->every_steps == 0) sp_metrics_step(&r->file, s, batch);
}

static void on_epoch(void *context, const sp_standing *s, const sp_scores *training, const sp_scores *validation,
                     bool best) {
  sp_metrics_epoch(&((records *)context)->file, s, training, validation, best);
}

static void on_checkpoint(void *context, const sp_standing *s, const sp_saved *saved) {
  (void)s;
  sp_metrics_checkpoint(&((records *)context)->file, saved);
}

static void on_skipped(void *context, const sp_standing *s, int64_t step, int count) {
  sp_metrics_skipped(&((records *)context)->file, s, step, count);
}

static void on_end(void *context, const sp_standing *s, sp_ending ending, const char *why) {
  sp_metrics_end(&((records *)context)->file, s, ending, why);
}

static void on_fail(void *context, int64_t step, const char *message) {
  sp_metrics_failed(&((records *)context)->file, step, message);
}

static void on_finish(void *context) {
  records *r = context;
  if (r->file.descriptor >= 0) close(r->file.descriptor);
  r->file.descriptor = -1;
}

const sp_report_type sp_report_metrics_file = {.open = open_records,
                                               .events = {.begin = on_begin,
                                                          .step = on_step,
                                                          .epoch = on_epoch,
                                                          .checkpoint = on_checkpoint,
                                                          .skipped = on_skipped,
                                                          .end = on_end,
                                                          .fail = on_fail,
                                                          .finish = on_finish,
                                                          .close = free}};
