// SPDX-License-Identifier: Apache-2.0
// Shared by the tests of the importers: a directory of small files, and HDF5 files read back.
#ifndef SP_TESTS_IMPORT_FILES_H
#define SP_TESTS_IMPORT_FILES_H

#include <hdf5.h>
#include <unistd.h>
#include <zlib.h>

#include "base/files.h"
#include "base/log.h"
#include "check.h"
#include "import/import_format.h"

static char directory[200];

static int make_directory(void **state) {
  (void)state;
  const char *parent = getenv("TMPDIR");
  snprintf(directory, sizeof directory, "%.150s/shardprop-import-XXXXXX", parent ? parent : "/tmp");
  sp_log_set_level(SP_LOG_ERROR);
  return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state) {
  (void)state;
  return sp_directory_remove(directory) == SP_OK ? 0 : -1;
}

/// A path in the directory; the last 32 stay valid.
static inline const char *in_directory(const char *name) {
  static char path[32][300];
  static int next;
  next = (next + 1) % 32;
  snprintf(path[next], sizeof path[next], "%s/%s", directory, name);
  return path[next];
}

static inline const char *make_file(const char *name, const void *data, size_t size) {
  const char *path = in_directory(name);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(data, 1, size, file), size);
  fclose(file);
  return path;
}

static inline const char *make_gzip_file(const char *name, const void *data, size_t size) {
  const char *path = in_directory(name);
  gzFile file = gzopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(gzwrite(file, data, (unsigned)size), size);
  gzclose(file);
  return path;
}

static inline sp_status import_into(const char *output, const sp_import_format *format, const void *options) {
  sp_import_output where = {.output = output, .force = true};
  return sp_import_run(format, options, &where, NULL);
}

/// The file holds exactly this data set: name, class and size of its type, extents, and values (compared as doubles).
static inline void assert_dataset(const char *path, const char *name, H5T_class_t class, size_t size, int rank,
                                  const hsize_t *extent, const double *values) {
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), set = H5Dopen2(file, name, H5P_DEFAULT);
  assert_true(set >= 0);
  hid_t type = H5Dget_type(set), space = H5Dget_space(set);
  hsize_t found[H5S_MAX_RANK];
  assert_int_equal(H5Tget_class(type), class);
  assert_int_equal(H5Tget_size(type), size);
  assert_int_equal(H5Sget_simple_extent_dims(space, found, NULL), rank);
  hsize_t count = 1;
  for (int i = 0; i < rank; i++) {
    assert_int_equal(found[i], extent[i]);
    count *= extent[i];
  }
  double *read = calloc((size_t)count, sizeof *read);
  assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, read) >= 0);
  for (hsize_t i = 0; i < count; i++) {
    if (isnan(values[i]) && isnan(read[i])) continue;
    if (read[i] != values[i]) fail_msg("%s[%d] is %.17g, expected %.17g", name, (int)i, read[i], values[i]);
  }
  free(read);
  H5Sclose(space);
  H5Tclose(type);
  H5Dclose(set);
  H5Fclose(file);
}

/// An attribute that is a list of texts.
static inline void assert_texts(const char *path, const char *name, const char *attribute, int count,
                                const char *const *texts) {
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  hid_t id = H5Aopen_by_name(file, name, attribute, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(id >= 0);
  hid_t space = H5Aget_space(id), type = H5Aget_type(id);
  assert_int_equal(H5Sget_simple_extent_npoints(space), count);
  char **read = calloc((size_t)count, sizeof *read);
  assert_true(H5Aread(id, type, read) >= 0);
  for (int i = 0; i < count; i++) assert_string_equal(read[i], texts[i]);
  H5Dvlen_reclaim(type, space, H5P_DEFAULT, read);
  free(read);
  H5Tclose(type);
  H5Sclose(space);
  H5Aclose(id);
  H5Fclose(file);
}

static inline bool holds(const char *path, const char *name) {
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  bool found = H5Lexists(file, name, H5P_DEFAULT) > 0;
  H5Fclose(file);
  return found;
}

/// The import fails so, and leaves nothing behind.
#define assert_import_fails(format, options, code, part)                       \
  do {                                                                         \
    const char *import_output = in_directory("fails.h5");                      \
    assert_fails(import_into(import_output, format, options), (code), (part)); \
    assert_false(sp_file_exists(import_output));                               \
  } while (0)

#endif
