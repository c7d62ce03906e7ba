// SPDX-License-Identifier: Apache-2.0
// The files through which the nodes of a run exchange their state while no step is completed: one small file per node in the
// run directory, written by the first live rank of the node.
#ifndef SP_SUPERVISE_WATCHDOG_FILES_H
#define SP_SUPERVISE_WATCHDOG_FILES_H

#include "supervise/watchdog_state.h"

/// Write the state of this group's ranks to its file; `ending`: the group is about to end. A failure is not reported here: the
/// other nodes notice the missing file.
void sp_watchdog_write(sp_watch_state *w, bool ending);

/// Read the files of the other groups, and set for each whether it was heard of, has made progress, and is ending since the
/// last call with `keep`.
void sp_watchdog_read(sp_watch_state *w, bool keep);

#endif
