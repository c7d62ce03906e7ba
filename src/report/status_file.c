// SPDX-License-Identifier: Apache-2.0
// Writing and reading status.json.
#include "report/status_file.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/document.h"
#include "config/parse.h"
#include "report/report_interface.h"

enum { LARGEST = 1 << 20 };                  // bytes
static const double EVERY = 5, LEAST = 0.5;  // seconds between two writes, and between those at the end of epochs

// --- the record ---------------------------------------------------------------------------------------------------

typedef struct member {
  const char *name;
  enum { TEXT, WHOLE, REAL } kind;
  size_t offset, size;
  int digits;  // of a REAL
} member;

#define MEMBER(name, kind, digits) \
  { #name, kind, offsetof(sp_status_record, name), sizeof((sp_status_record *)0)->name, digits }
static const member members[] = {MEMBER(state, TEXT, 0),
                                 MEMBER(reason, TEXT, 0),
                                 MEMBER(step, WHOLE, 0),
                                 MEMBER(steps, WHOLE, 0),
                                 MEMBER(epoch, WHOLE, 0),
                                 MEMBER(epochs, WHOLE, 0),
                                 MEMBER(skipped, WHOLE, 0),
                                 MEMBER(checkpoint_step, WHOLE, 0),
                                 MEMBER(checkpoint_time, REAL, 13),
                                 MEMBER(rows_per_second, REAL, 9),
                                 MEMBER(loss, REAL, 9),
                                 MEMBER(validation_loss, REAL, 9),
                                 MEMBER(seconds, REAL, 9),
                                 MEMBER(seconds_left, REAL, 9),
                                 MEMBER(starts, WHOLE, 0),
                                 MEMBER(job, TEXT, 0),
                                 MEMBER(restart, WHOLE, 0),
                                 MEMBER(ranks, WHOLE, 0),
                                 MEMBER(hosts, TEXT, 0),
                                 MEMBER(host, TEXT, 0),
                                 MEMBER(pid, WHOLE, 0),
                                 MEMBER(pid_began, WHOLE, 0),
                                 MEMBER(boot, TEXT, 0),
                                 MEMBER(time, REAL, 13)};
enum { MEMBERS = sizeof members / sizeof *members };

const sp_status_record sp_status_unknown = {.state = "unknown",
                                            .step = -1,
                                            .steps = -1,
                                            .epoch = -1,
                                            .epochs = -1,
                                            .skipped = -1,
                                            .checkpoint_step = -1,
                                            .checkpoint_time = (double)NAN,
                                            .rows_per_second = (double)NAN,
                                            .loss = (double)NAN,
                                            .validation_loss = (double)NAN,
                                            .seconds = (double)NAN,
                                            .seconds_left = (double)NAN,
                                            .starts = -1,
                                            .restart = -1,
                                            .ranks = -1,
                                            .pid = -1,
                                            .pid_began = -1,
                                            .time = (double)NAN};

void sp_status_record_write(const sp_status_record *record, const char *before, sp_text *out) {
  for (const member *m = members; m < members + MEMBERS; m++) {
    const void *value = (const char *)record + m->offset;
    sp_text_add(out, "%s%s\"%s\": ", m > members ? "," : "", before, m->name);
    switch (m->kind) {
      case TEXT: sp_text_add_json(out, value); break;
      case WHOLE: sp_text_add(out, "%lld", (long long)*(const int64_t *)value); break;
      case REAL: sp_text_add_json_number(out, *(const double *)value, m->digits); break;
    }
  }
}

void sp_status_set_text(char *out, size_t size, const char *text) {
  snprintf(out, size, "%s", text);
  for (char *c = out; *c; c++) {
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' ';
  }
}

/// Set a member from a scalar if that is of the right kind; otherwise leave it unchanged.
static void read_member(const char *text, const member *m, sp_status_record *record) {
  void *value = (char *)record + m->offset;
  char *end;
  if (m->kind == TEXT) {
    sp_status_set_text(value, m->size, text);
  } else if (m->kind == WHOLE) {
    long long found = strtoll(text, &end, 10);
    if (end > text && !*end && found >= 0) *(int64_t *)value = found;
  } else {
    double found = strtod(text, &end);
    if (end > text && !*end && isfinite(found)) *(double *)value = found;
  }
}

sp_status sp_status_record_read(const char *path, sp_status_record *record) {
  char *text;
  size_t size;
  sp_document *document;
  if (sp_file_exists(path) && !sp_file_regular(path)) {  // reading a pipe may block
    return sp_fail(SP_ERR_IO, "%s: is a directory, a device or a pipe, expected a file", path);
  }
  SP_TRY(sp_file_read(path, LARGEST, &text, &size));
  sp_status status = sp_document_parse(text, size, path, &document);
  free(text);
  SP_TRY(status);
  if (sp_document_root(document)->kind == SP_YAML_MAP) {
    *record = sp_status_unknown;
    for (const member *m = members; m < members + MEMBERS; m++) {
      const sp_yaml_node *node = sp_document_find(document, m->name);
      if (node && node->kind == SP_YAML_SCALAR) read_member(node->text, m, record);
    }
  } else {
    status = sp_fail(SP_ERR_CONFIG, "%s: expected a JSON object", path);
  }
  sp_document_free(document);
  return status;
}

// --- the file of a run in progress --------------------------------------------------------------------------------

/// Returns whether the run was started again meanwhile. Then this process must not write the file.
static bool is_anothers(const sp_status_file *file) {
  sp_status_record found;
  return sp_status_record_read(file->path, &found) == SP_OK && found.starts > file->record.starts;
}

static void add_contents(sp_status_file *file, sp_text *out) {
  file->record.time = sp_clock_calendar();
  sp_text_add(out, "{");
  sp_status_record_write(&file->record, "\n  ", out);
  sp_text_add(out, "\n}\n");
}

static void write_file(sp_status_file *file, bool sync) {
  file->written = file->record.seconds;
  if (is_anothers(file)) return;
  sp_text text = {0};
  add_contents(file, &text);
  sp_status status = (sync ? sp_file_write : sp_file_replace)(file->path, text.data, text.size);
  if (status != SP_OK && !file->failing) sp_warn("%s (the run continues)", sp_error_message());
  file->failing = status != SP_OK;
  sp_text_free(&text);
}

/// Write the file for the last time. On a full disk it is written in place, so that it does not say "running" for ever;
/// without the reason, if there is no room for that.
static void write_end(sp_status_file *file) {
  if (is_anothers(file)) return;
  sp_text text = {0};
  add_contents(file, &text);
  sp_status status = sp_file_write(file->path, text.data, text.size);
  if (status == SP_ERR_SPACE) status = sp_file_overwrite(file->path, text.data, text.size);
  if (status == SP_ERR_SPACE) {
    sp_text_free(&text);
    *file->record.reason = '\0';
    add_contents(file, &text);
    status = sp_file_overwrite(file->path, text.data, text.size);
  }
  if (status != SP_OK) {
    sp_warn("%s: the file does not say that this start of the run has ended (%s)", sp_error_message(),
            file->record.state);
  }
  sp_text_free(&text);
}

static void take_standing(sp_status_file *file, const sp_standing *s) {
  sp_status_record *record = &file->record;
  record->step = s->step;
  record->skipped = s->skipped;
  record->steps = s->steps;
  record->epoch = s->epoch;
  record->epochs = s->epochs;
  record->seconds = s->seconds;
  if (s->seconds > s->started_seconds) record->rows_per_second = sp_standing_rate(s);
  record->seconds_left = sp_standing_left(s);
}

static int64_t whole_number(const char *text) {
  char *end;
  long long value = text ? strtoll(text, &end, 10) : 0;
  return text && end > text && !*end && value >= 0 ? value : 0;
}

void sp_status_file_open(const char *directory, int ranks, const char *hosts, sp_status_file *file) {
  enum { MOST = 1000000000 };
  const char *job = getenv("SLURM_JOB_ID");
  sp_status_record *record = &file->record;
  file->failing = false;
  snprintf(file->path, sizeof file->path, "%s/status.json", directory);
  if (sp_file_set_aside(file->path) != SP_OK) sp_warn("%s (the run continues)", sp_error_message());
  if (sp_status_record_read(file->path, record) != SP_OK) *record = sp_status_unknown;
  sp_status_set_text(record->state, sizeof record->state, "running");
  sp_status_set_text(record->reason, sizeof record->reason, "");
  record->starts = record->starts >= 0 && record->starts < MOST ? record->starts + 1 : 1;
  sp_status_set_text(record->job, sizeof record->job, job ? job : "");
  record->restart = whole_number(getenv("SLURM_RESTART_COUNT"));
  record->ranks = ranks;
  sp_status_set_text(record->hosts, sizeof record->hosts, hosts);
  *record->host = '\0';
  gethostname(record->host, sizeof record->host - 1);
  record->pid = getpid();
  record->pid_began = sp_process_began(record->pid);
  sp_process_boot(record->boot);
  write_file(file, true);
}

void sp_status_file_ready(sp_status_file *file, const sp_standing *s, double checkpoint_time) {
  take_standing(file, s);
  file->record.checkpoint_step = isfinite(checkpoint_time) ? s->step : -1;
  file->record.checkpoint_time = checkpoint_time;
  write_file(file, false);
}

void sp_status_file_step(sp_status_file *file, const sp_standing *s, const sp_scores *epoch) {
  take_standing(file, s);
  file->record.loss = epoch->value[0];
  if (s->seconds - file->written >= EVERY) write_file(file, false);
}

void sp_status_file_epoch(sp_status_file *file, const sp_standing *s, const sp_scores *training,
                          const sp_scores *validation) {
  take_standing(file, s);
  file->record.loss = training->value[0];
  if (validation->count > 0) file->record.validation_loss = validation->value[0];
  if (s->seconds - file->written >= LEAST) write_file(file, false);
}

void sp_status_file_checkpoint(sp_status_file *file, int64_t step) {
  file->record.checkpoint_step = step;
  file->record.checkpoint_time = sp_clock_calendar();
  write_file(file, false);
}

void sp_status_file_stand(sp_status_file *file, const sp_standing *s, const char *why) {
  take_standing(file, s);
  sp_status_set_text(file->record.reason, sizeof file->record.reason, why);
}

void sp_status_file_end(sp_status_file *file, sp_ending ending, const char *error) {
  const char *state = ending == SP_ENDING_FAILED ? "failed" : ending == SP_ENDING_STOPPED ? "preempted" : "done";
  sp_status_set_text(file->record.state, sizeof file->record.state, state);
  if (error) sp_status_set_text(file->record.reason, sizeof file->record.reason, error);
  write_end(file);
}

// --- the report ---------------------------------------------------------------------------------------------------

static sp_status open_file(const sp_report_start *start, void **context) {
  sp_status_file *file;
  SP_TRY(sp_allocate(1, sizeof *file, "status.json", &file));
  sp_status_file_open(start->directory, start->ranks, start->hosts, file);
  *context = file;
  return SP_OK;
}

static void on_ready(void *context, const sp_standing *s, double checkpoint_time) {
  sp_status_file_ready(context, s, checkpoint_time);
}

static void on_step(void *context, const sp_standing *s, const sp_scores *batch, const sp_scores *epoch) {
  (void)batch;
  sp_status_file_step(context, s, epoch);
}

static void on_epoch(void *context, const sp_standing *s, const sp_scores *training, const sp_scores *validation,
                     bool best) {
  (void)best;
  sp_status_file_epoch(context, s, training, validation);
}

static void on_checkpoint(void *context, const sp_standing *s, const sp_saved *saved) {
  (void)s;
  sp_status_file_checkpoint(context, saved->step);
}

static void on_end(void *context, const sp_standing *s, sp_ending ending, const char *why) {
  sp_status_file_stand(context, s, why);
  if (ending != SP_ENDING_STOPPED) ((sp_status_file *)context)->record.seconds_left = 0;
}

static void on_over(void *context, sp_ending ending, const char *message) {
  sp_status_file_end(context, ending, message);
}

const sp_report_type sp_report_status_file = {.open = open_file,
                                              .events = {.ready = on_ready,
                                                         .step = on_step,
                                                         .epoch = on_epoch,
                                                         .checkpoint = on_checkpoint,
                                                         .end = on_end,
                                                         .over = on_over,
                                                         .close = free}};
