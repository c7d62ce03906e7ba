// SPDX-License-Identifier: Apache-2.0
// HDF5 files for tests, written by HDF5 itself, in a directory of their own.
#ifndef SP_TESTS_HDF5_WRITER_H
#define SP_TESTS_HDF5_WRITER_H

#include <hdf5.h>
#include <unistd.h>

#include "base/files.h"
#include "check.h"

static char test_directory[256];

static int enter_directory(void **state) {
  (void)state;
  const char *base = getenv("TMPDIR");
  snprintf(test_directory, sizeof test_directory, "%s/shardprop-XXXXXX", base ? base : "/tmp");
  return mkdtemp(test_directory) ? 0 : -1;
}

static int leave_directory(void **state) {
  (void)state;
  return sp_directory_remove(test_directory) == SP_OK ? 0 : -1;
}

/// "DIRECTORY/name" in one of a few buffers that are used in turn.
static inline const char *in_directory(const char *name) {
  static char paths[8][400];
  static int next;
  char *path = paths[next++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", test_directory, name);
  return path;
}

static inline hid_t new_file(const char *path) {
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(file >= 0);
  return file;
}

/// Write a data set with its parent groups. `stored` is its type in the file, `memory` that of `data`.
static inline void write_with(hid_t file, const char *name, hid_t stored, hid_t memory, int rank, const hsize_t *extent,
                              hid_t creation, const void *data) {
  hid_t links = H5Pcreate(H5P_LINK_CREATE), space = H5Screate_simple(rank, extent, NULL);
  H5Pset_create_intermediate_group(links, 1);
  hid_t dataset = H5Dcreate2(file, name, stored, space, links, creation, H5P_DEFAULT);
  assert_true(dataset >= 0);
  if (data) assert_true(H5Dwrite(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
  H5Dclose(dataset);
  H5Sclose(space);
  H5Pclose(links);
}

static inline void write_values(hid_t file, const char *name, hid_t stored, hid_t memory, int rank,
                                const hsize_t *extent, const void *data) {
  write_with(file, name, stored, memory, rank, extent, H5P_DEFAULT, data);
}

/// A file with `rows` rows: /x holds `values` bytes a row (row r: first + r * values, and so on, modulo 251), /y the
/// class r % 10.
static inline void write_simple(const char *path, int rows, int values, int first) {
  uint8_t *x = malloc((size_t)(rows * values) + 1), *y = malloc((size_t)rows + 1);
  for (int i = 0; i < rows * values; i++) x[i] = (uint8_t)((first * values + i) % 251);
  for (int i = 0; i < rows; i++) y[i] = (uint8_t)((first + i) % 10);
  hid_t file = new_file(path);
  write_values(file, "/x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 2, (hsize_t[]){(hsize_t)rows, (hsize_t)values}, x);
  write_values(file, "/y", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (hsize_t[]){(hsize_t)rows}, y);
  H5Fclose(file);
  free(x);
  free(y);
}

#endif
