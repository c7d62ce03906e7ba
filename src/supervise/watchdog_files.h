// SPDX-License-Identifier: Apache-2.0
// The files by which the nodes of a run tell each other how they stand while no step is completed: one small file per node
// in the run directory, written by the first living rank of the node.
#ifndef SP_SUPERVISE_WATCHDOG_FILES_H
#define SP_SUPERVISE_WATCHDOG_FILES_H

#include "supervise/watchdog_state.h"

/// Write what is known of the ranks of this group to its file; `ending`: the group is about to end. A failure is not
/// reported here: it shows on the nodes that cannot read the file.
void sp_watchdog_write(sp_watch_state *w, bool ending);

/// Read the files of the other groups and set which of them were heard of, have moved, and are ending since the last call
/// with `keep`.
void sp_watchdog_read(sp_watch_state *w, bool keep);

#endif
