// SPDX-License-Identifier: Apache-2.0
// Reading and printing the state of a run.
#include "report/run_status.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/visible.h"
#include "checkpoint/checkpoint_directory.h"
#include "config/document.h"
#include "config/parse.h"

static const double SILENCE = 60;  // seconds without a write after which a run on another machine counts as crashed

// --- metrics.jsonl, which is used if there is no status.json -------------------------------------------------------

/// Return the end of a file, at most `limit` bytes, as a text; NULL if it cannot be read.
static char *read_end(const char *path, int64_t limit) {
  int64_t size = sp_file_size(path);
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return NULL;
  char *text = malloc((size_t)limit + 1);
  ssize_t got = text ? pread(descriptor, text, (size_t)limit, (off_t)(size > limit ? size - limit : 0)) : 0;
  close(descriptor);
  if (text) text[got > 0 ? got : 0] = '\0';
  return text;
}

static const char *text_at(const sp_document *line, const char *path) {
  const sp_yaml_node *node = sp_document_find(line, path);
  return node && node->kind == SP_YAML_SCALAR ? node->text : "";
}

static void take_number(const sp_document *line, const char *path, double *out) {
  char *end;
  const char *text = text_at(line, path);
  double value = strtod(text, &end);
  if (end > text && !*end && isfinite(value)) *out = value;
}

static void take_whole(const sp_document *line, const char *path, int64_t *out) {
  double value = -1;
  take_number(line, path, &value);
  if (value >= 0 && value < 9e18) *out = (int64_t)value;
}

/// Update the record by an event.
static void take_event(const sp_document *line, sp_status_record *record) {
  static const struct {
    const char *event, *state, *reason;
  } ends[] = {
      {"done", "done", ""}, {"early", "done", "why"}, {"stopped", "preempted", "why"}, {"failed", "failed", "message"}};
  snprintf(record->state, sizeof record->state, "running");
  *record->reason = '\0';
  for (int i = 0; i < 4; i++) {
    if (strcmp(text_at(line, "event"), ends[i].event) != 0) continue;
    snprintf(record->state, sizeof record->state, "%s", ends[i].state);
    sp_status_set_text(record->reason, sizeof record->reason, *ends[i].reason ? text_at(line, ends[i].reason) : "");
  }
  take_whole(line, "step", &record->step);
  take_whole(line, "epoch", &record->epoch);
  take_whole(line, "ranks", &record->ranks);
  take_number(line, "loss", &record->loss);
  take_number(line, "training.loss", &record->loss);
  take_number(line, "validation.loss", &record->validation_loss);
  take_number(line, "seconds", &record->seconds);
  take_number(line, "rows_per_second", &record->rows_per_second);
}

static void read_metrics(const char *path, sp_status_record *record) {
  enum { LIMIT = 1 << 16 };
  char *end = read_end(path, LIMIT);
  *record = sp_status_unknown;
  for (char *line = end, *next; line && (next = strchr(line, '\n')); line = next + 1) {
    sp_document *document;
    if (sp_document_parse(line, (size_t)(next - line), path, &document) != SP_OK) continue;  // incomplete first line
    if (*text_at(document, "event")) take_event(document, record);
    sp_document_free(document);
  }
  free(end);
}

// --- detecting a crash --------------------------------------------------------------------------------------------

static bool is_running(const sp_status_record *record) { return strcmp(record->state, "running") == 0; }

/// Return whether the run was started on this machine (*here) by a process that no longer exists. A file of an earlier
/// version has only the process number.
static bool is_gone(const sp_status_record *record, bool *here) {
  char host[sizeof record->host] = "", boot[SP_PROCESS_BOOT];
  gethostname(host, sizeof host - 1);
  sp_process_boot(boot);
  *here = strcmp(host, record->host) == 0 && record->pid > 0 && record->pid <= INT_MAX;
  bool restarted = *here && *record->boot && strcmp(record->boot, "?") != 0 && strcmp(boot, record->boot) != 0;
  return restarted || (*here && sp_process_has_ended(record->pid, record->pid_began));
}

static void judge_life(sp_run_status *s) {
  bool here, gone = is_gone(&s->record, &here);
  double silent = isfinite(s->word) ? s->now - s->word : 0;
  char time[32];
  sp_text_duration(silent, time);
  if (gone) {
    snprintf(s->note, sizeof s->note, "process %lld no longer exists on %s", (long long)s->record.pid, s->record.host);
  } else if (silent > SILENCE) {
    snprintf(s->note, sizeof s->note, "nothing written for %s: %s", time,
             here ? "hangs, or is in a long step" : "crashed, killed or disconnected");
  }
  if (gone || (silent > SILENCE && !here)) snprintf(s->record.state, sizeof s->record.state, "crashed");
}

