// SPDX-License-Identifier: Apache-2.0
// Reporting what was running when a function that is not ours crashes the process.
#ifndef SP_BASE_CRASH_H
#define SP_BASE_CRASH_H

#include <stdbool.h>

/// Report crashes from now on. For the program, which calls this on its main thread: in a process of others it is not
/// called, and their signals stay theirs.
void sp_crash_report(void);
bool sp_crash_is_reported(void);  ///< Has sp_crash_report been called?

/// Until sp_crash_end a crash (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) says on stderr "shardprop: error: <who>:
/// <what> crashed (SIGSEGV)" before the process dies of the signal as it would have: with its exit status and core
/// dump. Handlers are taken between the two calls only, and given back to whoever had them. Does nothing before
/// sp_crash_report.
/// Ownership: borrows who and what. One at a time.
void sp_crash_begin(const char *who, const char *what);

/// The same, but after the message the process exits with `status`: for a library that crashes on damaged input, where a
/// core dump helps nobody. A launcher then ends the other ranks.
void sp_crash_begin_exit(const char *who, const char *what, int status);
void sp_crash_end(void);

#endif
