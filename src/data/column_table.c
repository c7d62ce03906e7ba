// SPDX-License-Identifier: Apache-2.0
// A readable table of the columns of a data set.
#include "data/column_table.h"

#include <stdio.h>

#include "base/visible.h"
#include "data/column.h"

/// "float32 [784]", "class of 10", or "not used".
static const char *use_text(const sp_dataset *dataset, const sp_column *column, char buffer[256]) {
  const sp_shape *shape = &column->chain.shape;
  char extents[200];
  if (!column->use.read || !column->source) return "not used";
  if (column->use.classes > 0) {
    snprintf(buffer, 256, "class of %lld", (long long)column->use.classes);
  } else {
    snprintf(buffer, 256, "%s%s%s", sp_dtype_name(dataset->precision), shape->rank > 0 ? " " : "",
             shape->rank > 0 ? sp_shape_text(shape, extents) : "");
  }
  return buffer;
}

/// "data.h5:/train/images and 3 more files".
static void add_place(const sp_column *column, sp_text *out) {
  int64_t unused, files = column->source ? sp_hdf5_source_files(column->source) : 0;
  if (files == 0) return;
  sp_visible_format(out, "%s:%s", sp_hdf5_source_file(column->source, 0, &unused), sp_hdf5_source_name(column->source));
  if (files > 1) sp_text_add(out, " and %lld more file%s", (long long)files - 1, files > 2 ? "s" : "");
}

void sp_dataset_table(const sp_dataset *dataset, sp_text *out) {
  char row[256], use[256], size[32];
  if (dataset->columns > 0) sp_text_add(out, "\n%-24s  %-20s %-20s %10s\n", "column", "stored", "used as", "size");
  for (int c = 0; c < dataset->columns; c++) {
    const sp_column *column = &dataset->column[c];
    sp_text_add(out, "%-24s  %-20s %-20s %10s  ", column->name, sp_dataset_row_text(dataset, c, row),
                use_text(dataset, column, use), sp_text_bytes(dataset->rows * column->stored_bytes, size));
    add_place(column, out);
    sp_text_add(out, "\n");
  }
}
