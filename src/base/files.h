// SPDX-License-Identifier: Apache-2.0
// Files that are whole or not there: read in one piece, written beside and renamed, synced to the disk.
#ifndef SP_BASE_FILES_H
#define SP_BASE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shardprop/status.h"

/// SP_ERR_SPACE for a full disk or quota, else SP_ERR_IO, with "path: what: what the system said (hint)".
sp_status sp_file_error(const char *path, const char *what, int system_error);

/// Read a whole file of at most `limit` bytes into *data (a NUL is put behind it); the caller frees it.
sp_status sp_file_read(const char *path, int64_t limit, char **data, size_t *size);

/// Write a file so that a reader sees the old content or the new, never a part: written beside as `path`.new, synced,
/// renamed, and its directory synced.
sp_status sp_file_write(const char *path, const void *data, size_t size);
/// The same without syncing: quick, for what is written again and again. After the machine failed it may be gone.
sp_status sp_file_replace(const char *path, const void *data, size_t size);

enum { SP_FILE_BESIDE = 4096 };

/// Begin a file that is to appear when it is whole, and then by sp_file_commit: its directory is made when it is missing,
/// and `beside` is set to the name of an empty file, `path`.new-<process>, to write it in. Where `path` is a symbolic
/// link to a file, that file is replaced and not the link.
/// Errors: SP_ERR_USAGE for what is no name of a file; SP_ERR_DATA when there is one already and it may not be
/// replaced, or what is there is a directory, a device or a pipe.
sp_status sp_file_begin(const char *path, bool replace, char beside[SP_FILE_BESIDE]);

/// Rename the file that sp_file_begin has named, now that it is whole, and sync its directory.
sp_status sp_file_commit(const char *beside);

/// Remove the file that sp_file_begin has named. A signal that ends the process removes it too (base/unfinished.h).
void sp_file_abandon(const char *beside);

/// Refuse an output that would replace an input, under whatever name or link. Of an input that is a directory, each file
/// in it counts. Errors: SP_ERR_DATA naming both.
sp_status sp_file_check_output(const char *output, const char *input);

sp_status sp_file_sync(const char *path);       ///< fsync of a file that somebody else has written
sp_status sp_directory_sync(const char *path);  ///< makes the renames in a directory last

/// Rename, then sync the directory that holds it.
sp_status sp_file_rename(const char *from, const char *to);

sp_status sp_directory_create(const char *path);  ///< with its parents, so that they last; an existing one is fine
sp_status sp_directory_remove(const char *path);  ///< with everything in it; none is fine
bool sp_file_exists(const char *path);
/// Rename what is at `path`, if anything, to `path`.damaged, replacing what has that name, and warn with the reason ("is no
/// regular file"). Errors: SP_ERR_IO with the remedy when it cannot be renamed.
sp_status sp_file_mark_damaged(const char *path, const char *why);
/// The same, but only if it is no regular file: a directory, a pipe, a device or a link that leads nowhere.
sp_status sp_file_set_aside(const char *path);
bool sp_file_present(const char *path);                  ///< whatever it is: also a link that leads nowhere
bool sp_file_regular(const char *path);                  ///< it is there, and no directory, device or pipe
bool sp_file_same(const char *path, const char *other);  ///< under whatever names; false where one is not there
int64_t sp_file_size(const char *path);                  ///< -1 when there is none
double sp_file_time(const char *path);                   ///< when it was last written, calendar; NaN when there is none

/// Bytes an ordinary user can still write where `path` lies (the nearest existing parent), -1 when unknown.
int64_t sp_space_left(const char *path);

/// Seconds of a clock that never goes back, and of the calendar (since 1970).
double sp_clock(void);
double sp_clock_calendar(void);

#endif
