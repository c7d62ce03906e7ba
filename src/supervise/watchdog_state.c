// SPDX-License-Identifier: Apache-2.0
// Reading the state of a group's ranks: which are alive, which have made progress.
#include "supervise/watchdog_state.h"

#include <stdio.h>
#include <string.h>

enum { TICKS_OF_LIFE = 4 };

const char *const sp_phase_names[] = {"loading", "data",       "forward", "backward", "exchange",
                                      "update",  "evaluation", "saving",  "ended",    NULL};

bool sp_watchdog_is_slow(int phase) { return phase == SP_PHASE_LOADING || phase == SP_PHASE_SAVING; }

bool sp_watchdog_lives(const sp_watch_state *w, int rank) {
  return rank == w->mine || w->now - w->view[rank].ticked <= TICKS_OF_LIFE;
}

bool sp_watchdog_look(sp_watch_state *w) {
  bool moved = false;
  int64_t steps = 0;
  w->slow = false;
  w->stepping = true;
  for (int r = 0; r < w->ranks; r++) {
    const sp_watched *rank = &w->watched[r];
    sp_watch_view *view = &w->view[r], now = {rank->pulse.beat, rank->transfers, rank->tick, view->moved, view->ticked};
    if (now.beat != view->beat || now.transfers != view->transfers) now.moved = w->now;
    if (now.tick != view->tick) now.ticked = w->now;
    moved = moved || now.moved == w->now;
    *view = now;
    int phase = sp_phase_of(now.beat);
    w->slow = w->slow || sp_watchdog_is_slow(phase);
    w->stepping = w->stepping && phase >= SP_PHASE_DATA && phase <= SP_PHASE_UPDATE;
    steps += rank->pulse.step;
  }
  if (steps != w->steps) w->stepped = w->now;
  w->steps = steps;
  return moved;
}

// --- the state of processes ----------------------------------------------------------------------------------------

long long sp_watchdog_process_born(long process, char *state) {
  char path[64], text[1024];
  long long born = -1;
  *state = '-';
  snprintf(path, sizeof path, "/proc/%ld/stat", process);
  FILE *file = fopen(path, "re");
  if (!file) return -1;
  size_t size = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[size] = '\0';
  const char *name_end = strrchr(text, ')');  // the third field follows the name; the 22nd is the start
  if (!name_end ||
      sscanf(name_end + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lld", state,
             &born) != 2) {
    return -1;
  }
  return born;
}

char sp_watchdog_process(const sp_watch_state *w, int rank) {
  char state;
  return sp_watchdog_process_born(w->watched[rank].process, &state) == w->watched[rank].born ? state : '-';
}

void sp_watchdog_fill(sp_watch_state *w) {
  const sp_watch_group *group = &w->group[w->at];
  for (int r = 0; r < w->ranks; r++) {
    const sp_watched *rank = &w->watched[r];
    sp_watch_standstill *s = &w->standstill[group->first + r];
    *s = (sp_watch_standstill){.known = true,
                               .process = rank->process,
                               .step = rank->pulse.step,
                               .phase = sp_phase_of(w->view[r].beat),
                               .quiet = (double)(w->now - w->view[r].moved) * w->tick,
                               .state = sp_watchdog_process(w, r)};
    memcpy(s->host, group->host, sizeof s->host);
  }
}
