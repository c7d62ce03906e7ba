// SPDX-License-Identifier: Apache-2.0
// Signals that ask the process to stop: a flag that long loops poll.
#ifndef SP_BASE_INTERRUPT_H
#define SP_BASE_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

#include "shardprop/status.h"

/// Until sp_interrupt_end, signals whose default action ends the process set a flag instead: SIGHUP, SIGINT, SIGQUIT,
/// SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU, SIGPWR, and, unless the process has another handler for them, SIGALRM,
/// SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT and the real-time signals. A second SIGINT or SIGQUIT ends the process at once.
/// SIGPIPE and SIGXFSZ have no effect: writing to a closed pipe or beyond the largest file size fails with EPIPE or
/// EFBIG. Signals that the parent process has set to be ignored remain ignored (nohup, a background job of a shell),
/// except SIGTERM, SIGUSR1, SIGUSR2 and SIGXCPU. The signals of a crash (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT,
/// SIGTRAP, SIGSYS) are not changed. Interrupted system calls are restarted. The calls nest.
void sp_interrupt_listen(void);
void sp_interrupt_end(void);

/// Make writing to a closed pipe or beyond the largest file size fail with EPIPE or EFBIG, without a signal. A program
/// calls this at its start; sp_interrupt_listen includes it.
void sp_interrupt_write_errors(void);

/// Remove the unfinished files of the process (base/unfinished.h) when one of these signals ends it. A program calls
/// this at its start and after MPI_Init; it does nothing while sp_interrupt_listen is in effect.
/// Ignored signals remain ignored.
void sp_interrupt_remove_unfinished(void);

/// Ignore these signals in a child process that does a part of the work: signals to the process group reach the parent
/// process too, which decides what to do.
void sp_interrupt_leave_to_parent(void);

/// Returns whether a signal has asked the process to stop; false outside sp_interrupt_listen. Lock-free, any thread.
bool sp_interrupted(void);

/// Returns the first signal that asked the process to stop, or 0.
int sp_interrupt_signal(void);

enum { SP_INTERRUPT_NAME = 24 };

/// Write the name of a signal, "SIGTERM" or "SIGRTMIN+3", and return it.
const char *sp_interrupt_name(int signal, char name[SP_INTERRUPT_NAME]);

/// Request a stop as a signal would, if the process listens. SIGPIPE: the reader of its output is gone.
void sp_interrupt_request(int signal);

/// Returns SP_STOPPED if a signal has asked the process to stop. For loops that run before training begins.
sp_status sp_interrupt_check(void);

#endif
