// SPDX-License-Identifier: Apache-2.0
// A data set: its files opened, checked and described.
#include "data/row_dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/visible.h"
#include "data/column.h"
#include "data/file_list.h"
#include "data/transforms.h"
#include "hdf5/convert.h"

// --- opening ------------------------------------------------------------------------------------------------------

/// Returns the shape of a row: a single value is a scalar, however it is stored.
static sp_shape row_shape(const sp_shape *stored) {
  return stored->rank == 1 && stored->extent[0] == 1 ? (sp_shape){.rank = 0} : *stored;
}

/// Set the type of a column that delivers values in the precision, and the bytes of a delivered row.
static sp_status set_delivered(sp_column *column, sp_dtype precision) {
  if (sp_multiply_size(column->chain.values, (int64_t)sp_dtype_size(precision), &column->delivered_bytes)) return SP_OK;
  return sp_fail(SP_ERR_SHAPE, "%s: a sample is larger than can be addressed", column->name);
}

static sp_status open_column(sp_dataset *dataset, const sp_strings *file, const sp_column_source *wanted) {
  sp_column *column = &dataset->column[dataset->columns++];
  column->name = sp_arena_copy(dataset->arena, wanted->name, strlen(wanted->name));
  column->stored = SP_FLOAT32;
  column->chain.shape.rank = -1;
  column->use.read = true;
  if (!wanted->stored) return SP_OK;
  sp_strings files;
  SP_TRY(sp_file_list(wanted->file ? wanted->file : file, dataset->arena, &files));
  if (wanted->file || dataset->columns == 1) sp_file_list_warn_of_repeats(&files);
  SP_TRY(sp_hdf5_source_open(&files, wanted->stored, &column->source));
  const sp_hdf5_layout *layout = sp_hdf5_source_layout(column->source);
  sp_shape row = row_shape(&layout->sample);
  column->stored = layout->dtype;
  column->stored_values = sp_shape_size(&row);
  column->stored_bytes = column->stored_values * (int64_t)sp_dtype_size(layout->dtype);
  SP_TRY(sp_transform_chain_create(wanted->transforms, &row, dataset->precision, &column->chain));
  return set_delivered(column, dataset->precision);
}

/// Check that two columns of the same files have the same number of rows in every file, because both values of a row come
/// from the same file.
static sp_status check_file_rows(const sp_hdf5_source *a, const sp_hdf5_source *b) {
  int64_t first = 0, unused;
  for (int64_t i = 0; i < sp_hdf5_source_files(a); i++) {
    int64_t rows = sp_hdf5_source_file_rows(a, i), expected = sp_hdf5_source_file_rows(b, i);
    if (rows != expected) {
      return sp_fail(SP_ERR_DATA, "%s: %s has %lld rows and %s has %lld, expected the same number of rows",
                     sp_hdf5_source_file(a, first, &unused), sp_hdf5_source_name(a), (long long)rows,
                     sp_hdf5_source_name(b), (long long)expected);
    }
    first += rows;
  }
  return SP_OK;
}

/// Check that a column has as many rows as the first one.
static sp_status check_rows(const sp_column *first, const sp_column *column, bool same_files) {
  if (same_files) return check_file_rows(first->source, column->source);
  int64_t rows = sp_hdf5_source_layout(column->source)->rows, expected = sp_hdf5_source_layout(first->source)->rows;
  int64_t unused;
  if (rows == expected) return SP_OK;
  return sp_fail(SP_ERR_DATA, "%s: %s has %lld rows in all, but %s: %s has %lld, expected the same number of rows",
                 sp_hdf5_source_file(column->source, 0, &unused), sp_hdf5_source_name(column->source), (long long)rows,
                 sp_hdf5_source_file(first->source, 0, &unused), sp_hdf5_source_name(first->source),
                 (long long)expected);
}

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static sp_status allocate_buffers(sp_dataset *dataset) {
  enum { STORED_BYTES = 1 << 20 };
  int64_t sample = 0;
  dataset->stored_capacity = STORED_BYTES;
  for (int c = 0; c < dataset->columns; c++) {
    sp_column *column = &dataset->column[c];
    dataset->stored_capacity = larger(dataset->stored_capacity, column->stored_bytes);
    if (!column->chain.standardizer) continue;
    int64_t values = column->chain.standardizer->values;
    column->statistics_missing = true;
    sample = larger(sample, values * (int64_t)sp_dtype_size(dataset->precision));
  }
  SP_TRY(sp_allocate(dataset->stored_capacity, 1, "rows of the data set", &dataset->stored));
  return sample > 0 ? sp_allocate(sample, 1, "a sample", &dataset->sample) : SP_OK;
}

