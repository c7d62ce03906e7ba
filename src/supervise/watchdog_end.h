// SPDX-License-Identifier: Apache-2.0
// The end of a run that hangs: the ranks at fault are named, those that still live show their stacks, and all exit.
#ifndef SP_SUPERVISE_WATCHDOG_END_H
#define SP_SUPERVISE_WATCHDOG_END_H

#include "supervise/watchdog_state.h"

/// Called by the first living rank of a group: report where every rank stands, and end all processes of the group. Returns
/// only if a rank moves at the last moment.
void sp_watchdog_end(sp_watch_state *w);

/// Called by any other rank after the verdict.
_Noreturn void sp_watchdog_leave(sp_watch_state *w);

#endif
