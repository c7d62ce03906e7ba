// SPDX-License-Identifier: Apache-2.0
// The columns of a table, with their roles and encodings according to the options.
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

/// A text that marks a missing value.
typedef struct sp_csv_marker {
  char text[64];
  double number;  ///< other spellings of this number match, too; NaN: the marker is a word
  struct sp_csv_marker *next;
} sp_csv_marker;

typedef struct sp_csv_column {
  char *name;
  bool unnamed;  ///< the header contains no name for the column
  sp_csv_marker *missing;
  sp_csv_column_role role;
  sp_csv_column_encoding encoding;
  sp_categories categories;  ///< of a column that is not numeric
  bool counts;               ///< the numbers so far count the rows, from `first`
  double first;
} sp_csv_column;

/// Initialise with `sp_csv_columns columns = {0};`.
typedef struct sp_csv_columns {
  sp_csv_column *column;
  int64_t count;
  int64_t split;       ///< index of the column that splits the rows into groups; -1 for none
  int64_t targets;     ///< number of target columns
  bool class_targets;  ///< the targets are class numbers
} sp_csv_columns;

/// Create the columns of a table from its first row (names or, with --no-header, values) and the options.
/// Errors: SP_ERR_USAGE for a column that does not exist or has two roles; SP_ERR_DATA for invalid names.
sp_status sp_csv_columns_make(const sp_import_csv_options *options, const sp_csv_row *first, sp_csv_columns *out);
void sp_csv_columns_free(sp_csv_columns *columns);

/// Returns the number of values of all columns of a role. Valid once all categories are known.
int64_t sp_csv_columns_width(const sp_csv_columns *columns, sp_csv_column_role role);

#endif