static sp_status open_columns(sp_dataset *dataset, const sp_strings *file, const sp_column_source *columns, int count) {
  const sp_column_source *source = NULL;  // of the first column that the data set has
  const sp_column *first = NULL;
  for (int i = 0; i < count; i++) {
    SP_TRY(open_column(dataset, file, &columns[i]));
    const sp_column *column = &dataset->column[i];
    if (first && column->source) SP_TRY(check_rows(first, column, columns[i].file == source->file));
    if (first || !column->source) continue;
    first = column;
    source = &columns[i];
  }
  dataset->rows = sp_hdf5_source_layout(first->source)->rows;
  return allocate_buffers(dataset);
}

static sp_status create(int64_t rows, sp_dtype precision, sp_dataset **out) {
  sp_dataset *dataset;
  SP_TRY(sp_allocate(1, sizeof *dataset, "data set", &dataset));
  dataset->arena = sp_arena_create();
  dataset->precision = precision;
  dataset->rows = rows;
  *out = dataset;
  return SP_OK;
}

sp_status sp_dataset_open(const sp_strings *file, const sp_column_source *columns, int count, sp_dtype precision,
                          sp_dataset **out) {
  sp_dataset *dataset;
  SP_TRY(create(0, precision, &dataset));
  sp_status status = open_columns(dataset, file, columns, count);
  if (status != SP_OK) {
    sp_dataset_close(dataset);
    return status;
  }
  *out = dataset;
  return SP_OK;
}

sp_status sp_dataset_open_rows(int64_t rows, sp_dataset **out) { return create(rows, SP_FLOAT32, out); }

sp_status sp_dataset_expect(sp_dataset *dataset, int c, const sp_shape *shape, const sp_selected_list *transforms) {
  sp_column *column = &dataset->column[c];
  SP_TRY(sp_transform_chain_create(transforms, shape, dataset->precision, &column->chain));
  column->statistics_missing = column->chain.standardizer != NULL;
  return SP_OK;
}

void sp_dataset_close(sp_dataset *dataset) {
  if (!dataset) return;
  for (int c = 0; c < dataset->columns; c++) {
    sp_hdf5_source_close(dataset->column[c].source);
    sp_transform_chain_free(&dataset->column[c].chain);
  }
  free(dataset->stored);
  free(dataset->sample);
  free(dataset->wanted);
  sp_arena_free(dataset->arena);
  free(dataset);
}

// --- description --------------------------------------------------------------------------------------------------

int64_t sp_dataset_rows(const sp_dataset *dataset) { return dataset->rows; }

int64_t sp_dataset_row_bytes(const sp_dataset *dataset) {
  int64_t bytes = 0;
  for (int c = 0; c < dataset->columns; c++) bytes += dataset->column[c].stored_bytes;
  return larger(bytes, 1);
}

int sp_dataset_columns(const sp_dataset *dataset) { return dataset->columns; }

const char *sp_dataset_name(const sp_dataset *dataset, int c) { return dataset->column[c].name; }

bool sp_dataset_has(const sp_dataset *dataset, int c) {
  return c >= 0 && c < dataset->columns && dataset->column[c].source;
}

const sp_shape *sp_dataset_shape(const sp_dataset *dataset, int c) { return &dataset->column[c].chain.shape; }

/// Returns the first column that the data set has, or NULL.
static const sp_column *first_column(const sp_dataset *dataset) {
  for (int c = 0; c < dataset->columns; c++) {
    if (dataset->column[c].source) return &dataset->column[c];
  }
  return NULL;
}

int64_t sp_dataset_chunk_rows(const sp_dataset *dataset) {
  const sp_column *longest = NULL;
  for (int c = 0; c < dataset->columns; c++) {
    const sp_column *column = &dataset->column[c];
    if (!column->source || !column->use.read) continue;
    if (!longest || column->stored_bytes > longest->stored_bytes) longest = column;
  }
  return longest ? sp_hdf5_source_layout(longest->source)->chunk_rows : 0;
}

static bool is_integer(const sp_column *column) {
  return sp_dtype_is_integer(column->stored) && column->chain.count == 0;
}

