// SPDX-License-Identifier: Apache-2.0
// Ending a run that hangs: the ranks at fault are reported, live ones print their stacks, and all exit.
#ifndef SP_SUPERVISE_WATCHDOG_END_H
#define SP_SUPERVISE_WATCHDOG_END_H

#include "supervise/watchdog_state.h"

/// Report the ranks at fault, and end all processes of the group. Called by the first live rank of a group. Returns only if a
/// rank makes progress at the last moment.
void sp_watchdog_end(sp_watch_state *w);

/// Exit. Called by the other ranks after the verdict.
_Noreturn void sp_watchdog_leave(sp_watch_state *w);

#endif
