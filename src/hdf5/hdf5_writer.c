// SPDX-License-Identifier: Apache-2.0
// An HDF5 file that is being written.
#include "hdf5/hdf5_writer.h"

#include <errno.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/visible.h"
#include "hdf5/hdf5_file.h"

typedef struct target {
  hid_t id;
  const char *name;
  sp_dtype dtype;
  sp_shape sample;
  int64_t rows, written;
} target;

struct sp_hdf5_writer {
  sp_arena *arena;
  const char *path, *beside;
  sp_hdf5_writer_layout layout;
  hid_t file;
  target *targets;
  int count;
  int64_t planned;  // bytes of all rows announced
  H5E_auto2_t report;
  void *report_context;
};

// --- properties and errors of HDF5 --------------------------------------------------------------------------------

/// Report the system's error if there is one (errno was 0 before the call), else HDF5's.
static sp_status failure(const sp_hdf5_writer *writer, const char *what) {
  int system_error = errno;
  if (system_error) return sp_file_error(writer->path, what, system_error);
  return sp_hdf5_fail(SP_ERR_LIBRARY, "%s: %s", writer->path, what);
}

// Objects have no creation times, so that the same input gives the same bytes.

static hid_t create_file(const char *path) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS), create = H5Pcreate(H5P_FILE_CREATE);
  H5Pset_obj_track_times(create, false);
  // The format of HDF5 1.8 allows attributes of more than 64 KiB, because a wide table has many column names.
  H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST);
  sp_hdf5_no_locking(access);
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, create, access);
  H5Pclose(create);
  H5Pclose(access);
  return file;
}

