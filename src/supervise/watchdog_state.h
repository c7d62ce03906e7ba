// What the watchdog's parts share. Private to watchdog.c, watchdog_files.c and watchdog_end.c.
#ifndef SP_SUPERVISE_WATCHDOG_STATE_H
#define SP_SUPERVISE_WATCHDOG_STATE_H

#include <pthread.h>

#include "base/ticker.h"
#include "comm/window.h"
#include "supervise/watchdog.h"

/// Of a rank, in memory that the ranks of its group share.
typedef struct sp_watched {
  sp_pulse pulse;             // its main thread writes it,
  _Atomic int64_t tick;       // its watchdog's thread this:
  _Atomic int64_t transfers;  // read or written so far, while it loads or saves
  _Atomic long process;
  _Atomic long long born;     // tells a process from a later one of the same number
  _Atomic int verdict;        // and the group's first living rank these: all is over,
  _Atomic int named;          // and this rank shows its stack
} sp_watched;

/// What this rank's thread has seen of another one; times are its own ticks.
typedef struct sp_view {
  int64_t beat, transfers, tick;
  int64_t moved, ticked;  // when they last changed
} sp_view;

/// What is known of a rank in the end.
typedef struct sp_standstill {
  bool known;
  char host[64];
  long process;
  long long step;
  int phase;
  double quiet;  // seconds
  char state;    // of the process, as /proc says; '-': there is none
} sp_standstill;

/// Ranks that see each other's memory: of a node, or one alone.
typedef struct sp_watched_group {
  int first, ranks;
  char host[64];
  long long ticks, beats;  // when its file was last looked at; -1: there was none
  bool heard, moved, ending;  // since then
} sp_watched_group;

struct sp_watchdog {
  const char *directory;
  sp_window window;
  sp_watched *own;        // where ranks cannot share memory
  sp_watched *watched;    // of the group's ranks
  sp_view *view;
  int ranks, mine;        // of the group; which of them this one is
  sp_watched_group *group;
  int groups, at;         // which of them this one is
  int size;
  sp_standstill *standstill;  // of all ranks
  long long start;        // the same on all ranks, and another one at the next start

  bool automatic;
  double tick;            // seconds
  int64_t base;           // ticks: the limit, or its least value
  int64_t longest;        // pause within a step
  bool slow;              // somebody loads or saves
  bool stepping;          // all are within steps
  int64_t now, quiet;     // ticks: since the start, since anybody moved
  int64_t steps, stepped; // sum over the group; when it last changed
  int64_t written, looked; // when the own file was written, the others' looked at; -1: not in this pause
  pthread_t main;
  sp_ticker *ticker;
};

static inline int sp_phase_of(int64_t beat) { return (int)(beat & 15); }

/// Does that rank's watchdog still tick?
bool sp_watchdog_lives(const sp_watchdog *w, int rank);

/// Look at all ranks of the group. Has anybody moved since the last look?
bool sp_watchdog_look(sp_watchdog *w);

// --- watchdog_files.c ---

extern const char *const sp_phase_names[];

/// How the process of a rank of the group is, as /proc says.
char sp_watchdog_process(const sp_watchdog *w, int rank);
long long sp_process_born(long process, char *state);  ///< and *state; -1: there is none
void sp_watchdog_fill(sp_watchdog *w);  ///< standstill of the group's own ranks

/// Write what is known of the group's ranks to its file. What goes wrong shows on the nodes that cannot read it.
void sp_watchdog_write(sp_watchdog *w, bool ending);
/// Read the files of the other groups: who has been heard of, and has moved, since `keep` was last set?
void sp_watchdog_read(sp_watchdog *w, bool keep);

// --- watchdog_end.c ---

/// The group's first living rank: say who stands where, and end all. Returns if somebody moves at the last moment.
void sp_watchdog_end(sp_watchdog *w);
/// Any other rank, after the verdict.
_Noreturn void sp_watchdog_leave(sp_watchdog *w);

#endif