// --- reading ------------------------------------------------------------------------------------------------------

/// Return the latest modification time of the files that a run writes while it is in progress.
static double last_word(const char *directory, const sp_run_status *s) {
  static const char *const files[] = {"status.json", "metrics.jsonl", "train.log", "lease"};
  double word = s->record.time;
  for (int i = 0; i < 4; i++) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, files[i]);
    double time = sp_file_time(path);
    if (!(word >= time) && isfinite(time)) word = time;
  }
  return word > s->now ? s->now : word;  // clocks of other machines may be ahead
}

/// Set the newest checkpoint from the contents of checkpoints/.
static void find_checkpoint(const char *directory, sp_run_status *s) {
  char path[PATH_MAX];
  int64_t *step, count;
  snprintf(path, sizeof path, "%s/checkpoints", directory);
  if (!sp_file_exists(path) || sp_checkpoint_list(path, &step, &count) != SP_OK) return;
  s->record.checkpoint_step = count > 0 ? step[0] : -1;
  free(step);
  snprintf(path, sizeof path, "%s/checkpoints/step-%09lld/manifest", directory, (long long)s->record.checkpoint_step);
  s->record.checkpoint_time = sp_file_time(path);
}

sp_status sp_run_status_read(const char *directory, sp_run_status *out) {
  char status_file[PATH_MAX], metrics[PATH_MAX], checkpoints[PATH_MAX];
  sp_run_status s = {.now = sp_clock_calendar()};
  if (strlen(directory) + 64 >= PATH_MAX) return sp_fail(SP_ERR_USAGE, "%s: the path is too long", directory);
  snprintf(status_file, sizeof status_file, "%s/status.json", directory);
  snprintf(metrics, sizeof metrics, "%s/metrics.jsonl", directory);
  snprintf(checkpoints, sizeof checkpoints, "%s/checkpoints", directory);
  if (!sp_file_exists(status_file) && !sp_file_exists(metrics) && !sp_file_exists(checkpoints)) {
    return sp_fail(SP_ERR_USAGE, "%s: not a run: there is no status.json, metrics.jsonl or checkpoints/", directory);
  }
  bool known = sp_status_record_read(status_file, &s.record) == SP_OK, here;
  if (known && is_running(&s.record) && is_gone(&s.record, &here)) {
    known = sp_status_record_read(status_file, &s.record) == SP_OK;  // it may just have ended in order
  }
  if (!known) read_metrics(metrics, &s.record);
  s.word = last_word(directory, &s);
  if (is_running(&s.record)) judge_life(&s);
  find_checkpoint(directory, &s);
  *out = s;
  return SP_OK;
}

// --- printing -----------------------------------------------------------------------------------------------------

/// "1,200 of 15,000 (8.0 %)", "1,200", or "?".
static void add_progress(int64_t done, int64_t all, bool percent, sp_text *out) {
  char a[32], b[32];
  sp_text_add(out, "%s", done >= 0 ? sp_text_count(done, a) : "?");
  if (all >= 0) sp_text_add(out, " of %s", sp_text_count(all, b));
  if (percent && done >= 0 && all > 0) sp_text_add(out, " (%.1f %%)", 100 * (double)done / (double)all);
}

static void add_rate(const sp_status_record *record, sp_text *out) {
  char text[32];
  bool known = record->rows_per_second >= 0 && record->rows_per_second < 9e18;
  sp_text_add(out, "%s rows/s", known ? sp_text_count((int64_t)record->rows_per_second, text) : "?");
}

static void add_checkpoint(const sp_run_status *s, sp_text *out) {
  char text[32];
  if (s->record.checkpoint_step < 0) {
    sp_text_add(out, "none");
    return;
  }
  double age = s->now - s->record.checkpoint_time;
  sp_text_add(out, "step %s", sp_text_count(s->record.checkpoint_step, text));
  if (isfinite(age)) sp_text_add(out, ", %s ago", sp_text_duration(age > 0 ? age : 0, text));
}

