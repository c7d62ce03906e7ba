// SPDX-License-Identifier: Apache-2.0
// The second pass over a table: cells become values of the data sets.
#ifndef SP_IMPORT_CSV_WRITE_H
#define SP_IMPORT_CSV_WRITE_H

#include "import/csv_table.h"

/// Announce the data sets, which are known after the first pass.
sp_status sp_csv_add_datasets(sp_csv_table *t);
/// The second pass, row by row, in blocks; the last ones are written by sp_csv_flush.
/// Errors: SP_ERR_DATA for a row that has changed in between.
sp_status sp_csv_write_row(const sp_csv_row *row, void *table);
sp_status sp_csv_flush(sp_csv_table *t);

#endif
