// SPDX-License-Identifier: Apache-2.0
// A table during its import: the data that both passes share. The first pass checks every cell and determines
// categories and sizes; the second one writes the values.
#ifndef SP_IMPORT_CSV_TABLE_H
#define SP_IMPORT_CSV_TABLE_H

#include "import/csv_columns.h"

enum { SP_CSV_MAX_GROUPS = 100 };

/// Rows that are written to the same data sets, /<name>/features and /<name>/targets, and their current block.
typedef struct sp_csv_group {
  char *name;
  int64_t rows, block_rows, filled;
  int dataset[2];
  void *block[2];  ///< features, targets
} sp_csv_group;

typedef struct sp_csv_table {
  const sp_import_csv_options *options;
  sp_import *import;
  sp_csv_columns columns;
  sp_csv_group group[SP_CSV_MAX_GROUPS];
  int64_t groups, dropped, seen;     ///< omitted rows, all rows
  double least_target, most_target;  ///< range of numeric targets
  bool fractions;                    ///< some numeric targets are not integers
  sp_dtype dtype[2];
  int64_t width[2];  ///< values per row in each of the two data sets
  bool past_header;
} sp_csv_table;

char sp_csv_table_decimal(const sp_csv_table *t);  ///< decimal mark of numbers
bool sp_csv_table_missing(const sp_csv_table *t, const sp_csv_column *column, const char *cell);
bool sp_csv_table_is_class(const sp_csv_table *t, const sp_csv_column *column);
bool sp_csv_table_drops(const sp_csv_table *t, const sp_csv_row *row);  ///< omit the row because of a missing value?
const char *sp_csv_table_group_name(const sp_csv_table *t, const sp_csv_row *row);
sp_csv_group *sp_csv_table_group(sp_csv_table *t, const sp_csv_row *row);  ///< group of a row; NULL: not seen before

#endif
