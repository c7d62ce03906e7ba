// SPDX-License-Identifier: Apache-2.0
// HDF5 files opened for reading, and the errors of HDF5.
#ifndef SP_HDF5_HDF5_FILE_H
#define SP_HDF5_HDF5_FILE_H

#include <hdf5.h>
#include <stdbool.h>

#include "base/dtype.h"
#include "base/memory.h"
#include "shardprop/status.h"

/// Prepare HDF5 for the program; call it once, in main. Disables file locks, which fail on many network file systems;
/// HDF5's own error reports; and the closing of files at exit, which crashes if a full disk has prevented a file from
/// being closed.
void sp_hdf5_start(void);

/// Open a file for reading with the default driver, without file locks. Also disables HDF5's own error reports in the
/// calling thread. The caller closes *out with H5Fclose.
/// Errors: SP_ERR_DATA for a file that is missing, empty, not HDF5, truncated or damaged; SP_ERR_IO for a system error.
sp_status sp_hdf5_file_open(const char *path, hid_t *out);

/// Fail with a message followed by the root of HDF5's error stack: "path: name: cannot be read: inflate() failed". Call
/// it directly after the failed call of HDF5: the next call clears the stack.
#define sp_hdf5_fail(code, ...) sp_hdf5_fail_at((code), __FILE__, __LINE__, __VA_ARGS__)

sp_status sp_hdf5_fail_at(sp_status code, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/// The HDF5 of most distributions is not thread-safe. The thread that writes checkpoints, and code that can run at the
/// same time, hold this lock while they call it.
void sp_hdf5_lock(void);
void sp_hdf5_unlock(void);

/// Returns whether `minor` (H5E_NOTFOUND, H5E_TRUNCATED, …) is among the reasons of the last failed call.
bool sp_hdf5_failed_with(hid_t minor);

/// Returns the path at which HDF5 finds the file `name` that the file at `referrer` refers to, or NULL. HDF5 tries an
/// absolute name, the directories in the environment variable (HDF5_VDS_PREFIX for a virtual data set, HDF5_EXT_PREFIX
/// for an external link), the referrer's directory, the current directory, and the directory of the file that the
/// referrer, if it is a symbolic link, points to.
const char *sp_hdf5_find_file(sp_arena *arena, const char *referrer, const char *name, const char *variable);

/// Like H5Oopen, but follows an external link to a regular file only: HDF5 would wait forever at a pipe.
hid_t sp_hdf5_object_open(hid_t parent, const char *name);
bool sp_hdf5_object_exists(hid_t parent, const char *name);

/// Returns prefix/name. The prefix may begin with ${ORIGIN}, the referrer's directory.
const char *sp_hdf5_prefixed(sp_arena *arena, const char *referrer, const char *prefix, const char *name);
const char *sp_hdf5_directory(sp_arena *arena, const char *path);  ///< of the file at `path`

/// Disable file locks, which fail on many network file systems. An HDF5 older than 1.10.7 supports this only through
/// the environment (HDF5_USE_FILE_LOCKING=FALSE, set before HDF5 is first called).
void sp_hdf5_no_locking(hid_t access);

/// Returns the HDF5 type of a value in memory, which must not be closed.
hid_t sp_hdf5_native_type(sp_dtype dtype);

#endif
