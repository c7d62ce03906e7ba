// SPDX-License-Identifier: Apache-2.0
// Writing and reading the files of the groups.
#include "supervise/watchdog_files.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/text.h"

enum { LARGEST = 64 << 20 };

static void file_of(const sp_watch_state *w, int group, char path[PATH_MAX]) {
  snprintf(path, PATH_MAX, "%s/watchdog/node-%04d", w->directory, group);
}

/// Let an alarm end the process if the file system, and with it this thread, blocks for as long as the limit.
static void guard(const sp_watch_state *w, struct sigaction *before) {
  enum { LEAST_SECONDS = 60 };
  struct sigaction action = {.sa_handler = SIG_DFL};
  double limit = (double)w->base * w->tick;
  sigemptyset(&action.sa_mask);
  sigaction(SIGALRM, &action, before);
  alarm(limit > LEAST_SECONDS ? (unsigned)limit : LEAST_SECONDS);
}

static void end_guard(const struct sigaction *before) {
  alarm(0);
  sigaction(SIGALRM, before, NULL);
}

void sp_watchdog_write(sp_watch_state *w, bool ending) {
  char path[PATH_MAX];
  sp_text text = {0};
  long long beats = 0;
  const sp_watch_group *group = &w->group[w->at];
  sp_watchdog_fill(w);
  for (int r = 0; r < w->ranks; r++) beats += (w->view[r].beat >> 4) + w->view[r].transfers;
  sp_text_add(&text, "start %lld ticks %lld beats %lld ending %d\n", w->start, (long long)w->now, beats, ending);
  for (int r = group->first; r < group->first + w->ranks; r++) {
    const sp_watch_standstill *s = &w->standstill[r];
    sp_text_add(&text, "rank %d on %s process %ld step %lld phase %s for %.3f s state %c\n", r, s->host, s->process,
                s->step, sp_phase_names[s->phase], s->quiet, s->state);
  }
  struct sigaction before;
  guard(w, &before);
  snprintf(path, sizeof path, "%s/watchdog", w->directory);
  sp_status status = sp_directory_create(path);
  file_of(w, w->at, path);
  if (status == SP_OK) (void)sp_file_write(path, text.data, text.size);  // other nodes notice a failure
  end_guard(&before);
  sp_text_free(&text);
  w->written = w->now;
}

static void read_ranks(sp_watch_state *w, const sp_watch_group *group, const char *text) {
  for (const char *line = strchr(text, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
    sp_watch_standstill s = {.known = true};
    char phase[16];
    int rank;
    int found = sscanf(line + 1, "rank %d on %63s process %ld step %lld phase %15s for %lf s state %c", &rank, s.host,
                       &s.process, &s.step, phase, &s.quiet, &s.state);
    if (found != 7 || rank < group->first || rank >= group->first + group->ranks) continue;
    while (sp_phase_names[s.phase] && strcmp(sp_phase_names[s.phase], phase) != 0) s.phase++;
    if (sp_phase_names[s.phase]) w->standstill[rank] = s;
  }
}

static void read_group(sp_watch_state *w, int g, bool keep) {
  sp_watch_group *group = &w->group[g];
  char path[PATH_MAX], *text = NULL;
  size_t size;
  long long start, ticks = -1, beats = -1;
  int ending = 0;
  file_of(w, g, path);
  bool there = sp_file_exists(path) && sp_file_read(path, LARGEST, &text, &size) == SP_OK &&
               sscanf(text, "start %lld ticks %lld beats %lld ending %d", &start, &ticks, &beats, &ending) == 4 &&
               start == w->start;
  if (!there) ticks = beats = -1;
  group->heard = there && ticks != group->ticks;
  group->moved = there && beats != group->beats;
  group->ending = group->heard && ending;
  if (group->heard) read_ranks(w, group, text);
  if (keep) {
    group->ticks = ticks;
    group->beats = beats;
  }
  free(text);
}

void sp_watchdog_read(sp_watch_state *w, bool keep) {
  struct sigaction before;
  guard(w, &before);
  for (int g = 0; g < w->groups; g++) {
    if (g != w->at) read_group(w, g, keep);
  }
  end_guard(&before);
}
