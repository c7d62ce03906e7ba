// SPDX-License-Identifier: Apache-2.0
// Reports which foreign function was running when it crashed the process.
#ifndef SP_BASE_CRASH_H
#define SP_BASE_CRASH_H

#include <stdbool.h>

/// Enable the reporting of crashes. The program calls this on its main thread. Another process that uses the library
/// does not call it and keeps its signal handlers.
void sp_crash_report(void);
bool sp_crash_is_reported(void);  ///< Has sp_crash_report been called?

/// Until sp_crash_end, write "shardprop: error: <who>: <what> crashed (SIGSEGV)" to stderr on a crash (SIGSEGV, SIGBUS,
/// SIGFPE, SIGILL, SIGABRT). The signal then ends the process as usual, with its exit status and core dump. The
/// handlers are installed between the two calls only; sp_crash_end restores the previous ones. Does nothing before
/// sp_crash_report. Calls do not nest.
/// Ownership: borrows who and what.
void sp_crash_begin(const char *who, const char *what);

/// The same, but the process exits with `status` after the message. Use it for a library that crashes on damaged input,
/// where a core dump is of no use. The launcher then ends the other ranks.
void sp_crash_begin_exit(const char *who, const char *what, int status);
void sp_crash_end(void);

#endif
