// SPDX-License-Identifier: Apache-2.0
// Signals that ask the process to stop: a flag that long loops poll.
#ifndef SP_BASE_INTERRUPT_H
#define SP_BASE_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

#include "shardprop/status.h"

/// From here to sp_interrupt_end, signals whose default action ends the process set a flag instead: SIGHUP, SIGINT, SIGQUIT,
/// SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU, SIGPWR, and, where nothing else in the process has a handler for them, SIGALRM,
/// SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT and the real-time signals. A second SIGINT or SIGQUIT ends the process at once.
/// SIGPIPE and SIGXFSZ have no effect: writing to a closed pipe or beyond the largest file size fails with EPIPE or EFBIG.
/// Signals that the parent process has set to be ignored stay so (nohup, a background job of a shell), except SIGTERM,
/// SIGUSR1, SIGUSR2 and SIGXCPU. The signals of a crash (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS) are left
/// alone. System calls that wait are restarted. The calls nest.
void sp_interrupt_listen(void);
void sp_interrupt_end(void);

/// From here on writing to a closed pipe or beyond the largest file size fails with EPIPE or EFBIG, without a signal.
/// For a program, at its start; part of sp_interrupt_listen.
void sp_interrupt_write_errors(void);

/// For a program, at its start and after MPI_Init: unless sp_interrupt_listen has taken them, these signals end the process
/// as they always do, but remove its unfinished files first (base/unfinished.h). Signals that are ignored stay so.
void sp_interrupt_remove_unfinished(void);

/// In a fork of the process that does a piece of its work: these signals are ignored, because the parent process gets them
/// too, when they go to a group of processes, and decides what they mean.
void sp_interrupt_leave_to_parent(void);

/// Has a signal asked the process to stop? Lock-free, any thread; false while nobody listens.
bool sp_interrupted(void);

/// The first signal that asked; 0: none.
int sp_interrupt_signal(void);

enum { SP_INTERRUPT_NAME = 24 };

/// Write the name of a signal, "SIGTERM" or "SIGRTMIN+3", and return it.
const char *sp_interrupt_name(int signal, char name[SP_INTERRUPT_NAME]);

/// Ask for a stop as a signal would, when the process listens; SIGPIPE: nobody reads its output any more.
void sp_interrupt_request(int signal);

/// SP_STOPPED once a signal has asked the process to stop, for loops that run before training begins.
sp_status sp_interrupt_check(void);

#endif
