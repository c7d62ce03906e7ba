// SPDX-License-Identifier: Apache-2.0
// A copy of the data in memory, in the types of the files: the rows of one column after those of another.
#ifndef SP_DATA_ROW_CACHE_H
#define SP_DATA_ROW_CACHE_H

#include <stdint.h>

#include "data/row_dataset.h"

/// Returns the bytes of a copy of all rows of the columns that are used; each column begins on a 64-byte boundary.
int64_t sp_dataset_cache_bytes(const sp_dataset *dataset);
/// Read rows [first, first + count) to their places in the copy at `cache`. The ranks of a node share the work.
sp_status sp_dataset_cache_fill(sp_dataset *dataset, void *cache, int64_t first, int64_t count);
/// Take rows from the copy from now on, which is borrowed; from the files again when it is NULL.
void sp_dataset_cache_use(sp_dataset *dataset, const void *cache);

#endif
