// A command that makes a file ends by a signal as soon as it can, and removes what is half written.
// May include: everything.
#ifndef SP_CLI_INTERRUPT_H
#define SP_CLI_INTERRUPT_H

#include <signal.h>

/// From begin to end SIGINT, SIGTERM and SIGHUP only set `caught` to their number, and a file that grows too large is an
/// error of the write. A handler reaches nothing else, so there is one of these.
extern volatile sig_atomic_t sp_interrupt_caught;
void sp_interrupt_begin(void);
void sp_interrupt_end(void);

#endif
