// SPDX-License-Identifier: Apache-2.0
// HDF5 files opened for reading, and the errors of HDF5.
#include "hdf5/hdf5_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/trial.h"

static pthread_mutex_t in_use = PTHREAD_MUTEX_INITIALIZER;

void sp_hdf5_lock(void) { pthread_mutex_lock(&in_use); }

void sp_hdf5_unlock(void) { pthread_mutex_unlock(&in_use); }

void sp_hdf5_start(void) {
  setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);  // shardprop never writes a file that another process has open
  H5dont_atexit();
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

// --- errors -------------------------------------------------------------------------------------------------------

static herr_t keep_last(unsigned n, const H5E_error2_t *error, void *text) {
  (void)n;
  if (error->desc && *error->desc) snprintf(text, 512, "%s", error->desc);
  return 0;
}

sp_status sp_hdf5_fail_at(sp_status code, const char *file, int line, const char *format, ...) {
  char reason[512] = "HDF5 gives no reason", message[4096];
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_last, reason);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  return sp_fail_at(code, file, line, "%s: %s", message, reason);
}

typedef struct error_search {
  hid_t minor;
  bool found;
} error_search;

static herr_t find(unsigned n, const H5E_error2_t *error, void *context) {
  (void)n;
  error_search *s = context;
  if (error->min_num == s->minor) s->found = true;
  return 0;
}

bool sp_hdf5_failed_with(hid_t minor) {
  error_search s = {.minor = minor};
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, find, &s);
  return s.found;
}

// --- files --------------------------------------------------------------------------------------------------------

/// Check a file with system calls, whose errors are clearer than HDF5's.
static sp_status check_file(const char *path) {
  struct stat about;
  if (stat(path, &about) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return sp_fail(SP_ERR_DATA, "%s: no such file", path);
    return sp_file_error(path, "cannot be examined", errno);
  }
  if (S_ISDIR(about.st_mode)) return sp_fail(SP_ERR_DATA, "%s: is a directory, expected an HDF5 file", path);
  if (!S_ISREG(about.st_mode)) return sp_fail(SP_ERR_DATA, "%s: is a device or pipe, expected an HDF5 file", path);
  if (about.st_size == 0) return sp_fail(SP_ERR_DATA, "%s: is empty, expected an HDF5 file", path);
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return sp_file_error(path, "cannot be opened", errno);
  close(descriptor);
  return SP_OK;
}

/// Returns a property list for the default driver, without file locks if this HDF5 supports that.
static hid_t access_list(void) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_sec2(access);
  sp_hdf5_no_locking(access);
  return access;
}

sp_status sp_hdf5_file_open(const char *path, hid_t *out) {
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  sp_trial_at(path);
  SP_TRY(check_file(path));
  hid_t access = access_list(), file = H5Fopen(path, H5F_ACC_RDONLY, access);
  sp_status status = SP_OK;
  if (file >= 0) {
    *out = file;
  } else if (sp_hdf5_failed_with(H5E_NOTHDF5)) {
    status = sp_fail(SP_ERR_DATA, "%s: is not an HDF5 file", path);
  } else if (sp_hdf5_failed_with(H5E_TRUNCATED)) {
    status = sp_hdf5_fail(SP_ERR_DATA, "%s: is truncated", path);
  } else {
    status = sp_hdf5_fail(SP_ERR_DATA, "%s: cannot be opened as an HDF5 file", path);
  }
  H5Pclose(access);
  return status;
}

// --- files that files refer to ------------------------------------------------------------------------------------

const char *sp_hdf5_directory(sp_arena *arena, const char *path) {
  return dirname(sp_arena_copy(arena, path, strlen(path)));
}

/// Returns the next directory of a list a:b:c and advances *rest. NULL at the end.
static const char *next_directory(sp_arena *arena, const char **rest) {
  while (**rest == ':') (*rest)++;
  size_t length = strcspn(*rest, ":");
  if (length == 0) return NULL;
  const char *directory = sp_arena_copy(arena, *rest, length);
  *rest += length;
  return directory;
}

