// SPDX-License-Identifier: Apache-2.0
// Output files that are not complete yet, which are removed when a signal ends the process.
#ifndef SP_BASE_UNFINISHED_H
#define SP_BASE_UNFINISHED_H

#include <sys/types.h>

/// Until sp_unfinished_forget, let sp_unfinished_remove remove the file at `path`. Any thread. The list has room for a
/// few files; any other is not removed.
void sp_unfinished_add(const char *path);
void sp_unfinished_forget(const char *path);

/// Set the program that this process has started and waits for, which sp_unfinished_remove kills; 0: none.
void sp_unfinished_child(pid_t child);

/// Remove the files and kill the program. For signal handlers. In a forked child process no file is removed.
void sp_unfinished_remove(void);

#endif
