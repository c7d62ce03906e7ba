// SPDX-License-Identifier: Apache-2.0
// A readable table of the columns of a data set.
#ifndef SP_DATA_COLUMN_TABLE_H
#define SP_DATA_COLUMN_TABLE_H

#include "data/row_dataset.h"

/// Append a line for each column: its name, type and shape as stored and as the network uses it, the bytes of its stored
/// rows, its file and data set. Appends nothing for a data set without columns.
void sp_dataset_table(const sp_dataset *dataset, sp_text *out);

#endif