static const char *if_there(const char *path) { return sp_file_exists(path) ? path : NULL; }

const char *sp_hdf5_prefixed(sp_arena *arena, const char *referrer, const char *prefix, const char *name) {
  static const char origin[] = "${ORIGIN}";
  if (strncmp(prefix, origin, sizeof origin - 1) != 0) return sp_arena_format(arena, "%s/%s", prefix, name);
  return sp_arena_format(arena, "%s/%s/%s", sp_hdf5_directory(arena, referrer), prefix + sizeof origin - 1, name);
}

const char *sp_hdf5_find_file(sp_arena *arena, const char *referrer, const char *name, const char *variable) {
  const char *found = NULL, *prefix = getenv(variable), *directory;
  if (name[0] == '/') {
    if (sp_file_exists(name)) return name;
    name = strrchr(name, '/') + 1;
  }
  for (const char *rest = prefix; rest && !found && (directory = next_directory(arena, &rest));) {
    found = if_there(sp_arena_format(arena, "%s/%s", directory, name));
  }
  if (!found && prefix && *prefix) found = if_there(sp_hdf5_prefixed(arena, referrer, prefix, name));
  if (!found) found = if_there(sp_arena_format(arena, "%s/%s", sp_hdf5_directory(arena, referrer), name));
  if (!found) found = if_there(sp_arena_copy(arena, name, strlen(name)));
  char real[PATH_MAX];
  if (!found && realpath(referrer, real)) {
    found = if_there(sp_arena_format(arena, "%s/%s", sp_hdf5_directory(arena, real), name));
  }
  return found;
}

// --- objects behind links -----------------------------------------------------------------------------------------

static herr_t refuse_devices(const char *referrer, const char *group, const char *name, const char *object,
                             unsigned *flags, hid_t access, void *context) {
  (void)group, (void)object, (void)flags, (void)access, (void)context;
  sp_arena *arena = sp_arena_create();
  const char *found = sp_hdf5_find_file(arena, referrer, name, "HDF5_EXT_PREFIX");
  bool device = found && !sp_file_regular(found);
  sp_arena_free(arena);
  return device ? -1 : 0;
}

/// A link may lead back to a file that is open, which HDF5 opens again with the same settings of locks only.
static hid_t link_access(void) {
  hid_t access = H5Pcreate(H5P_LINK_ACCESS), file_access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_elink_cb(access, refuse_devices, NULL);
  sp_hdf5_no_locking(file_access);
  H5Pset_elink_fapl(access, file_access);
  H5Pclose(file_access);
  return access;
}

hid_t sp_hdf5_object_open(hid_t parent, const char *name) {
  hid_t access = link_access(), object = H5Oopen(parent, name, access);
  hid_t reasons = H5Eget_current_stack();  // the next call clears it
  H5Pclose(access);
  H5Eset_current_stack(reasons);
  return object;
}

bool sp_hdf5_object_exists(hid_t parent, const char *name) {
  hid_t access = link_access();
  htri_t exists = H5Oexists_by_name(parent, name, access);
  H5Pclose(access);
  return exists > 0;
}

void sp_hdf5_no_locking(hid_t access) {
#if H5_VERSION_GE(1, 12, 1) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0))
  H5Pset_file_locking(access, false, true);
#else
  (void)access;
#endif
}

hid_t sp_hdf5_native_type(sp_dtype dtype) {
  switch (dtype) {
    case SP_INT8: return H5T_NATIVE_INT8;
    case SP_UINT8: return H5T_NATIVE_UINT8;
    case SP_INT16: return H5T_NATIVE_INT16;
    case SP_UINT16: return H5T_NATIVE_UINT16;
    case SP_INT32: return H5T_NATIVE_INT32;
    case SP_UINT32: return H5T_NATIVE_UINT32;
    case SP_INT64: return H5T_NATIVE_INT64;
    case SP_UINT64: return H5T_NATIVE_UINT64;
    case SP_FLOAT32: return H5T_NATIVE_FLOAT;
    case SP_FLOAT64: return H5T_NATIVE_DOUBLE;
  }
  return H5I_INVALID_HID;
}