/// Create the missing groups of a data set's name. An error here occurs again when the data set is created.
static void create_groups(const sp_hdf5_writer *writer, const char *name, hid_t link) {
  hid_t create = H5Pcreate(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(create, false);
  for (const char *end = strchr(name + 1, '/'); end; end = strchr(end + 1, '/')) {
    const char *group = sp_arena_copy(writer->arena, name, (size_t)(end - name));
    if (H5Lexists(writer->file, group, H5P_DEFAULT) > 0) continue;
    hid_t id = H5Gcreate2(writer->file, group, link, create, H5P_DEFAULT);
    if (id >= 0) H5Gclose(id);
  }
  H5Pclose(create);
}

// --- the file -----------------------------------------------------------------------------------------------------

sp_status sp_hdf5_writer_create(const char *path, bool replace, sp_hdf5_writer_layout layout, sp_hdf5_writer **out) {
  char beside[SP_FILE_BESIDE];
  SP_TRY(sp_file_begin(path, replace, beside));
  sp_arena *arena = sp_arena_create();
  sp_hdf5_writer *writer = sp_arena_allocate(arena, sizeof *writer);
  *writer = (sp_hdf5_writer){.arena = arena, .path = sp_arena_copy(arena, path, strlen(path)), .layout = layout};
  writer->beside = sp_arena_copy(arena, beside, strlen(beside));
  H5Eget_auto2(H5E_DEFAULT, &writer->report, &writer->report_context);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  errno = 0;
  writer->file = create_file(writer->beside);
  if (writer->file < 0) {
    sp_status status = failure(writer, "cannot be written");
    sp_hdf5_writer_abandon(writer);
    return status;
  }
  *out = writer;
  return SP_OK;
}

sp_status sp_hdf5_writer_check_input(const sp_hdf5_writer *writer, const char *input) {
  return sp_file_check_output(writer->path, input);
}

static herr_t close_file(sp_hdf5_writer *writer) {
  herr_t failed = 0;
  for (int i = 0; i < writer->count; i++) failed |= H5Dclose(writer->targets[i].id);
  writer->count = 0;
  if (writer->file >= 0) failed |= H5Fclose(writer->file);
  writer->file = H5I_INVALID_HID;
  return failed;
}

static void release(sp_hdf5_writer *writer) {
  H5Eset_auto2(H5E_DEFAULT, writer->report, writer->report_context);
  free(writer->targets);
  sp_arena_free(writer->arena);
}

void sp_hdf5_writer_abandon(sp_hdf5_writer *writer) {
  if (!writer) return;
  // HDF5 writes its caches when it closes a file, and cannot recover if the disk is full, so free space first.
  if (truncate(writer->beside, 0) == 0) close_file(writer);
  sp_file_abandon(writer->beside);
  release(writer);
}

static sp_status finish(sp_hdf5_writer *writer) {
  for (int i = 0; i < writer->count; i++) {
    const target *t = &writer->targets[i];
    if (t->written != t->rows) {
      return sp_fail(SP_ERR_DATA, "%s: %s: found %lld rows, expected %lld", writer->path, t->name,
                     (long long)t->written, (long long)t->rows);
    }
  }
  errno = 0;
  if (H5Fflush(writer->file, H5F_SCOPE_GLOBAL) < 0) return failure(writer, "cannot be written");
  if (close_file(writer) < 0) return failure(writer, "cannot be closed");
  SP_TRY(sp_file_sync(writer->beside));
  return sp_file_commit(writer->beside);
}

sp_status sp_hdf5_writer_commit(sp_hdf5_writer *writer) {
  sp_status status = finish(writer);
  if (status != SP_OK) {
    sp_hdf5_writer_abandon(writer);
  } else {
    release(writer);
  }
  return status;
}

// --- data sets ----------------------------------------------------------------------------------------------------

static sp_status check_name(const sp_hdf5_writer *writer, const char *name) {
  const char *last = strrchr(name, '/');
  if (name[0] != '/' || last[1] == '\0' || strstr(name, "//") || strstr(name, "/.")) {
    return sp_fail(SP_ERR_USAGE, "%s: '%s': expected the name of a data set, such as /train/features", writer->path,
                   name);
  }
  for (int i = 0; i < writer->count; i++) {
    if (strcmp(writer->targets[i].name, name) == 0) {
      return sp_fail(SP_ERR_USAGE, "%s: data set %s is named twice", writer->path, name);
    }
  }
  return SP_OK;
}

/// Returns the largest size of a file here: the free space, or the limit set by `ulimit -f`. -1 if unknown.
static int64_t room(const char *path) {
  int64_t left = sp_space_left(path);
  struct rlimit limit;
  bool limited = getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < (rlim_t)INT64_MAX;
  return limited && (left < 0 || (int64_t)limit.rlim_cur < left) ? (int64_t)limit.rlim_cur : left;
}

static sp_status plan(sp_hdf5_writer *writer, const char *name, const target *t, int64_t *row_bytes) {
  int64_t values, bytes, planned;
  SP_TRY(sp_context(sp_shape_count(&t->sample, &values), "%s: %s", writer->path, name));
  if (!sp_multiply_size(values, (int64_t)sp_dtype_size(t->dtype), row_bytes) ||
      !sp_multiply_size(*row_bytes, t->rows, &bytes) || !sp_add_size(bytes, writer->planned, &planned)) {
    return sp_fail(SP_ERR_MEMORY, "%s: %s: %lld rows of %lld values are more than can be addressed", writer->path, name,
                   (long long)t->rows, (long long)values);
  }
  int64_t left = room(writer->path);
  if (writer->layout.gzip_level == 0 && left >= 0 && planned > left) {
    char needed[32], there[32];
    return sp_fail(SP_ERR_SPACE, "%s: found %s of free space, expected %s (free some space, or try --gzip 4)",
                   writer->path, sp_text_bytes(left, there), sp_text_bytes(planned, needed));
  }
  writer->planned = planned;
  return SP_OK;
}

/// Returns the rows of a chunk: as requested, else about 1 MiB; 0 for a contiguous data set.
static int64_t chunk_rows(const sp_hdf5_writer *writer, int64_t rows, int64_t row_bytes) {
  enum { CHUNK_BYTES = 1 << 20 };
  int64_t chunk = writer->layout.chunk_rows;
  if (chunk == 0 && writer->layout.gzip_level > 0) chunk = row_bytes < CHUNK_BYTES ? CHUNK_BYTES / row_bytes : 1;
  return chunk < rows ? chunk : rows;
}

static void set_chunks(hid_t create, hid_t access, const sp_hdf5_writer *writer, const target *t, int64_t chunk,
                       int64_t row_bytes) {
  hsize_t extent[SP_MAX_RANK + 1] = {(hsize_t)chunk};
  for (int i = 0; i < t->sample.rank; i++) extent[i + 1] = (hsize_t)t->sample.extent[i];
  H5Pset_chunk(create, t->sample.rank + 1, extent);
  if (writer->layout.gzip_level > 0) {
    if (sp_dtype_size(t->dtype) > 1) H5Pset_shuffle(create);
    H5Pset_deflate(create, (unsigned)writer->layout.gzip_level);
  }
  // A chunk that does not fit in the cache would be compressed again for every piece that is appended to it.
  H5Pset_chunk_cache(access, H5D_CHUNK_CACHE_NSLOTS_DEFAULT, (size_t)(chunk * row_bytes), 1);
}

static hid_t create_dataset(const sp_hdf5_writer *writer, const target *t, int64_t chunk, int64_t row_bytes) {
  hsize_t extent[SP_MAX_RANK + 1] = {(hsize_t)t->rows};
  for (int i = 0; i < t->sample.rank; i++) extent[i + 1] = (hsize_t)t->sample.extent[i];
  hid_t space = H5Screate_simple(t->sample.rank + 1, extent, NULL);
  hid_t link = H5Pcreate(H5P_LINK_CREATE), create = H5Pcreate(H5P_DATASET_CREATE);
  hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
  H5Pset_char_encoding(link, H5T_CSET_UTF8);
  H5Pset_obj_track_times(create, false);
  H5Pset_fill_time(create, H5D_FILL_TIME_NEVER);
  if (chunk > 0) set_chunks(create, access, writer, t, chunk, row_bytes);
  create_groups(writer, t->name, link);
  hid_t id = H5Dcreate2(writer->file, t->name, sp_hdf5_native_type(t->dtype), space, link, create, access);
  H5Pclose(access);
  H5Pclose(create);
  H5Pclose(link);
  H5Sclose(space);
  return id;
}

sp_status sp_hdf5_writer_add(sp_hdf5_writer *writer, const char *name, sp_dtype dtype, const sp_shape *sample,
                             int64_t rows, int *dataset) {
  target t = {.name = name, .dtype = dtype, .sample = *sample, .rows = rows};
  int64_t row_bytes, limit = UINT32_MAX;  // of HDF5, in bytes per chunk
  SP_TRY(check_name(writer, name));
  if (rows < 1) return sp_fail(SP_ERR_DATA, "%s: %s: found no rows, expected at least one", writer->path, name);
  SP_TRY(plan(writer, name, &t, &row_bytes));
  bool chunked = writer->layout.chunk_rows > 0 || writer->layout.gzip_level > 0;
  int64_t chunk = chunked ? chunk_rows(writer, rows, row_bytes) : 0;
  if (chunk > limit / row_bytes) {
    return sp_fail(SP_ERR_USAGE, "%s: %s: chunks of %lld rows of %lld bytes, expected less than 4 GiB (reduce --chunk)",
                   writer->path, name, (long long)chunk, (long long)row_bytes);
  }
  target *targets = realloc(writer->targets, ((size_t)writer->count + 1) * sizeof *targets);
  if (!targets) return sp_fail(SP_ERR_MEMORY, "%s: not enough memory for data set %s", writer->path, name);
  writer->targets = targets;
  t.name = sp_arena_copy(writer->arena, name, strlen(name));
  errno = 0;
  t.id = create_dataset(writer, &t, chunk, row_bytes);
  if (t.id < 0) return sp_context(failure(writer, "cannot be created"), "data set %s", name);
  targets[writer->count] = t;
  *dataset = writer->count++;
  return SP_OK;
}

sp_status sp_hdf5_writer_append(sp_hdf5_writer *writer, int dataset, const void *values, int64_t rows) {
  target *t = &writer->targets[dataset];
  if (rows > t->rows - t->written) {
    return sp_fail(SP_ERR_DATA, "%s: %s: found more rows than the %lld expected", writer->path, t->name,
                   (long long)t->rows);
  }
  if (rows == 0) return SP_OK;
  hsize_t start[SP_MAX_RANK + 1] = {(hsize_t)t->written}, count[SP_MAX_RANK + 1] = {(hsize_t)rows};
  for (int i = 0; i < t->sample.rank; i++) count[i + 1] = (hsize_t)t->sample.extent[i];
  errno = 0;
  hid_t memory = H5Screate_simple(t->sample.rank + 1, count, NULL), file = H5Dget_space(t->id);
  H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL);
  herr_t failed = H5Dwrite(t->id, sp_hdf5_native_type(t->dtype), memory, file, H5P_DEFAULT, values);
  sp_status status = failed < 0 ? failure(writer, "cannot be written") : SP_OK;
  H5Sclose(file);
  H5Sclose(memory);
  if (status == SP_OK) t->written += rows;
  return status;
}

