// Stopping on request: signals raise a flag that the ranks agree on at the next step.
// May include: base, comm, train/deadline.h.
#ifndef SP_TRAIN_STOP_H
#define SP_TRAIN_STOP_H

#include <stdbool.h>

#include "comm/comm.h"
#include "train/deadline.h"

/// Take SIGUSR1, SIGTERM and SIGINT from now on: the first one asks for a stop, a second SIGINT ends the process at once.
void sp_stop_listen(void);
/// Give the signals back to whoever had them.
void sp_stop_end(void);
/// Has a stop been asked for?
bool sp_stop_requested(void);

enum { SP_STOP_REASON = 160 };

/// Why the ranks stop, the same text on all: that the program asked for it, when `asked` on any rank; "signal SIGUSR1" when
/// one of them had a signal; else rank 0's deadline. Collective: yes.
void sp_stop_reason(const sp_comm *comm, bool asked, const sp_deadline *deadline, char reason[SP_STOP_REASON]);

#endif
