// SPDX-License-Identifier: Apache-2.0
// The second pass over a table: converts cells to the values of the data sets.
#include "import/csv_write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "import/cell.h"

enum { BLOCK_BYTES = 1 << 20 };

// --- values -------------------------------------------------------------------------------------------------------

static void store(void *block, sp_dtype dtype, int64_t at, double value) {
  if (dtype == SP_INT64) {
    ((int64_t *)block)[at] = (int64_t)value;
  } else if (dtype == SP_FLOAT64) {
    ((double *)block)[at] = value;
  } else {
    ((float *)block)[at] = (float)value;
  }
}

/// Store a cell as one value, or as several when one-hot. Returns false when the cell has changed since the first pass.
static bool encode(const sp_csv_table *t, const sp_csv_column *column, const char *cell, void *block, sp_dtype dtype,
                   int64_t *at) {
  double value = NAN;
  bool missing = sp_csv_table_missing(t, column, cell), number = column->encoding == SP_CSV_COLUMN_NUMBER;
  int64_t category = number || missing ? -1 : sp_categories_find(&column->categories, cell);
  if (number && !missing && sp_cell_value(cell, sp_csv_table_decimal(t), &value) != SP_CELL_NUMBER) return false;
  if (number && sp_csv_table_is_class(t, column)) value -= (double)t->options->first_class;
  if (!number && !missing && category < 0) return false;
  if (column->encoding != SP_CSV_COLUMN_ONE_HOT) {
    store(block, dtype, (*at)++, category >= 0 ? (double)category : value);
    return true;
  }
  for (int64_t i = 0; i < column->categories.count; i++) {
    store(block, dtype, (*at)++, missing ? (double)NAN : i == category ? 1.0 : 0.0);
  }
  return true;
}

static sp_status flush_group(sp_csv_table *t, sp_csv_group *g) {
  for (int part = 0; part < 2; part++) {
    if (t->width[part] > 0)
      SP_TRY(sp_hdf5_writer_append(t->import->writer, g->dataset[part], g->block[part], g->filled));
  }
  g->filled = 0;
  return SP_OK;
}

sp_status sp_csv_flush(sp_csv_table *t) {
  for (int64_t i = 0; i < t->groups; i++) SP_TRY(flush_group(t, &t->group[i]));
  return SP_OK;
}

sp_status sp_csv_write_row(const sp_csv_row *row, void *context) {
  sp_csv_table *t = context;
  if (!t->past_header) {
    t->past_header = true;
    if (!t->options->no_header) return SP_OK;
  }
  if (row->count == t->columns.count && sp_csv_table_drops(t, row)) return SP_OK;
  sp_csv_group *g = row->count == t->columns.count ? sp_csv_table_group(t, row) : NULL;
  bool same = g != NULL;
  int64_t at[2] = {g ? g->filled * t->width[0] : 0, g ? g->filled * t->width[1] : 0};
  for (int64_t i = 0; i < row->count && same; i++) {
    const sp_csv_column *c = &t->columns.column[i];
    if (c->role != SP_CSV_COLUMN_FEATURE && c->role != SP_CSV_COLUMN_TARGET) continue;
    int part = c->role == SP_CSV_COLUMN_TARGET;
    same = encode(t, c, row->cell[i], g->block[part], t->dtype[part], &at[part]);
  }
  if (!same) {
    return sp_fail(SP_ERR_DATA,
                   "%s:%lld: the row differs from the first pass: the file has changed while it was being read",
                   t->options->file, (long long)row->line);
  }
  return ++g->filled == g->block_rows ? flush_group(t, g) : SP_OK;
}

// --- data sets ----------------------------------------------------------------------------------------------------

/// Write the names of the values of a data set, "carat" or "cut=Ideal", and the categories of each column.
static sp_status describe(const sp_csv_table *t, int dataset, sp_csv_column_role role, int64_t width) {
  sp_hdf5_writer *writer = t->import->writer;
  sp_arena *arena = sp_arena_create();
  const char **name = sp_arena_allocate(arena, (size_t)width * sizeof *name);
  int64_t at = 0;
  sp_status status = SP_OK;
  for (int64_t i = 0; i < t->columns.count && status == SP_OK; i++) {
    const sp_csv_column *c = &t->columns.column[i];
    if (c->role != role) continue;
    if (c->encoding != SP_CSV_COLUMN_ONE_HOT) name[at++] = c->name;
    for (int64_t k = 0; k < c->categories.count && c->encoding == SP_CSV_COLUMN_ONE_HOT; k++) {
      name[at++] = sp_arena_format(arena, "%s=%s", c->name, c->categories.word[k]);
    }
    if (c->categories.count > 0) {
      const char *attribute = sp_arena_format(arena, "categories:%s", c->name);
      const char *const *word = (const char *const *)c->categories.word;
      status = sp_hdf5_writer_texts(writer, dataset, attribute, word, c->categories.count);
    }
  }
  if (status == SP_OK) status = sp_hdf5_writer_texts(writer, dataset, "columns", name, width);
  sp_arena_free(arena);
  return status == SP_OK ? sp_hdf5_writer_text(writer, dataset, "source", t->options->file) : status;
}

static sp_status add_dataset(sp_csv_table *t, sp_csv_group *g, int part) {
  static const char *const names[] = {"features", "targets"};
  sp_csv_column_role role = part ? SP_CSV_COLUMN_TARGET : SP_CSV_COLUMN_FEATURE;
  sp_shape sample = {.rank = part && t->columns.targets == 1 && t->width[1] == 1 ? 0 : 1, .extent = {t->width[part]}};
  sp_text name = {0};
  sp_text_add(&name, "/%s/%s", g->name, names[part]);
  sp_status status =
      sp_hdf5_writer_add(t->import->writer, name.data, t->dtype[part], &sample, g->rows, &g->dataset[part]);
  sp_text_free(&name);
  SP_TRY(status);
  SP_TRY(describe(t, g->dataset[part], role, t->width[part]));
  return sp_allocate(g->block_rows * t->width[part], sp_dtype_size(t->dtype[part]), "a block of rows", &g->block[part]);
}

sp_status sp_csv_add_datasets(sp_csv_table *t) {
  t->width[0] = sp_csv_columns_width(&t->columns, SP_CSV_COLUMN_FEATURE);
  t->width[1] = sp_csv_columns_width(&t->columns, SP_CSV_COLUMN_TARGET);
  if (t->columns.class_targets) t->dtype[1] = SP_INT64;
  int64_t row_bytes = 8 * (t->width[0] + t->width[1]);
  int64_t block_rows = row_bytes < BLOCK_BYTES ? BLOCK_BYTES / row_bytes : 1;
  for (sp_csv_group *g = t->group; g < t->group + t->groups; g++) {
    g->block_rows = block_rows < g->rows ? block_rows : g->rows;
    for (int part = 0; part < 2; part++) {
      if (t->width[part] > 0) SP_TRY(add_dataset(t, g, part));
    }
  }
  return SP_OK;
}