static void add_losses(const sp_status_record *record, const char *between, sp_text *out) {
  char text[32];
  sp_text_add(out, "%s", isfinite(record->loss) ? sp_text_score(record->loss, text) : "?");
  if (isfinite(record->validation_loss)) {
    sp_text_add(out, "%svalidation %s", between, sp_text_score(record->validation_loss, text));
  }
}

/// Append all hosts, or the first SHOWN of them and the number of the others.
static void add_hosts(const char *hosts, sp_text *out) {
  enum { SHOWN = 8 };
  const char *next = hosts;
  int count = 0, more = 0;
  for (; *(next += strspn(next, " ")); next += strcspn(next, " ")) {
    if (count < SHOWN) sp_text_add(out, "%s%.*s", count ? " " : "", (int)strcspn(next, " "), next);
    if (count++ >= SHOWN) more++;
  }
  if (more > 0) sp_text_add(out, " and %d more", more);
}

void sp_run_status_describe(const char *directory, const sp_run_status *s, sp_text *out) {
  const sp_status_record *record = &s->record;
  char text[32], counted[SP_TEXT_COUNTED];
  const char *why = *s->note ? s->note : record->reason;
  sp_text_add(out, "run         ");
  sp_visible_add(out, directory);
  sp_text_add(out, "\nstate       %s%s%s\n", record->state, *why ? ": " : "", why);
  sp_text_add(out, "step        ");
  add_progress(record->step, record->steps, true, out);
  sp_text_add(out, ", epoch ");
  add_progress(record->epoch, record->epochs, false, out);
  if (record->skipped > 0) {
    sp_text_add(out, "\nskipped     %s, not finite", sp_text_counted(record->skipped, "step", counted));
  }
  sp_text_add(out, "\nrate        ");
  add_rate(record, out);
  if (isfinite(record->seconds)) sp_text_add(out, ", %s trained", sp_text_duration(record->seconds, text));
  if (record->seconds_left > 0) sp_text_add(out, ", %s left", sp_text_duration(record->seconds_left, text));
  sp_text_add(out, "\nloss        ");
  add_losses(record, ", ", out);
  sp_text_add(out, "\ncheckpoint  ");
  add_checkpoint(s, out);
  if (record->starts > 0) {
    sp_text_add(out, "\nstarts      %lld", (long long)record->starts);
    if (*record->job) sp_text_add(out, ", Slurm job %s", record->job);
    if (record->restart > 0) {
      sp_text_add(out, " restarted %s", sp_text_counted(record->restart, "time", counted));
    }
  }
  if (record->ranks > 0) sp_text_add(out, "\nranks       %lld", (long long)record->ranks);
  if (*record->hosts) {
    sp_text_add(out, " on ");
    add_hosts(record->hosts, out);
    sp_text_add(out, "; rank 0 is process %lld on %s", (long long)record->pid, record->host);
  }
  if (isfinite(s->word)) sp_text_add(out, "\nupdated     %s ago", sp_text_duration(s->now - s->word, text));
  sp_text_add(out, "\n");
}

void sp_run_status_line(const sp_run_status *s, sp_text *out) {
  const sp_status_record *record = &s->record;
  const char *why = *s->note ? s->note : record->reason;
  char text[32];
  sp_text_add(out, "%s%s%s  step ", record->state, *why ? ": " : "", why);
  add_progress(record->step, record->steps, false, out);
  sp_text_add(out, "  epoch ");
  add_progress(record->epoch, record->epochs, false, out);
  sp_text_add(out, "  loss ");
  add_losses(record, "  ", out);
  sp_text_add(out, "  ");
  add_rate(record, out);
  if (record->seconds_left > 0) sp_text_add(out, "  %s left", sp_text_duration(record->seconds_left, text));
  sp_text_add(out, "  checkpoint ");
  add_checkpoint(s, out);
  sp_text_add(out, "\n");
}

void sp_run_status_json(const char *directory, const sp_run_status *s, sp_text *out) {
  sp_text_add(out, "{\"run\": ");
  sp_text_add_json(out, directory);
  sp_text_add(out, ",");
  sp_status_record_write(&s->record, " ", out);
  sp_text_add(out, ", \"note\": ");
  sp_text_add_json(out, s->note);
  sp_text_add(out, ", \"status_age\": ");
  sp_text_add_json_number(out, s->now - s->word, 9);
  sp_text_add(out, ", \"checkpoint_age\": ");
  sp_text_add_json_number(out, s->now - s->record.checkpoint_time, 9);
  sp_text_add(out, "}\n");
}
