// Writing and reading status.json.
// May include: base, config/document.h, train/observer.h.
#include "report/status_file.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "config/document.h"
#include "report/progress.h"

enum { LARGEST = 1 << 20 };  // bytes
static const double EVERY = 5, LEAST = 0.5;  // seconds between two, and where epochs are short

// --- the record ---------------------------------------------------------------------------------------------------

typedef struct member {
  const char *name;
  enum { TEXT, WHOLE, REAL } kind;
  size_t offset;
  int digits;  // of a REAL
} member;

#define TEXT_OF(name) {#name, TEXT, offsetof(sp_status_record, name), 0}
#define WHOLE_OF(name) {#name, WHOLE, offsetof(sp_status_record, name), 0}
#define REAL_OF(name, digits) {#name, REAL, offsetof(sp_status_record, name), digits}
static const member members[] = {
    TEXT_OF(state), TEXT_OF(reason), WHOLE_OF(step), WHOLE_OF(steps), WHOLE_OF(epoch), WHOLE_OF(epochs),
    WHOLE_OF(checkpoint_step), REAL_OF(checkpoint_time, 13), REAL_OF(rows_per_second, 9), REAL_OF(loss, 9),
    REAL_OF(validation_loss, 9), REAL_OF(seconds, 9), REAL_OF(seconds_left, 9), WHOLE_OF(starts), TEXT_OF(job),
    WHOLE_OF(restart), WHOLE_OF(ranks), TEXT_OF(hosts), TEXT_OF(host), WHOLE_OF(pid), REAL_OF(time, 13)};
enum { MEMBERS = sizeof members / sizeof *members };

static void *member_of(const sp_status_record *record, const member *m) {
  return (void *)((uintptr_t)record + m->offset);
}

void sp_status_record_write(const sp_status_record *record, const char *before, sp_text *out) {
  for (const member *m = members; m < members + MEMBERS; m++) {
    const void *value = member_of(record, m);
    sp_text_add(out, "%s%s\"%s\": ", m > members ? "," : "", before, m->name);
    switch (m->kind) {
      case TEXT: sp_text_add_json(out, *(const char *const *)value); break;
      case WHOLE: sp_text_add(out, "%lld", (long long)*(const int64_t *)value); break;
      case REAL: sp_text_add_json_number(out, *(const double *)value, m->digits); break;
    }
  }
}

/// What a scalar says, when it is of the kind; else what is there already stays.
static void read_member(const sp_node *node, const member *m, sp_text *texts, size_t *place, sp_status_record *record) {
  char *end;
  if (m->kind == TEXT) {
    *place = texts->size;
    sp_text_append(texts, node->text, strlen(node->text) + 1);
  } else if (m->kind == WHOLE) {
    long long value = strtoll(node->text, &end, 10);
    if (end > node->text && !*end && value >= 0) *(int64_t *)member_of(record, m) = value;
  } else {
    double value = strtod(node->text, &end);
    if (end > node->text && !*end && isfinite(value)) *(double *)member_of(record, m) = value;
  }
}

sp_status sp_status_record_read(const char *path, sp_status_record *out, char **texts) {
  char *data;
  size_t size, place[MEMBERS] = {0};
  sp_document *document;
  sp_status_record record = {.step = -1, .steps = -1, .epoch = -1, .epochs = -1, .checkpoint_step = -1,
                             .checkpoint_time = NAN, .rows_per_second = NAN, .loss = NAN, .validation_loss = NAN,
                             .seconds = NAN, .seconds_left = NAN, .starts = -1, .restart = -1, .ranks = -1, .pid = -1,
                             .time = NAN};
  SP_TRY(sp_file_read(path, LARGEST, &data, &size));
  sp_status status = sp_document_parse(data, size, path, &document);
  free(data);
  SP_TRY(status);
  sp_text all = {0};
  sp_text_append(&all, "", 1);  // the empty text, for what is missing
  for (int i = 0; i < MEMBERS; i++) {
    const sp_node *node = sp_document_find(document, members[i].name);
    if (node && node->kind == SP_NODE_SCALAR) read_member(node, &members[i], &all, &place[i], &record);
  }
  bool object = sp_document_root(document)->kind == SP_NODE_MAP;
  sp_document_free(document);
  if (!object) {
    sp_text_free(&all);
    return sp_fail(SP_ERR_CONFIG, "%s: expected a JSON object", path);
  }
  for (int i = 0; i < MEMBERS; i++) {
    if (members[i].kind == TEXT) *(const char **)member_of(&record, &members[i]) = all.data + place[i];
  }
  *out = record;
  *texts = all.data;
  return SP_OK;
}

