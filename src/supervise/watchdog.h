// SPDX-License-Identifier: Apache-2.0
// The watchdog: a thread of each rank that ends the run when no rank makes progress any more, and reports the cause: a rank
// that was stopped or has died, a node that cannot be reached, a file system that does not answer.
//
// Ranks publish their phase in memory that their node shares: one store, no system call. The threads look at it once a
// second. Nodes learn of each other through small files in the run directory, `watchdog/`, which are written only while no
// step is completed for long. Time is counted in the thread's own ticks, so a job that the scheduler suspends has not hung.
// No thread calls MPI, and each rank ends itself, also those of a node whose network is cut.
#ifndef SP_SUPERVISE_WATCHDOG_H
#define SP_SUPERVISE_WATCHDOG_H

#include "comm/comm.h"
#include "supervise/pulse.h"

typedef struct sp_watch_state sp_watchdog;

/// Watch the ranks of `comm`. `limit`: seconds without progress of any rank; NaN: measured, 20 times the longest pause within
/// a step so far, and at least 5 minutes (30 while something is loaded or saved: a large file's sync is one pause); 0: no
/// watchdog, *out is NULL. Reading and writing files is progress while the phase is loading or saving.
/// `directory` is that of the run, and is borrowed.
///
/// When the limit is reached, the first living rank of each node reports where the ranks stand (of many nodes, the first
/// four), the ranks at fault that still live show their stacks, stopped ones are killed, and all exit with SP_EXIT_HUNG.
/// The stack shown is that of the calling thread.
/// Collective: yes. Errors: SP_ERR_MEMORY. Agreed on.
sp_status sp_watchdog_open(const sp_comm *comm, const char *directory, double limit, sp_watchdog **out);

/// The pulse of the calling rank; NULL without a watchdog. At the start its phase is loading.
sp_pulse *sp_watchdog_pulse(sp_watchdog *watchdog);

/// Before MPI_Finalize; NULL is fine. Collective: no.
void sp_watchdog_close(sp_watchdog *watchdog);

#endif
