// SPDX-License-Identifier: Apache-2.0
// The first pass over a table: checks every cell, and determines categories, groups and sizes.
#include "import/csv_check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "import/cell.h"

// --- cells --------------------------------------------------------------------------------------------------------

static sp_status cell_failure(const sp_csv_table *t, const sp_csv_row *row, int64_t column, const char *expected) {
  return sp_fail(SP_ERR_DATA, "%s:%lld: column '%.60s': found '%.60s', expected %s", t->options->file,
                 (long long)row->line, t->columns.column[column].name, row->cell[column], expected);
}

static sp_status check_missing(const sp_csv_table *t, const sp_csv_row *row, int64_t column) {
  const sp_csv_column *c = &t->columns.column[column];
  if (c->role == SP_CSV_COLUMN_SPLIT) return cell_failure(t, row, column, "the name of a group, such as train");
  if (t->options->missing == SP_CSV_MISSING_ERROR) {
    return cell_failure(t, row, column, "a value (--missing nan stores NaN, --missing drop-row omits the row)");
  }
  return sp_csv_table_is_class(t, c) ? cell_failure(t, row, column, "a class (--missing drop-row omits the row)")
                                     : SP_OK;
}

/// Returns what was expected instead of a cell that is not a number.
static const char *explain_word(const sp_csv_table *t, const char *cell) {
  double value;
  if (t->options->decimal == SP_CSV_DECIMAL_POINT && sp_cell_number(cell, ',', &value) == SP_CELL_NUMBER) {
    return "a number with a decimal point (use --decimal ',' for a decimal comma; thousands separators are not "
           "supported)";
  }
  if (sp_cell_date(cell))
    return "a number (dates and times are not supported: convert them, or omit the column with --drop)";
  if (sp_cell_grouped(cell)) {
    return t->options->decimal == SP_CSV_DECIMAL_COMMA
               ? "a number with a decimal comma (use --decimal '.' for a decimal point) and without "
                 "thousands separators"
               : "a number without thousands separators";
  }
  return "a number (--categorical accepts words, --drop omits a column, --missing-values sets the markers of missing "
         "values)";
}

/// Detect a column that counts the rows from 0 or 1: it is probably their index.
static void note_count(const sp_csv_table *t, sp_csv_column *c, double value) {
  if (t->seen == 0) c->counts = c->role == SP_CSV_COLUMN_FEATURE && (value == 0 || value == 1);
  if (t->seen == 0) c->first = value;
  c->counts = c->counts && value == c->first + (double)t->seen;
}

static void note_target(sp_csv_table *t, double value) {
  t->least_target = fmin(t->least_target, value);
  t->most_target = fmax(t->most_target, value);
  t->fractions = t->fractions || value != floor(value);
}

static sp_status check_class(const sp_csv_table *t, const sp_csv_row *row, int64_t column, double value) {
  bool integer = value >= 0 && value < 0x1p53 && value == floor(value);  // integers from 2^53 on may have been rounded
  if (!integer) {
    return cell_failure(t, row, column,
                        "a class: an integer of at least 0 and below 2^53 (--categorical accepts any labels)");
  }
  if (value < (double)t->options->first_class) {
    char expected[80];
    snprintf(expected, sizeof expected, "a class: an integer of at least %lld, which is --first-class",
             (long long)t->options->first_class);
    return cell_failure(t, row, column, expected);
  }
  return SP_OK;
}

static sp_status check_number(sp_csv_table *t, const sp_csv_row *row, int64_t column) {
  double value = 0;
  switch (sp_cell_value(row->cell[column], sp_csv_table_decimal(t), &value)) {
    case SP_CELL_WORD: return cell_failure(t, row, column, explain_word(t, row->cell[column]));
    case SP_CELL_TOO_LARGE: return cell_failure(t, row, column, "a number below 1.8e308");
    case SP_CELL_NUMBER: break;
  }
  if (t->columns.column[column].role == SP_CSV_COLUMN_TARGET) note_target(t, value);
  if (sp_csv_table_is_class(t, &t->columns.column[column])) return check_class(t, row, column, value);
  note_count(t, &t->columns.column[column], value);
  bool fits = t->dtype[0] == SP_FLOAT64 || isfinite((float)value);
  return fits ? SP_OK : cell_failure(t, row, column, "a number in the range of float32 (use --dtype float64)");
}

static sp_status check_cell(sp_csv_table *t, const sp_csv_row *row, int64_t column) {
  sp_csv_column *c = &t->columns.column[column];
  if (c->role == SP_CSV_COLUMN_DROPPED) return SP_OK;
  if (sp_csv_table_missing(t, c, row->cell[column])) {
    c->counts = false;
    return check_missing(t, row, column);
  }
  if (c->role == SP_CSV_COLUMN_SPLIT) return SP_OK;
  if (c->encoding == SP_CSV_COLUMN_NUMBER) return check_number(t, row, column);
  return sp_context(sp_categories_add(&c->categories, row->cell[column]), "%s:%lld: column '%.60s'", t->options->file,
                    (long long)row->line, c->name);
}

// --- rows ---------------------------------------------------------------------------------------------------------

static sp_status add_group(sp_csv_table *t, const sp_csv_row *row) {
  const char *name = sp_csv_table_group_name(t, row);
  if (t->groups == SP_CSV_MAX_GROUPS) return cell_failure(t, row, t->columns.split, "at most 100 different groups");
  if (name[0] == '.' || strchr(name, '/') || !sp_cell_utf8(name)) {
    return cell_failure(t, row, t->columns.split,
                        "the name of a group in UTF-8, without '/' and not beginning with '.'");
  }
  char *copy = strdup(name);
  if (!copy) return sp_fail(SP_ERR_MEMORY, "%s: out of memory for a group", t->options->file);
  t->group[t->groups++] = (sp_csv_group){.name = copy};
  return SP_OK;
}

/// Determine the columns from the first row. *done: the row contains their names and needs no further processing.
static sp_status take_first(sp_csv_table *t, const sp_csv_row *row, bool *done) {
  *done = !t->past_header && !t->options->no_header;
  if (!t->past_header) SP_TRY(sp_csv_columns_make(t->options, row, &t->columns));
  t->past_header = true;
  return SP_OK;
}

static sp_status row_failure(const sp_csv_table *t, const sp_csv_row *row) {
  char fields[SP_TEXT_COUNTED];
  bool longer = row->count == t->columns.count + 1;
  const char *hint =
      !longer                       ? ""
      : !*row->cell[row->count - 1] ? " (the line ends with a separator)"
      : t->seen == 0 ? " (is the name of the column of row names missing in the first line? In R, use col.names = NA)"
                     : "";
  return sp_fail(SP_ERR_DATA, "%s:%lld: found %s, expected %lld%s", t->options->file, (long long)row->line,
                 sp_text_counted(row->count, "field", fields), (long long)t->columns.count, hint);
}

sp_status sp_csv_check_row(const sp_csv_row *row, void *context) {
  sp_csv_table *t = context;
  bool done;
  SP_TRY(take_first(t, row, &done));
  if (done) return SP_OK;
  if (row->count != t->columns.count) return row_failure(t, row);
  if (sp_csv_table_drops(t, row)) {
    t->dropped++;
    t->seen++;
    return SP_OK;
  }
  for (int64_t i = 0; i < row->count; i++) SP_TRY(check_cell(t, row, i));
  if (!sp_csv_table_group(t, row)) SP_TRY(add_group(t, row));
  sp_csv_table_group(t, row)->rows++;
  t->seen++;
  return SP_OK;
}
