// SPDX-License-Identifier: Apache-2.0
// Delivery of rows from the cache, or from the files, where they are read in the order of the file.
#include "data/row_delivery.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/column.h"
#include "data/transforms.h"
#include "hdf5/convert.h"

// --- one row ------------------------------------------------------------------------------------------------------

static sp_status deliver_class(const sp_column *column, const char *stored, int32_t *out) {
  return sp_convert_class(column->stored, stored, column->use.classes, out) ? SP_OK
                                                                            : sp_column_fail_class(column, stored);
}

/// Deliver a stored row at its place in the output.
static sp_status deliver(const sp_column *column, sp_transform_draw *draw, int64_t row, const char *stored, char *out,
                         int64_t place) {
  void *to = out + place * column->delivered_bytes;
  sp_status status;
  if (column->use.classes > 0) {
    status = deliver_class(column, stored, to);
  } else {
    draw->row = row;
    status = sp_transform_chain_apply(&column->chain, draw, column->stored, stored, to);
  }
  return status == SP_OK ? SP_OK : sp_column_context(status, column, row);
}

// --- from memory --------------------------------------------------------------------------------------------------

/// Read one byte of each row. Rows are scattered over the cache; these reads wait for their page-table walks in
/// parallel, whereas prefetches would wait one after the other.
static void look_up(const sp_column *column, const int64_t *row, int64_t count) {
  for (int64_t i = 0; i < count; i++) (void)*(const volatile char *)(column->cache + row[i] * column->stored_bytes);
}

/// Prefetch a row while an earlier one is converted. After the first lines of a long row the hardware prefetches by
/// itself.
static void prefetch(const sp_column *column, int64_t row) {
  enum { LINE = 64, MOST = 1024 };
  const char *stored = column->cache + row * column->stored_bytes;
  for (int64_t byte = 0; byte < column->stored_bytes && byte < MOST; byte += LINE) __builtin_prefetch(stored + byte);
}

static sp_status gather_cached(const sp_column *column, sp_transform_draw *draw, const int64_t *row, int64_t count,
                               void *out) {
  enum { TOGETHER = 32, AHEAD = 2 };
  for (int64_t i = 0; i < count; i++) {
    if (i % TOGETHER == 0) look_up(column, row + i, count - i < TOGETHER ? count - i : TOGETHER);
    if (i + AHEAD < count) prefetch(column, row[i + AHEAD]);
    SP_TRY(deliver(column, draw, row[i], column->cache + row[i] * column->stored_bytes, out, i));
  }
  return SP_OK;
}

// --- from files ---------------------------------------------------------------------------------------------------

static int by_row(const void *a, const void *b) {
  const sp_wanted *x = a, *y = b;
  return x->row != y->row ? (x->row > y->row) - (x->row < y->row) : (x->place > y->place) - (x->place < y->place);
}

/// Sort the wanted rows in the order of the files.
static sp_status sort_rows(sp_dataset *dataset, const int64_t *row, int64_t count) {
  if (count > dataset->wanted_capacity) {
    sp_wanted *larger;
    SP_TRY(sp_allocate(count, sizeof *larger, "row numbers", &larger));
    free(dataset->wanted);
    dataset->wanted = larger;
    dataset->wanted_capacity = count;
  }
  for (int64_t i = 0; i < count; i++) dataset->wanted[i] = (sp_wanted){.row = row[i], .place = i};
  qsort(dataset->wanted, (size_t)count, sizeof *dataset->wanted, by_row);
  return SP_OK;
}

/// Returns the number of wanted rows from `next` on that are read in one piece: they are consecutive, or the gap
/// between them is so small that reading it costs less than another call of HDF5.
static int64_t stretch(const sp_dataset *dataset, const sp_column *column, const sp_wanted *next, int64_t count) {
  enum { GAP_BYTES = 16384 };
  int64_t gap = 1 + GAP_BYTES / column->stored_bytes, capacity = sp_column_capacity(dataset, column), i = 1;
  while (i < count && next[i].row - next[i - 1].row <= gap && next[i].row - next[0].row < capacity) i++;
  return i;
}

static sp_status gather_sorted(sp_dataset *dataset, const sp_column *column, sp_transform_draw *draw, int64_t count,
                               void *out) {
  for (const sp_wanted *next = dataset->wanted, *end = next + count; next < end;) {
    int64_t together = stretch(dataset, column, next, end - next), first = next->row;
    const char *stored;
    SP_TRY(sp_column_rows(dataset, column, first, next[together - 1].row - first + 1, &stored));
    for (int64_t i = 0; i < together; i++, next++) {
      const char *from = stored + (next->row - first) * column->stored_bytes;
      SP_TRY(deliver(column, draw, next->row, from, out, next->place));
    }
  }
  return SP_OK;
}

sp_status sp_dataset_gather(sp_dataset *dataset, const sp_delivery *training, const int64_t *row, int64_t count,
                            void *const *out) {
  bool sorted = false;
  sp_transform_draw draw = {.training = training != NULL};
  if (training) draw.key = sp_random_key_make(training->seed, SP_RANDOM_TRANSFORM, (uint64_t)training->epoch);
  for (int c = 0; c < dataset->columns; c++) {
    const sp_column *column = &dataset->column[c];
    if (!out[c] || !column->source || !column->use.read) continue;
    if (column->statistics_missing) {
      return sp_fail(SP_ERR_LIBRARY, "standardize: the statistics have not been set");
    }
    if (column->cache) {
      SP_TRY(gather_cached(column, &draw, row, count, out[c]));
      continue;
    }
    if (!sorted) SP_TRY(sort_rows(dataset, row, count));
    sorted = true;
    SP_TRY(gather_sorted(dataset, column, &draw, count, out[c]));
  }
  return SP_OK;
}

// --- stored rows --------------------------------------------------------------------------------------------------

sp_stored sp_dataset_stored(const sp_dataset *dataset, int c) {
  const sp_column *column = &dataset->column[c];
  return (sp_stored){column->stored, column->stored_values};
}

static sp_status copy_rows(const sp_column *column, const char *stored, int64_t first, int64_t count, void *out) {
  char **to = out;
  (void)first;
  memcpy(*to, stored, (size_t)(count * column->stored_bytes));
  *to += count * column->stored_bytes;
  return SP_OK;
}

sp_status sp_dataset_read(sp_dataset *dataset, int c, int64_t first, int64_t count, void *out) {
  char *to = out;
  return sp_column_each(dataset, &dataset->column[c], first, count, copy_rows, &to);
}

sp_status sp_dataset_context(sp_status status, const sp_dataset *dataset, int c, int64_t row) {
  return sp_column_context(status, &dataset->column[c], row);
}
