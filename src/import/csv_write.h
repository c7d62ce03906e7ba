// SPDX-License-Identifier: Apache-2.0
// The second pass over a table: converts cells to the values of the data sets.
#ifndef SP_IMPORT_CSV_WRITE_H
#define SP_IMPORT_CSV_WRITE_H

#include "import/csv_table.h"

/// Add the data sets to the writer. Requires the results of the first pass.
sp_status sp_csv_add_datasets(sp_csv_table *t);
/// Process a row in the second pass. Rows are written in blocks; sp_csv_flush writes the last ones.
/// Errors: SP_ERR_DATA for a row that has changed since the first pass.
sp_status sp_csv_write_row(const sp_csv_row *row, void *table);
sp_status sp_csv_flush(sp_csv_table *t);

#endif
