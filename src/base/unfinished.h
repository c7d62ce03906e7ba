// SPDX-License-Identifier: Apache-2.0
// Output files that are not whole yet, which nobody wants to find when a signal has ended the process.
#ifndef SP_BASE_UNFINISHED_H
#define SP_BASE_UNFINISHED_H

#include <sys/types.h>

/// From here to sp_unfinished_forget, the file at `path` is removed by sp_unfinished_remove. Any thread. A file for which
/// there is no room in the list (of a few) is not removed.
void sp_unfinished_add(const char *path);
void sp_unfinished_forget(const char *path);

/// A program that this process has started and waits for, which sp_unfinished_remove kills; 0: none any more.
void sp_unfinished_child(pid_t child);

/// Remove the files and kill the program. For a handler of signals; does nothing in a fork of the process.
void sp_unfinished_remove(void);

#endif
