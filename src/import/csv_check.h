// SPDX-License-Identifier: Apache-2.0
// The first pass over a table: checks every cell, and determines categories, groups and sizes.
#ifndef SP_IMPORT_CSV_CHECK_H
#define SP_IMPORT_CSV_CHECK_H

#include "import/csv_table.h"

/// Process a row in the first pass. The first row determines the columns. Errors: SP_ERR_DATA naming file, line, column
/// and cell; SP_ERR_USAGE.
sp_status sp_csv_check_row(const sp_csv_row *row, void *table);

#endif
