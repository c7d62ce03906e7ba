// SPDX-License-Identifier: Apache-2.0
// Questions of both passes over a table: is a value missing, is it a class, to which group does a row belong?
#include "import/csv_table.h"

#include <math.h>
#include <string.h>

#include "import/cell.h"

char sp_csv_table_decimal(const sp_csv_table *t) { return t->options->decimal == SP_CSV_DECIMAL_COMMA ? ',' : '.'; }

static bool is_marker(const sp_csv_table *t, const sp_csv_column *column, const char *cell) {
  double value = NAN;
  if (column->missing) sp_cell_number(cell, sp_csv_table_decimal(t), &value);
  for (const sp_csv_marker *marker = column->missing; marker; marker = marker->next) {
    if (strcmp(cell, marker->text) == 0 || value == marker->number) return true;
  }
  return false;
}

bool sp_csv_table_missing(const sp_csv_table *t, const sp_csv_column *column, const char *cell) {
  if (column->role == SP_CSV_COLUMN_DROPPED) return false;
  if (column->role == SP_CSV_COLUMN_SPLIT) return !*cell;
  bool number = column->encoding == SP_CSV_COLUMN_NUMBER;
  return (number ? sp_cell_missing(cell) : !*cell) || is_marker(t, column, cell);  // "NA" may be a category
}

bool sp_csv_table_is_class(const sp_csv_table *t, const sp_csv_column *column) {
  return column->role == SP_CSV_COLUMN_TARGET && t->columns.class_targets;
}

bool sp_csv_table_drops(const sp_csv_table *t, const sp_csv_row *row) {
  if (t->options->missing != SP_CSV_MISSING_DROP_ROW) return false;
  for (int64_t i = 0; i < row->count; i++) {
    const sp_csv_column *c = &t->columns.column[i];
    if (c->role != SP_CSV_COLUMN_SPLIT && sp_csv_table_missing(t, c, row->cell[i])) return true;
  }
  return false;
}

const char *sp_csv_table_group_name(const sp_csv_table *t, const sp_csv_row *row) {
  return t->columns.split < 0 ? "train" : row->cell[t->columns.split];
}

sp_csv_group *sp_csv_table_group(sp_csv_table *t, const sp_csv_row *row) {
  const char *name = sp_csv_table_group_name(t, row);
  for (int64_t i = 0; i < t->groups; i++) {
    if (strcmp(t->group[i].name, name) == 0) return &t->group[i];
  }
  return NULL;
}
