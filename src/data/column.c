// SPDX-License-Identifier: Apache-2.0
// Stored rows of a column, and the places of rows in messages.
#include "data/column.h"

#include "base/interrupt.h"
#include "hdf5/convert.h"

sp_status sp_column_context(sp_status status, const sp_column *column, int64_t row) {
  int64_t row_in_file;
  const char *path = sp_hdf5_source_file(column->source, row, &row_in_file);
  return sp_context(status, "%s: %s: row %lld", path, sp_hdf5_source_name(column->source), (long long)row_in_file);
}

int64_t sp_column_capacity(const struct sp_dataset *dataset, const sp_column *column) {
  return dataset->stored_capacity / column->stored_bytes;
}

sp_status sp_column_rows(struct sp_dataset *dataset, const sp_column *column, int64_t first, int64_t count,
                         const char **rows) {
  if (column->cache) {
    *rows = column->cache + first * column->stored_bytes;
    return SP_OK;
  }
  SP_TRY(sp_hdf5_source_read(column->source, first, count, dataset->stored));
  *rows = dataset->stored;
  return SP_OK;
}

sp_status sp_column_each(struct sp_dataset *dataset, const sp_column *column, int64_t first, int64_t count,
                         sp_column_work *work, void *context) {
  int64_t capacity = sp_column_capacity(dataset, column);
  while (count > 0) {
    int64_t rows = count < capacity ? count : capacity;
    const char *stored;
    SP_TRY(sp_interrupt_check());
    SP_TRY(sp_column_rows(dataset, column, first, rows, &stored));
    SP_TRY(work(column, stored, first, rows, context));
    first += rows;
    count -= rows;
  }
  return SP_OK;
}

sp_status sp_column_fail_class(const sp_column *column, const char *stored) {
  char value[32];
  return sp_fail(SP_ERR_DATA, "label %s, expected 0 to %lld", sp_convert_text(column->stored, stored, value),
                 (long long)(column->use.classes - 1));
}
