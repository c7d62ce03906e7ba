// SPDX-License-Identifier: Apache-2.0
// Reporting the ranks at fault, printing stacks, and ending the processes.
#define _GNU_SOURCE
#include "supervise/watchdog_end.h"

#include <execinfo.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "supervise/watchdog_files.h"

enum { MOST_NAMED = 8, SPEAKERS = 4 };
enum { LAST_SECONDS = 60 };  // limit for all of this, even if the file system or the terminal does not respond
static const double OTHERS = 1.5, STACK = 2, NEIGHBOURS = 4, LAUNCHER = 1;  // waiting times in seconds

/// Wait for a moment and tick, so that the next rank does not take over. Returns the seconds waited.
static double rest(sp_watch_state *w) {
  nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
  w->watched[w->mine].tick++;
  return 0.02;
}

// --- the stack ----------------------------------------------------------------------------------------------------

static atomic_int shown;

static void show_stack(int signal) {
  (void)signal;
  void *frame[64];
  backtrace_symbols_fd(frame, backtrace(frame, 64), STDERR_FILENO);
  shown = 1;
}

/// Make the main thread print its stack, which no other thread can do.
static void ask_for_stack(sp_watch_state *w) {
  struct sigaction action = {.sa_handler = show_stack, .sa_flags = SA_RESTART};
  const sp_watch_group *group = &w->group[w->at];
  int rank = group->first + w->mine;
  sigemptyset(&action.sa_mask);
  sigaction(SIGUSR2, &action, NULL);
  sp_error("rank %d on %s (process %ld): stack of its main thread:", rank, group->host, (long)getpid());
  pthread_kill(w->main, SIGUSR2);
  for (double waited = 0; waited < STACK && !shown;) waited += rest(w);
  if (!shown) sp_error("rank %d on %s: its main thread does not respond: it is in a system call", rank, group->host);
}

// --- ranks at fault -----------------------------------------------------------------------------------------------

static bool is_dead(char state) { return strchr("TtZXx-", state) != NULL; }

/// Rate how likely a rank is the one that all others wait for: smaller is more likely.
static int distance(const sp_watch_standstill *s, long long least) {
  if (!s->known || s->phase == SP_PHASE_ENDED) return 5;
  if (is_dead(s->state)) return 0;
  if (s->state == 'D') return 1;
  if (s->step > least) return 4;
  return s->phase == SP_PHASE_EXCHANGE ? 3 : 2;
}

static int find_nearest(const sp_watch_state *w, long long *least) {
  int nearest = 5;
  *least = INT64_MAX;
  for (int r = 0; r < w->size; r++) {
    const sp_watch_standstill *s = &w->standstill[r];
    if (s->known && s->phase != SP_PHASE_ENDED && s->step < *least) *least = s->step;
  }
  for (int r = 0; r < w->size; r++) {
    int d = distance(&w->standstill[r], *least);
    nearest = d < nearest ? d : nearest;
  }
  return nearest;
}

static const char *state_text(char state) {
  switch (state) {
    case 'T': return "is stopped (T)";
    case 't': return "is stopped by a debugger (t)";
    case 'D': return "is waiting for a disk or a file system (D)";
    case 'R': return "is running (R)";
    case 'S': return "is waiting (S)";
    default: return "no longer exists";
  }
}

static void name_rank(sp_watch_state *w, int r, sp_text *text) {
  const sp_watch_standstill *s = &w->standstill[r];
  const sp_watch_group *own = &w->group[w->at];
  sp_text_add(text, "%srank %d on %s (process %ld) %s: after step %lld, in phase %s for %.3g s", text->size ? "; " : "",
              r, s->host, s->process, state_text(s->state), s->step, sp_phase_names[s->phase], s->quiet);
  if (r >= own->first && r < own->first + w->ranks) w->watched[r - own->first].named = 1;
}

