// SPDX-License-Identifier: Apache-2.0
// Reading of the rows of a CSV file (RFC 4180), with their line numbers.
#ifndef SP_IMPORT_CSV_READER_H
#define SP_IMPORT_CSV_READER_H

#include "import/inflated_input.h"

typedef struct sp_csv_row {
  int64_t line;             ///< first line of the row, from 1; quoted fields may span several lines
  int64_t count;            ///< number of fields
  const char *const *cell;  ///< as C strings, without quotes
} sp_csv_row;

/// The characters with a special meaning.
typedef struct sp_csv_dialect {
  char separator, quote;
  char comment;  ///< lines that begin with it are skipped; '\0' for none
} sp_csv_dialect;

/// Process a row, which is valid only during the call. A failure ends the reading and is returned.
typedef sp_status (*sp_csv_each)(const sp_csv_row *row, void *context);

/// Read a file from its beginning to its end. Fields may be quoted; quoted fields may contain doubled quotes,
/// separators and line breaks. Lines end with LF, CRLF or CR. A UTF-8 byte order mark and empty lines are skipped, and
/// blanks around a field are removed.
/// Errors: SP_ERR_DATA "file:line: …" for a misplaced or unclosed quote, a NUL byte, UTF-16, a row of more than 64 MiB
/// or 1,000,000 fields; those of the input.
sp_status sp_csv_read(sp_input *input, sp_csv_dialect dialect, sp_csv_each each, void *context);

#endif
