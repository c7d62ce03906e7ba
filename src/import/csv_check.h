// SPDX-License-Identifier: Apache-2.0
// The first pass over a table: every cell is checked, and categories, groups and sizes are learnt.
#ifndef SP_IMPORT_CSV_CHECK_H
#define SP_IMPORT_CSV_CHECK_H

#include "import/csv_table.h"

/// The first pass, row by row; the first row makes the columns. Errors: SP_ERR_DATA naming file, line, column and cell.
sp_status sp_csv_check_row(const sp_csv_row *row, void *table);

#endif