void sp_hdf5_writer_describe(const sp_hdf5_writer *writer, sp_text *out) {
  char rows[SP_TEXT_COUNTED], shape[200];
  for (int i = 0; i < writer->count; i++) {
    const target *t = &writer->targets[i];
    if (i > 0) sp_text_add(out, "\n");
    sp_visible_format(out, "  %s: %s", t->name, sp_text_counted(t->rows, "row", rows));
    if (t->sample.rank > 0) sp_text_add(out, " of %s", sp_shape_text(&t->sample, shape));
    sp_text_add(out, ", %s", sp_dtype_name(t->dtype));
  }
}

// --- attributes ---------------------------------------------------------------------------------------------------

static sp_status write_attribute(sp_hdf5_writer *writer, int dataset, const char *name, hid_t type, hid_t space,
                                 const void *value) {
  hid_t owner = dataset == SP_HDF5_WRITER_FILE ? writer->file : writer->targets[dataset].id;
  hid_t create = H5Pcreate(H5P_ATTRIBUTE_CREATE);
  H5Pset_char_encoding(create, H5T_CSET_UTF8);
  errno = 0;
  hid_t id = H5Acreate2(owner, name, type, space, create, H5P_DEFAULT);
  bool written = id >= 0 && H5Awrite(id, type, value) >= 0;
  sp_status status = written ? SP_OK : sp_context(failure(writer, "cannot be written"), "attribute %s", name);
  if (id >= 0) H5Aclose(id);
  H5Pclose(create);
  return status;
}

