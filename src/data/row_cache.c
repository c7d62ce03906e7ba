// SPDX-License-Identifier: Apache-2.0
// A copy of the data in memory, in the types of the files: the rows of one column after those of another.
#include "data/row_cache.h"

#include "base/interrupt.h"
#include "data/column.h"

static bool cached(const sp_column *column) { return column->source && column->use.read; }

/// Returns the offset of column c, or of the end of the copy. The sum cannot overflow: the size of a column is limited when
/// it is opened.
static int64_t begin_of(const sp_dataset *dataset, int c) {
  enum { ALIGNMENT = 64 };
  int64_t at = 0;
  for (int i = 0; i < c; i++) {
    const sp_column *column = &dataset->column[i];
    if (!cached(column)) continue;
    at = (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + dataset->rows * column->stored_bytes;
  }
  return c < dataset->columns ? (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : at;
}

int64_t sp_dataset_cache_bytes(const sp_dataset *dataset) { return begin_of(dataset, dataset->columns); }

/// Read in pieces, and check for a requested stop between them.
static sp_status fill(const sp_column *column, int64_t first, int64_t count, char *at) {
  enum { PIECE_BYTES = 1 << 27 };
  int64_t piece = PIECE_BYTES / column->stored_bytes > 0 ? PIECE_BYTES / column->stored_bytes : 1;
  for (int64_t done = 0; done < count; done += piece) {
    int64_t row = first + done, rows = count - done < piece ? count - done : piece;
    SP_TRY(sp_interrupt_check());
    SP_TRY(sp_hdf5_source_read(column->source, row, rows, at + row * column->stored_bytes));
  }
  return SP_OK;
}

sp_status sp_dataset_cache_fill(sp_dataset *dataset, void *cache, int64_t first, int64_t count) {
  for (int c = 0; c < dataset->columns; c++) {
    const sp_column *column = &dataset->column[c];
    if (cached(column)) SP_TRY(fill(column, first, count, (char *)cache + begin_of(dataset, c)));
  }
  return SP_OK;
}

void sp_dataset_cache_use(sp_dataset *dataset, const void *cache) {
  for (int c = 0; c < dataset->columns; c++) {
    sp_column *column = &dataset->column[c];
    column->cache = cache && cached(column) ? (const char *)cache + begin_of(dataset, c) : NULL;
  }
}
