// SPDX-License-Identifier: Apache-2.0
// The rows of a CSV file (RFC 4180), with the lines they stand on.
#ifndef SP_IMPORT_CSV_READER_H
#define SP_IMPORT_CSV_READER_H

#include "import/inflated_input.h"

typedef struct sp_csv_row {
  int64_t line;             ///< where the row begins, from 1; quoted fields may go on for more lines
  int64_t count;            ///< fields
  const char *const *cell;  ///< as C strings, without quotes
} sp_csv_row;

/// What has a meaning of its own in a table.
typedef struct sp_csv_dialect {
  char separator, quote;
  char comment;  ///< a line that begins with it is skipped; '\0' for none
} sp_csv_dialect;

/// What is done with a row. It is gone afterwards. A failure ends the reading and is passed on.
typedef sp_status (*sp_csv_each)(const sp_csv_row *row, void *context);

/// Read from the front of a file to its end. Fields may be quoted, with doubled quotes, separators and line breaks in
/// them; lines may end in LF, CRLF or CR; a UTF-8 byte order mark and empty lines are skipped; blanks around a field
/// are not part of it.
/// Errors: SP_ERR_DATA "file:line: …": a quote in the wrong place or not closed, a NUL byte, UTF-16, a row of more than
/// 64 MiB or 1,000,000 fields; of the input.
sp_status sp_csv_read(sp_input *input, sp_csv_dialect dialect, sp_csv_each each, void *context);

#endif
