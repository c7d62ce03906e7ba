// Stopping on request: signals raise a flag that the ranks agree on at the next step.
// May include: base.
#ifndef SP_TRAIN_STOP_H
#define SP_TRAIN_STOP_H

#include <stdbool.h>

/// Take SIGUSR1, SIGTERM and SIGINT from now on: the first one asks for a stop, a second SIGINT ends the process at once.
void sp_stop_listen(void);
/// Give the signals back to whoever had them.
void sp_stop_end(void);
/// Has a stop been asked for?
bool sp_stop_requested(void);

#endif
