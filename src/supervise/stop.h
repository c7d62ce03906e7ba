// Stopping on request: why the ranks stop, which they agree on.
#ifndef SP_SUPERVISE_STOP_H
#define SP_SUPERVISE_STOP_H

#include <stdbool.h>

#include "comm/comm.h"
#include "supervise/deadline.h"

enum { SP_STOP_REASON = 160 };

/// Why the ranks stop, the same text on all: that the program asked for it, when `asked` on any rank; "signal SIGUSR1" when
/// one of them had a signal; else rank 0's deadline. Collective: yes.
void sp_stop_reason(const sp_comm *comm, bool asked, const sp_deadline *deadline, char reason[SP_STOP_REASON]);

#endif
