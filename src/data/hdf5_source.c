// SPDX-License-Identifier: Apache-2.0
// One named data set in several HDF5 files, whose rows follow each other.
#include "data/hdf5_source.h"

#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "base/files.h"
#include "base/memory.h"
#include "base/trial.h"
#include "hdf5/hdf5_file.h"
#include "hdf5/hdf5_parts.h"

enum { MAX_OPEN = 64, CACHE_BYTES = 64 << 20, PIECE_BYTES = 8 << 20 };

/// One file. `dataset.layout` is kept when the file is closed.
typedef struct source_part {
  const char *path;
  int64_t begin;  ///< number of its first row among all rows
  sp_hdf5_dataset dataset;
  bool open;
  int64_t used;  ///< time of the last read, by source->clock
} source_part;

struct sp_hdf5_source {
  sp_arena *arena;
  const char *name, *crash;  ///< description for the message after a crash in HDF5
  source_part *parts;
  int64_t count, open, clock, cache_bytes, row_bytes;
  sp_hdf5_layout layout;
};

// --- opening ------------------------------------------------------------------------------------------------------

static void close_part(sp_hdf5_source *source, source_part *p) {
  sp_hdf5_dataset_close(&p->dataset);
  p->open = false;
  source->open--;
}

static void close_least_recent(sp_hdf5_source *source) {
  source_part *oldest = NULL;
  for (int64_t i = 0; i < source->count; i++) {
    source_part *p = &source->parts[i];
    if (p->open && (!oldest || p->used < oldest->used)) oldest = p;
  }
  close_part(source, oldest);
}

static sp_status open_part(sp_hdf5_source *source, source_part *p) {
  p->used = ++source->clock;
  if (p->open) return SP_OK;
  if (source->open == MAX_OPEN) close_least_recent(source);
  sp_hdf5_layout before = p->dataset.layout;
  SP_TRY(sp_hdf5_dataset_open(p->path, source->name, source->cache_bytes, &p->dataset));
  p->open = true;
  source->open++;
  const sp_hdf5_layout *now = &p->dataset.layout;
  if (before.rows > 0 && (now->rows != before.rows || !sp_shape_equal(&now->sample, &before.sample))) {
    close_part(source, p);
    p->dataset.layout = before;
    return sp_fail(SP_ERR_DATA, "%s: %s: the data set has changed while it was in use", p->path, source->name);
  }
  return SP_OK;
}

static bool is_float(sp_dtype dtype) { return dtype == SP_FLOAT32 || dtype == SP_FLOAT64; }

static bool is_unsigned(sp_dtype dtype) {
  return dtype == SP_UINT8 || dtype == SP_UINT16 || dtype == SP_UINT32 || dtype == SP_UINT64;
}

/// Find the narrowest type for the values of both types. Returns false when there is none.
static bool common_dtype(sp_dtype a, sp_dtype b, sp_dtype *out) {
  static const sp_dtype signed_types[] = {SP_INT8, SP_INT16, SP_INT32, SP_INT64};
  size_t size_a = sp_dtype_size(a), size_b = sp_dtype_size(b);
  if (is_float(a) != is_float(b)) return false;
  if (is_float(a) || is_unsigned(a) == is_unsigned(b)) {
    *out = size_a >= size_b ? a : b;
    return true;
  }
  size_t size = is_unsigned(a) ? 2 * size_a : 2 * size_b;  // a signed type needs one bit more
  if (size < size_a) size = size_a;
  if (size < size_b) size = size_b;
  for (size_t i = 0; i < sizeof signed_types / sizeof *signed_types; i++) {
    if (sp_dtype_size(signed_types[i]) != size) continue;
    *out = signed_types[i];
    return true;
  }
  return false;
}

/// Append the rows of a file to those of the files before it.
static sp_status append(sp_hdf5_source *source, source_part *p) {
  const source_part *first = source->parts;
  const sp_hdf5_layout *mine = &p->dataset.layout, *theirs = &first->dataset.layout;
  sp_hdf5_layout *all = &source->layout;
  p->begin = all->rows;
  if (p == first) {
    *all = *mine;
    return SP_OK;
  }
  char text[200], other[200];
  if (!sp_shape_equal(&mine->sample, &theirs->sample)) {
    return sp_fail(SP_ERR_DATA, "%s: %s: a row has the shape %s, but in %s it has the shape %s", p->path, source->name,
                   sp_shape_text(&mine->sample, text), first->path, sp_shape_text(&theirs->sample, other));
  }
  if (!common_dtype(all->dtype, mine->dtype, &all->dtype)) {
    return sp_fail(SP_ERR_DATA, "%s: %s: contains %s, which cannot be combined with the %s of %s", p->path,
                   source->name, sp_dtype_name(mine->dtype), sp_dtype_name(theirs->dtype), first->path);
  }
  if (!sp_add_size(all->rows, mine->rows, &all->rows)) {
    return sp_fail(SP_ERR_DATA, "%s: %s: the files have more rows than can be counted", p->path, source->name);
  }
  return SP_OK;
}

static sp_status open_all(void *context) {
  sp_hdf5_source *source = context;
  for (int64_t i = 0; i < source->count; i++) {
    SP_TRY(open_part(source, &source->parts[i]));
    SP_TRY(append(source, &source->parts[i]));
  }
  int64_t all_bytes;
  source->row_bytes = sp_shape_size(&source->layout.sample) * (int64_t)sp_dtype_size(source->layout.dtype);
  // A quarter of the address space: sums of a few such sizes need no overflow check.
  if (!sp_multiply_size(source->row_bytes, source->layout.rows, &all_bytes) || all_bytes > INT64_MAX / 4) {
    return sp_fail(SP_ERR_DATA, "%s: the files have more values than can be addressed", source->name);
  }
  return SP_OK;
}

