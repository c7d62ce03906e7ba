// Why a run stops.
#include "supervise/stop.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>

#include "base/interrupt.h"

void sp_stop_reason(const sp_comm *comm, bool asked, const sp_deadline *deadline, char reason[SP_STOP_REASON]) {
  enum { ASKED = INT_MAX };  // above all signals
  char name[SP_INTERRUPT_NAME];
  int mine = asked ? ASKED : sp_interrupt_signal(), agreed;
  MPI_Allreduce(&mine, &agreed, 1, MPI_INT, MPI_MAX, comm->world);
  if (agreed == 0 && comm->rank == 0) sp_deadline_text(deadline, reason);
  if (agreed == ASKED) snprintf(reason, SP_STOP_REASON, "the program asked for it");
  if (agreed == SIGPIPE) {
    snprintf(reason, SP_STOP_REASON, "standard output or standard error was closed by its reader (SIGPIPE)");
  } else if (agreed > 0 && agreed < ASKED) {
    snprintf(reason, SP_STOP_REASON, "signal %s", sp_interrupt_name(agreed, name));
  }
  MPI_Bcast(reason, SP_STOP_REASON, MPI_CHAR, 0, comm->world);
}
