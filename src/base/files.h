// SPDX-License-Identifier: Apache-2.0
// Files that are complete or absent: read as a whole, written under a temporary name, synced to the disk and renamed.
#ifndef SP_BASE_FILES_H
#define SP_BASE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shardprop/status.h"

/// Fail with "path: what: the system's message (hint)". Returns SP_ERR_SPACE for a full disk or quota, else SP_ERR_IO.
sp_status sp_file_error(const char *path, const char *what, int system_error);

/// Read a whole file of at most `limit` bytes into *data, followed by a NUL; the caller frees it.
sp_status sp_file_read(const char *path, int64_t limit, char **data, size_t *size);

/// Write a file so that a reader sees either the old or the new content, never a part of it: the content is written to
/// `path`.new, which is synced and renamed; then the directory is synced.
sp_status sp_file_write(const char *path, const void *data, size_t size);
/// The same without syncing, which is fast. For files that are rewritten often; a crash of the machine may lose them.
sp_status sp_file_replace(const char *path, const void *data, size_t size);

/// Write a small file in place if it exists and has room on the disk for the content, which a full disk permits. A reader
/// may see a part of the new content followed by the old one. Errors: SP_ERR_IO, SP_ERR_SPACE.
sp_status sp_file_overwrite(const char *path, const void *data, size_t size);

enum { SP_FILE_BESIDE = 4096 };

/// Begin an output file, which appears at `path` only when sp_file_commit is called. Creates the directory when it is
/// missing, creates the empty temporary file `path`.new-<process>, and sets `beside` to its name. Where `path` is a
/// symbolic link to a file, that file is replaced and not the link.
/// Errors: SP_ERR_USAGE when `path` is not a file name; SP_ERR_DATA when the file exists and `replace` is false, or
/// when `path` is a directory, a device or a pipe.
sp_status sp_file_begin(const char *path, bool replace, char beside[SP_FILE_BESIDE]);

/// Rename the complete temporary file from sp_file_begin to its final name, and sync its directory.
sp_status sp_file_commit(const char *beside);

/// Remove the temporary file from sp_file_begin. A signal that ends the process removes it too (base/unfinished.h).
void sp_file_abandon(const char *beside);

/// Refuse an output that would replace an input, under any name or link. When the input is a directory, each file in it
/// is an input. Errors: SP_ERR_DATA naming both.
sp_status sp_file_check_output(const char *output, const char *input);

sp_status sp_file_sync(const char *path);       ///< fsync of a file that other code has written
sp_status sp_directory_sync(const char *path);  ///< makes the renames in a directory durable

/// Rename, then sync the directory that holds it.
sp_status sp_file_rename(const char *from, const char *to);

sp_status sp_directory_create(const char *path);  ///< creates parents too, durably; an existing directory is fine
sp_status sp_directory_remove(const char *path);  ///< with everything in it; a missing one is fine
bool sp_file_exists(const char *path);
/// Rename `path`, if it exists, to `path`.damaged, replacing anything of that name, and log a warning with the reason
/// `why` ("is not a regular file"). Errors: SP_ERR_IO with the remedy when it cannot be renamed.
sp_status sp_file_mark_damaged(const char *path, const char *why);
/// The same, but only if `path` is not a regular file: a directory, a pipe, a device or a dangling link.
sp_status sp_file_set_aside(const char *path);
bool sp_file_present(const char *path);                  ///< of any kind, including a dangling link
bool sp_file_regular(const char *path);                  ///< exists and is not a directory, device or pipe
bool sp_file_same(const char *path, const char *other);  ///< the same file under two names; false if one is missing
int64_t sp_file_size(const char *path);                  ///< in bytes; -1 when the file does not exist
double sp_file_time(const char *path);                   ///< last modification, seconds since 1970; NaN if missing

/// Returns the bytes that an ordinary user can still write to the file system of `path` (or its nearest existing
/// parent); -1 when unknown.
int64_t sp_space_left(const char *path);

/// Seconds of a monotonic clock, and of the calendar (since 1970).
double sp_clock(void);
double sp_clock_calendar(void);

#endif