static sp_status write_texts(sp_hdf5_writer *writer, int dataset, const char *name, const char *const *value,
                             hid_t space) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  sp_status status = write_attribute(writer, dataset, name, type, space, value);
  H5Tclose(type);
  H5Sclose(space);
  return status;
}

sp_status sp_hdf5_writer_text(sp_hdf5_writer *writer, int dataset, const char *name, const char *value) {
  return write_texts(writer, dataset, name, &value, H5Screate(H5S_SCALAR));
}

sp_status sp_hdf5_writer_texts(sp_hdf5_writer *writer, int dataset, const char *name, const char *const *value,
                               int64_t count) {
  hsize_t extent = (hsize_t)count;
  return write_texts(writer, dataset, name, value, H5Screate_simple(1, &extent, NULL));
}

sp_status sp_hdf5_writer_numbers(sp_hdf5_writer *writer, int dataset, const char *name, const double *value,
                                 int64_t count) {
  hsize_t extent = (hsize_t)count;
  hid_t space = H5Screate_simple(1, &extent, NULL);
  sp_status status = write_attribute(writer, dataset, name, H5T_NATIVE_DOUBLE, space, value);
  H5Sclose(space);
  return status;
}

sp_status sp_hdf5_writer_integer(sp_hdf5_writer *writer, int dataset, const char *name, int64_t value) {
  hid_t space = H5Screate(H5S_SCALAR);
  sp_status status = write_attribute(writer, dataset, name, H5T_NATIVE_INT64, space, &value);
  H5Sclose(space);
  return status;
}
