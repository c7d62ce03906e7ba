// SPDX-License-Identifier: Apache-2.0
// The watchdog: a thread of each rank that ends the run if no rank makes progress, and reports the cause: a rank that was
// stopped or has died, a node that cannot be reached, a file system that does not respond.
//
// Ranks publish their phase in memory shared by their node: one store, no system call. The threads read it once a second.
// Nodes exchange their state through small files in `watchdog/` in the run directory, which are written only if no step is
// completed for long. Time is counted in ticks of the thread itself, so that a job suspended by the scheduler does not count
// as hanging. No thread calls MPI, and each rank ends itself, also on a node without network.
#ifndef SP_SUPERVISE_WATCHDOG_H
#define SP_SUPERVISE_WATCHDOG_H

#include "comm/comm.h"
#include "supervise/pulse.h"

typedef struct sp_watch_state sp_watchdog;

/// Watch the ranks of `comm`. `limit`: seconds without progress of any rank; NaN: measured, 20 times the longest pause within
/// a step so far, but at least 5 minutes (30 minutes while files are loaded or saved, because the sync of a large file is one
/// pause); 0: no watchdog, *out is NULL. In the phases loading and saving, reading and writing files counts as progress.
/// `directory` is that of the run, and is borrowed.
///
/// When the limit is reached, the first live rank of each node reports the state of the ranks (of many nodes, the first four
/// report), live ranks at fault print their stacks, stopped ranks are killed, and all exit with SP_EXIT_HUNG. The stack
/// printed is that of the thread that calls this function.
/// Collective: yes. Errors: SP_ERR_MEMORY. Agreed on.
sp_status sp_watchdog_open(const sp_comm *comm, const char *directory, double limit, sp_watchdog **out);

/// Returns the pulse of the calling rank; NULL without a watchdog. Its initial phase is loading.
sp_pulse *sp_watchdog_pulse(sp_watchdog *watchdog);

/// Stop the watchdog. To be called before MPI_Finalize. Accepts NULL. Collective: no.
void sp_watchdog_close(sp_watchdog *watchdog);

#endif
