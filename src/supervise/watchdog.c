// SPDX-License-Identifier: Apache-2.0
// Watching the ranks, and deciding when a pause is too long.
#include "supervise/watchdog.h"

#include <execinfo.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "supervise/watchdog_end.h"
#include "supervise/watchdog_files.h"
#include "supervise/watchdog_state.h"

enum { TICKS_A_LIMIT = 8 };
enum { LEAST = 300, LEAST_SLOW = 1800, PAUSES = 20 };  // of a measured limit: seconds, and times the longest pause
enum { TRANSFER = 4 << 20 };  // bytes that count as progress; this thread itself reads far fewer

// --- transfers ------------------------------------------------------------------------------------------------------

/// Returns the bytes that this process has read and written; 0 when the system does not report them.
static int64_t count_bytes(void) {
  long long in = 0, out = 0;
  FILE *file = fopen("/proc/self/io", "re");
  if (!file) return 0;
  if (fscanf(file, "rchar: %lld wchar: %lld", &in, &out) != 2) in = out = 0;
  fclose(file);
  return in + out;
}

/// While this rank loads or saves without a beat, publish the bytes that it has read and written as its progress.
static void tell_transfers(sp_watchdog *w) {
  sp_watched *me = &w->watched[w->mine];
  int64_t beat = me->pulse.beat;
  if (beat == w->view[w->mine].beat && sp_watchdog_is_slow(sp_phase_of(beat))) me->transfers = count_bytes() / TRANSFER;
}

static int64_t limit_of(const sp_watchdog *w) {
  if (!w->automatic) return w->base;
  int64_t least = w->slow ? LEAST_SLOW : w->base, measured = PAUSES * w->longest;
  return measured > least ? measured : least;
}

// --- judging ------------------------------------------------------------------------------------------------------

/// Called by the rank that acts for its group. Each group writes its file at intervals of a quarter of the least limit, from
/// which the others see whether it is alive and makes progress; they read the files twice, half of that limit apart.
static void judge(sp_watchdog *w) {
  bool others = w->groups > 1;
  if (others && w->now - w->stepped >= w->base / 4 && w->now - w->written >= w->base / 4) sp_watchdog_write(w, false);
  if (w->quiet < w->base / 2) {
    w->looked = -1;
    return;
  }
  if (w->looked < 0) {
    sp_watchdog_read(w, true);
    w->looked = w->now;
  }
  if (w->quiet < limit_of(w) || w->now - w->looked < w->base / 2) return;
  bool moved = false;
  sp_watchdog_read(w, false);
  for (int g = 0; g < w->groups; g++) moved = moved || w->group[g].moved;
  if (!moved) sp_watchdog_end(w);
  w->quiet = 0;
}

static void on_tick(void *context) {
  sp_watchdog *w = context;
  bool stepping = w->stepping;
  w->now++;
  tell_transfers(w);
  w->watched[w->mine].tick = w->now;
  if (sp_watchdog_look(w)) {
    if (stepping && w->quiet > w->longest) w->longest = w->quiet;
    w->quiet = 0;
  } else {
    w->quiet++;
  }
  if (w->watched[w->mine].verdict) sp_watchdog_leave(w);
  int first = 0;
  while (!sp_watchdog_lives(w, first)) first++;
  if (first == w->mine) judge(w);
}

// --- opening ------------------------------------------------------------------------------------------------------

/// Open one slot for each rank of the node, or, if ranks cannot share memory, for this rank alone.
static sp_status open_slots(const sp_comm *comm, sp_watchdog *w) {
  w->ranks = comm->node_size;
  w->mine = comm->node_rank;
  w->at = comm->node_index;
  w->groups = comm->node_count;
  sp_status status = sp_window_open(comm, comm->node_size * (int64_t)sizeof *w->watched, "watchdog", &w->window);
  w->watched = w->window.memory;
  if (status != SP_ERR_LIBRARY) return status;
  w->ranks = 1;
  w->mine = 0;
  w->at = comm->rank;
  w->groups = comm->size;
  status = sp_comm_agree(comm, sp_allocate(1, sizeof *w->own, "watchdog", &w->own));
  w->watched = w->own;
  return status;
}

/// Gather the group and host of each rank.
static sp_status introduce(const sp_comm *comm, sp_watchdog *w) {
  typedef struct group_place {
    int group;
    char host[60];
  } group_place;
  group_place *all = NULL, own = {.group = w->at};
  gethostname(own.host, sizeof own.host - 1);
  sp_status status = sp_allocate(comm->size, sizeof *all, "watchdog", &all);
  if (status == SP_OK) status = sp_allocate(w->groups, sizeof *w->group, "watchdog", &w->group);
  if (status == SP_OK) status = sp_allocate(w->ranks, sizeof *w->view, "watchdog", &w->view);
  if (status == SP_OK) status = sp_allocate(comm->size, sizeof *w->standstill, "watchdog", &w->standstill);
  status = sp_comm_agree(comm, status);
  if (status == SP_OK) {
    MPI_Allgather(&own, sizeof own, MPI_BYTE, all, sizeof own, MPI_BYTE, comm->world);
    for (int r = comm->size - 1; r >= 0; r--) {
      sp_watch_group *group = &w->group[all[r].group];
      group->first = r;
      group->ranks++;
      memcpy(group->host, all[r].host, sizeof all[r].host);
    }
    w->start = (long long)(sp_clock_calendar() * 1e6);
    MPI_Bcast(&w->start, 1, MPI_LONG_LONG, 0, comm->world);
  }
  free(all);
  return status;
}

static void set_limit(sp_watchdog *w, double limit) {
  char state;
  w->automatic = isnan(limit);
  double least = w->automatic ? LEAST : limit;
  w->tick = least < TICKS_A_LIMIT ? least / TICKS_A_LIMIT : 1;
  w->base = (int64_t)ceil(least / w->tick);
  w->written = w->looked = -1;
  w->watched[w->mine].process = (long)getpid();
  w->watched[w->mine].born = sp_watchdog_process_born((long)getpid(), &state);
}

sp_status sp_watchdog_open(const sp_comm *comm, const char *directory, double limit, sp_watchdog **out) {
  sp_watchdog *w = NULL;
  void *frame[1];
  *out = NULL;
  if (limit == 0) return SP_OK;
  sp_status status = sp_comm_agree(comm, sp_allocate(1, sizeof *w, "watchdog", &w));
  if (status == SP_OK) {
    w->directory = directory;
    w->size = comm->size;
    w->main = pthread_self();
    backtrace(frame, 1);  // loads its library, which a signal handler must not
    status = open_slots(comm, w);
  }
  if (status == SP_OK) status = introduce(comm, w);
  if (status == SP_OK) {
    set_limit(w, limit);
    MPI_Barrier(comm->world);  // every slot is filled in
    status = sp_comm_agree(comm, sp_ticker_start(w->tick, on_tick, w, &w->ticker));
  }
  if (status == SP_OK) {
    *out = w;
  } else {
    sp_watchdog_close(w);
  }
  return status;
}

sp_pulse *sp_watchdog_pulse(sp_watchdog *w) { return w ? &w->watched[w->mine].pulse : NULL; }

void sp_watchdog_close(sp_watchdog *w) {
  if (!w) return;
  sp_ticker_stop(w->ticker);
  if (w->watched) sp_beat(&w->watched[w->mine].pulse, SP_PHASE_ENDED);
  sp_window_close(&w->window);
  free(w->own);
  free(w->group);
  free(w->view);
  free(w->standstill);
  free(w);
}
