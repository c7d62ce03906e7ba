// Signals that ask for a stop.
// May include: base, comm, train/deadline.h.
#include "train/stop.h"

#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const int signals[] = {SIGUSR1, SIGTERM, SIGINT};
static const char *const names[] = {"SIGUSR1", "SIGTERM", "SIGINT"};
enum { SIGNALS = sizeof signals / sizeof *signals };

static struct sigaction before[SIGNALS];
static volatile sig_atomic_t requested, interrupts;  // requested: the first signal

static void handle(int signal) {
  if (!requested) requested = signal;
  if (signal == SIGINT && ++interrupts > 1) _exit(130);
}

void sp_stop_listen(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  requested = interrupts = 0;
  for (int i = 0; i < SIGNALS; i++) sigaction(signals[i], &action, &before[i]);
}

void sp_stop_end(void) {
  requested = interrupts = 0;  // the next training of this process may be one that does not listen
  for (int i = 0; i < SIGNALS; i++) sigaction(signals[i], &before[i], NULL);
}

bool sp_stop_requested(void) { return requested != 0; }

void sp_stop_reason(const sp_comm *comm, bool asked, const sp_deadline *deadline, char reason[SP_STOP_REASON]) {
  enum { ASKED = INT_MAX };  // above all signals
  int mine = asked ? ASKED : (int)requested, agreed;
  MPI_Allreduce(&mine, &agreed, 1, MPI_INT, MPI_MAX, comm->world);
  if (agreed == 0 && comm->rank == 0) sp_deadline_text(deadline, reason);
  if (agreed == ASKED) snprintf(reason, SP_STOP_REASON, "the program asked for it");
  for (int i = 0; i < SIGNALS; i++) {
    if (signals[i] == agreed) snprintf(reason, SP_STOP_REASON, "signal %s", names[i]);
  }
  MPI_Bcast(reason, SP_STOP_REASON, MPI_CHAR, 0, comm->world);
}