// --- the file of a run that goes on -------------------------------------------------------------------------------

/// Has the run been started again meanwhile? This process is one that was cut off then, and has nothing to say.
static bool is_anothers(const sp_status_file *file) {
  sp_status_record found;
  char *texts;
  if (sp_status_record_read(file->path, &found, &texts) != SP_OK) return false;
  free(texts);
  return found.starts > file->record.starts;
}

static void write_file(sp_status_file *file, bool sync) {
  file->written = file->record.seconds;
  if (is_anothers(file)) return;
  sp_text text = {0};
  file->record.time = sp_clock_calendar();
  sp_text_add(&text, "{");
  sp_status_record_write(&file->record, "\n  ", &text);
  sp_text_add(&text, "\n}\n");
  sp_status status = (sync ? sp_file_write : sp_file_replace)(file->path, text.data, text.size);
  if (status != SP_OK && !file->failing) sp_warn("%s (the run goes on)", sp_error_message());
  file->failing = status != SP_OK;
  sp_text_free(&text);
}

static void take_standing(sp_status_file *file, const sp_standing *s) {
  sp_status_record *record = &file->record;
  record->step = s->step;
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

void sp_status_file_open(const char *directory, int ranks, char *hosts, sp_status_file *file) {
  enum { MOST = 1000000000 };
  const char *job = getenv("SLURM_JOB_ID");
  sp_status_record before;
  char *texts = NULL;
  *file = (sp_status_file){.hosts = hosts};
  snprintf(file->path, sizeof file->path, "%s/status.json", directory);
  snprintf(file->job, sizeof file->job, "%s", job ? job : "");
  gethostname(file->host, sizeof file->host - 1);
  if (sp_status_record_read(file->path, &before, &texts) != SP_OK) {
    before = (sp_status_record){.checkpoint_step = -1, .checkpoint_time = NAN, .rows_per_second = NAN, .loss = NAN,
                                .validation_loss = NAN, .seconds_left = NAN};
  }
  free(texts);
  file->record = before;
  file->record.state = "running";
  file->record.reason = file->reason;
  file->record.starts = before.starts >= 0 && before.starts < MOST ? before.starts + 1 : 1;
  file->record.job = file->job;
  file->record.restart = whole_number(getenv("SLURM_RESTART_COUNT"));
  file->record.ranks = ranks;
  file->record.hosts = hosts;
  file->record.host = file->host;
  file->record.pid = getpid();
  write_file(file, true);
}

void sp_status_file_ready(sp_status_file *file, const sp_standing *s, double checkpoint_time) {
  take_standing(file, s);
  file->record.checkpoint_step = isfinite(checkpoint_time) ? s->step : -1;
  file->record.checkpoint_time = checkpoint_time;
  write_file(file, false);
}

void sp_status_file_step(sp_status_file *file, const sp_standing *s, const sp_scores *epoch) {
  if (s->seconds - file->written < EVERY) return;
  take_standing(file, s);
  file->record.loss = epoch->value[0];
  write_file(file, false);
}

void sp_status_file_epoch(sp_status_file *file, const sp_standing *s, const sp_scores *training,
                          const sp_scores *validation) {
  take_standing(file, s);
  file->record.loss = training->value[0];
  if (validation->count > 0) file->record.validation_loss = validation->value[0];
  if (s->seconds - file->written >= LEAST) write_file(file, false);
}

void sp_status_file_checkpoint(sp_status_file *file, const sp_standing *s) {
  take_standing(file, s);
  file->record.checkpoint_step = s->step;
  file->record.checkpoint_time = sp_clock_calendar();
  write_file(file, false);
}

void sp_status_file_stand(sp_status_file *file, const sp_standing *s, const char *why) {
  take_standing(file, s);
  snprintf(file->reason, sizeof file->reason, "%s", why);
}

void sp_status_file_end(sp_status_file *file, const char *state, const char *error) {
  file->record.state = state;
  if (error) snprintf(file->reason, sizeof file->reason, "%s", error);
  for (char *c = file->reason; *c; c++) {
    if (*c == '\n') *c = ' ';
  }
  write_file(file, true);
  free(file->hosts);
  file->hosts = NULL;
}