sp_status sp_hdf5_source_open(const sp_strings *files, const char *name, sp_hdf5_source **out) {
  sp_arena *arena = sp_arena_create();
  sp_hdf5_source *source = sp_arena_allocate(arena, sizeof *source);
  source->arena = arena;
  source->name = sp_arena_copy(arena, name, strlen(name));
  source->crash = sp_arena_format(arena, "%s: the file is damaged, and HDF5", name);
  source->count = files->count;
  source->parts = sp_arena_allocate(arena, (size_t)files->count * sizeof *source->parts);
  source->cache_bytes = CACHE_BYTES / (files->count < MAX_OPEN ? files->count : MAX_OPEN);
  for (int64_t i = 0; i < files->count; i++) {
    source->parts[i].path = sp_arena_copy(arena, files->item[i], strlen(files->item[i]));
  }
  sp_status status = sp_trial(open_all, source, "HDF5");
  if (status == SP_OK) status = open_all(source);
  if (status != SP_OK) {
    sp_hdf5_source_close(source);
    return status;
  }
  *out = source;
  return SP_OK;
}

void sp_hdf5_source_close(sp_hdf5_source *source) {
  if (!source) return;
  for (int64_t i = 0; i < source->count; i++) {
    if (source->parts[i].open) close_part(source, &source->parts[i]);
  }
  sp_arena_free(source->arena);
}

// --- description --------------------------------------------------------------------------------------------------

const sp_hdf5_layout *sp_hdf5_source_layout(const sp_hdf5_source *source) { return &source->layout; }

int64_t sp_hdf5_source_files(const sp_hdf5_source *source) { return source->count; }

int64_t sp_hdf5_source_file_rows(const sp_hdf5_source *source, int64_t file) {
  return source->parts[file].dataset.layout.rows;
}

static source_part *part_of(const sp_hdf5_source *source, int64_t row) {
  int64_t low = 0, high = source->count - 1;
  while (low < high) {
    int64_t middle = low + (high - low + 1) / 2;
    if (source->parts[middle].begin <= row) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return &source->parts[low];
}

const char *sp_hdf5_source_file(const sp_hdf5_source *source, int64_t row, int64_t *row_in_file) {
  const source_part *p = part_of(source, row);
  *row_in_file = row - p->begin;
  return p->path;
}

const char *sp_hdf5_source_name(const sp_hdf5_source *source) { return source->name; }

bool sp_hdf5_source_has_file(sp_hdf5_source *source, const char *path) {
  bool found = false;
  if (!sp_file_exists(path)) return false;
  sp_hdf5_lock();
  for (int64_t i = 0; i < source->count && !found; i++) {
    source_part *p = &source->parts[i];
    found =
        sp_file_same(p->path, path) || (open_part(source, p) == SP_OK && sp_hdf5_lies_in(p->path, p->dataset.id, path));
  }
  sp_hdf5_unlock();
  return found;
}

// --- reading ------------------------------------------------------------------------------------------------------

/// Returns how many of `count` rows, from `row` of a file on, are read at once: about PIECE_BYTES, up to the end of a
/// chunk.
static int64_t piece_rows(const sp_hdf5_source *source, const sp_hdf5_layout *file, int64_t row, int64_t count) {
  int64_t unit = file->chunk_rows > 0 ? file->chunk_rows : 1;
  int64_t piece = PIECE_BYTES / source->row_bytes / unit * unit;
  if (piece < unit) piece = unit;
  int64_t left = piece - row % unit;
  return count < left ? count : left;
}

/// Report the first value that the attributes of the file mark as missing.
static sp_status check_missing(const sp_hdf5_source *source, const source_part *p, int64_t row, int64_t rows,
                               const void *values) {
  const sp_hdf5_missing *missing = &p->dataset.missing;
  if (!sp_hdf5_may_miss(missing)) return SP_OK;
  int64_t width = sp_shape_size(&source->layout.sample);
  int64_t found = sp_hdf5_first_missing(missing, source->layout.dtype, values, rows * width);
  if (found < 0) return SP_OK;
  sp_status status = sp_hdf5_fail_missing_value(missing, source->layout.dtype, values, found);
  return sp_context(status, "%s: %s: row %lld", p->path, source->name, (long long)(row + found / width));
}

static sp_status read_rows(sp_hdf5_source *source, int64_t first, int64_t count, void *out) {
  char *next = out;
  while (count > 0) {
    source_part *p = part_of(source, first);
    sp_crash_begin_exit(p->path, source->crash, sp_exit_code(SP_ERR_DATA));
    sp_status status = open_part(source, p);
    sp_crash_end();
    SP_TRY(status);
    int64_t row = first - p->begin, left = p->dataset.layout.rows - row;
    int64_t rows = piece_rows(source, &p->dataset.layout, row, count < left ? count : left);
    sp_crash_begin_exit(p->path, source->crash, sp_exit_code(SP_ERR_DATA));
    status = sp_hdf5_dataset_read(&p->dataset, row, rows, source->layout.dtype, next);
    sp_crash_end();
    if (status != SP_OK) {
      return sp_context(status, "%s: %s: rows %lld to %lld", p->path, source->name, (long long)row,
                        (long long)(row + rows - 1));
    }
    SP_TRY(check_missing(source, p, row, rows, next));
    first += rows;
    count -= rows;
    next += rows * source->row_bytes;
  }
  return SP_OK;
}

sp_status sp_hdf5_source_read(sp_hdf5_source *source, int64_t first, int64_t count, void *out) {
  sp_hdf5_lock();
  sp_status status = read_rows(source, first, count, out);
  sp_hdf5_unlock();
  return status;
}