static void name_groups(const sp_watch_state *w, sp_text *text) {
  int silent = 0;
  for (int g = 0; g < w->groups; g++) {
    const sp_watch_group *group = &w->group[g];
    int last = group->first + group->ranks - 1;
    if (g == w->at || group->heard || ++silent > MOST_NAMED) continue;
    sp_text_add(text, "%sno sign of node %d on %s (rank", text->size ? "; " : "", g, group->host);
    sp_text_add(text, last > group->first ? "s %d to %d)" : " %d)", group->first, last);
  }
  if (silent > MOST_NAMED) sp_text_add(text, " and %d more nodes", silent - MOST_NAMED);
}

static void name_ranks(sp_watch_state *w, sp_text *text) {
  long long least;
  int nearest = find_nearest(w, &least), count = 0;
  if (text->size > 0 && nearest > 0) return;  // the silent nodes are the cause
  for (int r = 0; r < w->size; r++) {
    if (distance(&w->standstill[r], least) == nearest && ++count <= MOST_NAMED) name_rank(w, r, text);
  }
  if (count > MOST_NAMED) sp_text_add(text, "; and %d more ranks", count - MOST_NAMED);
  if (nearest >= 2) sp_text_add(text, "; no rank is stopped or missing: does the network or the file system hang?");
}

/// Returns whether this node reports. If several nodes end at the same time, only the first ones report.
static bool speaks(const sp_watch_state *w) {
  int before = 0;
  for (int g = 0; g < w->at; g++) before += w->group[g].ending;
  return before < SPEAKERS;
}

static void speak(sp_watch_state *w, const sp_text *who) {
  sp_error(
      "%s: watchdog: no progress for %.3g s: %s. All ranks of this node exit with status %d; the state of the ranks "
      "is in %s/watchdog; start the run again to continue from its last checkpoint",
      w->group[w->at].host, (double)w->quiet * w->tick, who->data, SP_EXIT_HUNG, w->directory);
  ask_for_stack(w);
}

// --- leaving ------------------------------------------------------------------------------------------------------

/// Limit the time until this process ends, in case a file system or a terminal blocks it.
static void set_alarm(void) {
  signal(SIGALRM, SIG_DFL);
  alarm(LAST_SECONDS);
}

/// Wait until the live ranks of the group have reported and exited.
static void await_neighbours(sp_watch_state *w) {
  for (double waited = 0; waited < NEIGHBOURS; waited += rest(w)) {
    bool all = true;
    for (int r = 0; r < w->ranks; r++) {
      all = all && (r == w->mine || !sp_watchdog_lives(w, r) || is_dead(sp_watchdog_process(w, r)));
    }
    if (all) return;
  }
}

void sp_watchdog_end(sp_watch_state *w) {
  sp_text who = {0};
  sp_watchdog_write(w, true);
  set_alarm();
  for (double waited = 0; waited < OTHERS;) waited += rest(w);
  if (sp_watchdog_look(w)) {
    sp_watchdog_write(w, false);
    return;
  }
  sp_watchdog_read(w, false);
  set_alarm();
  sp_watchdog_fill(w);
  name_groups(w, &who);
  name_ranks(w, &who);
  sp_log_set_level(SP_LOG_ERROR);
  if (speaks(w)) speak(w, &who);
  for (int r = 0; r < w->ranks; r++) w->watched[r].verdict = 1;
  await_neighbours(w);
  for (int r = 0; r < w->ranks; r++) {
    if (r != w->mine && sp_watchdog_process(w, r) != '-') kill((pid_t)w->watched[r].process, SIGKILL);
  }
  _exit(SP_EXIT_HUNG);
}

_Noreturn void sp_watchdog_leave(sp_watch_state *w) {
  set_alarm();
  sp_log_set_level(SP_LOG_ERROR);
  if (w->watched[w->mine].named) ask_for_stack(w);
  for (double waited = 0; waited < LAUNCHER;)
    waited += rest(w);  // the launcher ends all ranks when the first one exits
  _exit(SP_EXIT_HUNG);
}
