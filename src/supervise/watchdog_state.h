// SPDX-License-Identifier: Apache-2.0
// The state of a watchdog: the ranks of its group, the other groups, and their progress.
#ifndef SP_SUPERVISE_WATCHDOG_STATE_H
#define SP_SUPERVISE_WATCHDOG_STATE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/ticker.h"
#include "comm/window.h"
#include "supervise/pulse.h"

/// A rank, in memory that the ranks of its group share.
typedef struct sp_watched {
  sp_pulse pulse;             // written by its main thread
  _Atomic int64_t tick;       // written by the thread of its watchdog, like the next three
  _Atomic int64_t transfers;  // bytes read or written so far while it loads or saves, in units of TRANSFER
  _Atomic long process;
  _Atomic long long born;  // distinguishes the process from a later one with the same number
  _Atomic int verdict;     // written by the first live rank of the group: the run ends
  _Atomic int named;       // likewise: this rank is at fault and prints its stack
} sp_watched;

/// The state of another rank as last read by the thread of this rank; times are in its own ticks.
typedef struct sp_watch_view {
  int64_t beat, transfers, tick;
  int64_t moved, ticked;  // when they last changed
} sp_watch_view;

/// The state of a rank when the run hangs.
typedef struct sp_watch_standstill {
  bool known;
  char host[64];
  long process;
  long long step;
  int phase;
  double quiet;  // seconds
  char state;    // of the process, as /proc reports it; '-': there is no such process
} sp_watch_standstill;

/// Ranks that share memory: those of a node, or a single one.
typedef struct sp_watch_group {
  int first, ranks;
  char host[64];
  long long ticks, beats;     // in its file when it was last read with `keep`; -1: there was none
  bool heard, moved, ending;  // since then
} sp_watch_group;

typedef struct sp_watch_state {
  const char *directory;
  sp_window window;
  sp_watched *own;      // used instead of the window if ranks cannot share memory
  sp_watched *watched;  // of the group's ranks
  sp_watch_view *view;
  int ranks, mine;  // number of the group's ranks; index of this one
  sp_watch_group *group;
  int groups, at;  // number of groups; index of this one
  int size;
  sp_watch_standstill *standstill;  // of all ranks
  long long start;                  // identifies this start of the run, on all ranks

  bool automatic;
  double tick;             // seconds
  int64_t base;            // ticks: the limit, or its least value
  int64_t longest;         // ticks: the longest pause within a step
  bool slow;               // a rank loads or saves
  bool stepping;           // all ranks are within steps
  int64_t now, quiet;      // ticks: since the start, since any rank moved
  int64_t steps, stepped;  // sum of the group's steps; tick at which it last changed
  int64_t written,
      looked;  // ticks at which this group's file was written, the others' were read; -1: not in this pause
  pthread_t main;
  sp_ticker *ticker;
} sp_watch_state;

extern const char *const sp_phase_names[];

static inline int sp_phase_of(int64_t beat) { return (int)(beat & 15); }

/// Returns whether a rank in this phase may be without a beat for long because it reads or writes files.
bool sp_watchdog_is_slow(int phase);

/// Returns whether the watchdog of that rank still ticks.
bool sp_watchdog_lives(const sp_watch_state *w, int rank);

/// Read the pulses of all ranks of the group. Returns whether any of them has made progress since the last call.
bool sp_watchdog_look(sp_watch_state *w);

/// Returns the state of the process of a rank of the group, as /proc reports it; '-': there is no such process.
char sp_watchdog_process(const sp_watch_state *w, int rank);

/// Returns the start time of a process, or -1 if there is no such process. *state: as of sp_watchdog_process.
long long sp_watchdog_process_born(long process, char *state);

/// Fill in `standstill` for the ranks of this group.
void sp_watchdog_fill(sp_watch_state *w);

#endif
