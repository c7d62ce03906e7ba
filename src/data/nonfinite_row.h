// SPDX-License-Identifier: Apache-2.0
// The place where a column of a row becomes infinite or NaN, for messages.
#ifndef SP_DATA_NONFINITE_ROW_H
#define SP_DATA_NONFINITE_ROW_H

#include "base/text.h"
#include "data/row_dataset.h"

/// Append the place where column c of a row first has a value that is not finite: "x.h5: /x: row 17: value 3 is
/// nan", "… is 1e+39, which exceeds float32" or "… is 1e+30 before and inf after data.transform[1]: scale".
/// Appends nothing if they are finite. Collective: no. Errors: those of reading the row; SP_ERR_MEMORY.
sp_status sp_dataset_explain_nonfinite(sp_dataset *dataset, int c, int64_t row, sp_text *out);

#endif