void sp_dataset_form(const sp_dataset *dataset, sp_data_form *form) {
  *form = (sp_data_form){.columns = dataset->columns};
  for (int c = 0; c < dataset->columns; c++) {
    const sp_column *column = &dataset->column[c];
    form->column[c] = (sp_column_form){.name = column->name,
                                       .shape = column->chain.shape,
                                       .integer = is_integer(column),
                                       .invertible = sp_transform_chain_inverts(&column->chain),
                                       .standardized = column->chain.standardizer != NULL};
  }
}

/// Format a stored row as "uint8 [28, 28]", or "uint8" when it has one value.
static const char *row_text(const sp_column *column, char buffer[256]) {
  if (!column->source) return "none";
  const sp_shape *sample = &sp_hdf5_source_layout(column->source)->sample;
  char shape[200] = "";
  if (sample->rank > 0) sp_shape_text(sample, shape);
  snprintf(buffer, 256, "%s%s%s", sp_dtype_name(column->stored), sample->rank > 0 ? " " : "", shape);
  return buffer;
}

const char *sp_dataset_row_text(const sp_dataset *dataset, int c, char buffer[256]) {
  return row_text(&dataset->column[c], buffer);
}

const char *sp_dataset_describe(const sp_dataset *dataset, char buffer[256]) {
  const sp_column *first = first_column(dataset);
  char count[SP_TEXT_COUNTED], row[256];
  sp_text text = {0};
  const char *file = "";
  int64_t unused;
  sp_text_counted(dataset->rows, "row", count);
  if (first) {
    int64_t files = sp_hdf5_source_files(first->source);
    file = sp_hdf5_source_file(first->source, 0, &unused);
    sp_text_add(&text, "%s", file);
    if (files > 1) sp_text_add(&text, " and %lld more", (long long)(files - 1));
    sp_text_add(&text, ":%s, %s of %s", sp_hdf5_source_name(first->source), count, row_text(first, row));
  } else {
    sp_text_add(&text, "none: %s without values", count);
  }
  for (int c = 0; first && c < dataset->columns; c++) {
    const sp_column *column = &dataset->column[c];
    if (column == first) continue;
    sp_text_add(&text, "; %s ", column->name);
    const char *own = column->source ? sp_hdf5_source_file(column->source, 0, &unused) : file;
    if (strcmp(own, file) != 0) sp_text_add(&text, "%s:", own);
    if (column->source) sp_text_add(&text, "%s, ", sp_hdf5_source_name(column->source));
    sp_text_add(&text, "%s", row_text(column, row));
  }
  sp_visible_copy(sp_text_string(&text), false, buffer, 256);
  sp_text_free(&text);
  return buffer;
}

void sp_dataset_signature(const sp_dataset *dataset, sp_text *out) {
  char row[256];
  sp_text_add(out, "%lld rows", (long long)dataset->rows);
  if (dataset->columns == 0) sp_text_add(out, " that hold nothing");
  for (int c = 0; c < dataset->columns; c++) {
    sp_text_add(out, ", %s %s", dataset->column[c].name, row_text(&dataset->column[c], row));
  }
}

bool sp_dataset_has_file(const sp_dataset *dataset, const char *path) {
  for (int c = 0; c < dataset->columns; c++) {
    sp_hdf5_source *source = dataset->column[c].source;
    if (source && sp_hdf5_source_has_file(source, path)) return true;
  }
  return false;
}

// --- use ----------------------------------------------------------------------------------------------------------

static sp_status use_column(sp_column *column, const sp_column_use *use, sp_dtype precision) {
  if (use->classes > 0 && (!is_integer(column) || column->stored_values != 1)) {
    int64_t unused;
    char row[256];
    return sp_fail(SP_ERR_DATA, "%s: %s: a row contains %s%s, expected one integer, a class number",
                   sp_hdf5_source_file(column->source, 0, &unused), sp_hdf5_source_name(column->source),
                   row_text(column, row), column->chain.count > 0 ? " and is transformed" : "");
  }
  if (use->classes > INT32_MAX) {
    return sp_fail(SP_ERR_DATA, "%lld classes, expected fewer than 2^31", (long long)use->classes);
  }
  column->use = *use;
  if (use->classes == 0) return set_delivered(column, precision);
  column->delivered_bytes = (int64_t)sizeof(int32_t);
  return SP_OK;
}

sp_status sp_dataset_use(sp_dataset *dataset, const sp_column_use *use) {
  for (int c = 0; c < dataset->columns; c++) {
    sp_column *column = &dataset->column[c];
    if (column->source) SP_TRY(use_column(column, &use[c], dataset->precision));
  }
  return SP_OK;
}
