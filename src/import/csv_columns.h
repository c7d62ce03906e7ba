// SPDX-License-Identifier: Apache-2.0
// The columns of a table and what becomes of each: their roles and their encodings, as the options say.
#ifndef SP_IMPORT_CSV_COLUMNS_H
#define SP_IMPORT_CSV_COLUMNS_H

#include "import/categories.h"
#include "import/csv_reader.h"
#include "import/import_format.h"

typedef enum sp_csv_column_role {
  SP_CSV_COLUMN_FEATURE,
  SP_CSV_COLUMN_TARGET,
  SP_CSV_COLUMN_SPLIT,
  SP_CSV_COLUMN_DROPPED
} sp_csv_column_role;
typedef enum sp_csv_column_encoding {
  SP_CSV_COLUMN_NUMBER,
  SP_CSV_COLUMN_CODES,
  SP_CSV_COLUMN_ONE_HOT
} sp_csv_column_encoding;

/// A text that stands for a missing value.
typedef struct sp_csv_marker {
  char text[64];
  double number;  ///< any other way to write this number is meant, too; NaN: it is a word
  struct sp_csv_marker *next;
} sp_csv_marker;

typedef struct sp_csv_column {
  char *name;
  bool unnamed;  ///< the header has no name for it
  sp_csv_marker *missing;
  sp_csv_column_role role;
  sp_csv_column_encoding encoding;
  sp_categories categories;  ///< of a column that is no number
  bool counts;               ///< its numbers count the rows so far, from `first`
  double first;
} sp_csv_column;

/// Start with `sp_csv_columns columns = {0};`.
typedef struct sp_csv_columns {
  sp_csv_column *column;
  int64_t count;
  int64_t split;       ///< which one splits the rows into groups; -1 for none
  int64_t targets;     ///< how many columns are targets
  bool class_targets;  ///< targets are class numbers
} sp_csv_columns;

/// Make the columns of a table from its first row (names, or with --no-header the first values) and the options.
/// Errors: SP_ERR_USAGE for a column that is not there or has two roles; SP_ERR_DATA for names that are none.
sp_status sp_csv_columns_make(const sp_import_csv_options *options, const sp_csv_row *first, sp_csv_columns *out);
void sp_csv_columns_free(sp_csv_columns *columns);

/// Values that the columns of a role have together; known when all categories are.
int64_t sp_csv_columns_width(const sp_csv_columns *columns, sp_csv_column_role role);

#endif
