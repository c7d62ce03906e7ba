// SPDX-License-Identifier: Apache-2.0
// HDF5 files opened for reading, and what HDF5 says when a call fails.
#ifndef SP_HDF5_HDF5_FILE_H
#define SP_HDF5_HDF5_FILE_H

#include <hdf5.h>
#include <stdbool.h>

#include "base/dtype.h"
#include "base/memory.h"
#include "shardprop/status.h"

/// Prepare HDF5 for a program: no file locks, which fail on many network file systems; no error reports of its own; no
/// closing of files at exit, which crashes where a full disk kept a file from being closed. Call it once, in main.
void sp_hdf5_start(void);

/// Open for reading through the ordinary driver, without file locks; from then on HDF5 prints no errors of its own in
/// the calling thread. The caller closes *out with H5Fclose.
/// Errors: SP_ERR_DATA for what is missing, empty, not HDF5, truncated or damaged; SP_ERR_IO when the system refuses.
sp_status sp_hdf5_file_open(const char *path, hid_t *out);

/// sp_fail with the root of HDF5's error stack behind the message: "path: name: cannot be read: inflate() failed".
/// Call it before anything else is asked of HDF5: the next call clears the stack.
#define sp_hdf5_fail(code, ...) sp_hdf5_fail_at((code), __FILE__, __LINE__, __VA_ARGS__)

sp_status sp_hdf5_fail_at(sp_status code, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/// HDF5 as packaged is not for several threads: what may run while a thread writes a checkpoint, and that thread, hold
/// this lock while they call it.
void sp_hdf5_lock(void);
void sp_hdf5_unlock(void);

/// Is `minor` (H5E_NOTFOUND, H5E_TRUNCATED, …) among the reasons of the call that failed last?
bool sp_hdf5_failed_with(hid_t minor);

/// Where HDF5 finds the file `name` that the file at `referrer` names, or NULL where it finds none: an absolute name, a
/// directory of the environment variable (HDF5_VDS_PREFIX for a virtual data set, HDF5_EXT_PREFIX for an external link),
/// the referrer's directory, the current one, and the one that the referrer's symbolic link leads to.
const char *sp_hdf5_find_file(sp_arena *arena, const char *referrer, const char *name, const char *variable);

/// As H5Oopen, but an external link is followed to a regular file only: HDF5 would wait for ever at a pipe.
hid_t sp_hdf5_object_open(hid_t parent, const char *name);
bool sp_hdf5_object_exists(hid_t parent, const char *name);

/// The name behind a prefix, which may begin with ${ORIGIN}, the referrer's directory.
const char *sp_hdf5_prefixed(sp_arena *arena, const char *referrer, const char *prefix, const char *name);
const char *sp_hdf5_directory(sp_arena *arena, const char *path);  ///< that holds the file

/// Do without file locks, which fail on many network file systems. An HDF5 older than 1.10.7 knows this only from the
/// environment (HDF5_USE_FILE_LOCKING=FALSE, set before HDF5 is first called).
void sp_hdf5_no_locking(hid_t access);

/// The type that a value has in memory; not to be closed.
hid_t sp_hdf5_native_type(sp_dtype dtype);

#endif
