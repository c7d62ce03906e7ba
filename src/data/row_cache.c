// SPDX-License-Identifier: Apache-2.0
// A copy of the data in memory, in the types of the files: the rows of the features, then those of the targets.
#include "data/row_cache.h"

#include "base/interrupt.h"
#include "data/column.h"

/// Returns the offset of the targets. It cannot overflow: files with so many values are rejected when they are opened.
static int64_t targets_begin(const sp_dataset *dataset) {
  enum { ALIGNMENT = 64 };
  return (dataset->rows * dataset->features.stored_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

sp_status sp_dataset_cache_bytes(const sp_dataset *dataset, int64_t *bytes) {
  *bytes = targets_begin(dataset) + dataset->rows * dataset->targets.stored_bytes;
  return SP_OK;
}

/// Read in pieces, and check for a requested stop between them.
static sp_status fill(const sp_column *column, int64_t first, int64_t count, char *at) {
  enum { PIECE_BYTES = 1 << 27 };
  int64_t piece = PIECE_BYTES / column->stored_bytes > 0 ? PIECE_BYTES / column->stored_bytes : 1;
  for (int64_t done = 0; done < count; done += piece) {
    int64_t row = first + done, rows = count - done < piece ? count - done : piece;
    SP_TRY(sp_interrupt_check());
    SP_TRY(sp_hdf5_source_read(column->source, row, rows, at + row * column->stored_bytes));
  }
  return SP_OK;
}

sp_status sp_dataset_cache_fill(sp_dataset *dataset, void *cache, int64_t first, int64_t count) {
  const sp_column *features = &dataset->features, *targets = &dataset->targets;
  char *features_at = cache, *targets_at = features_at + targets_begin(dataset);
  SP_TRY(fill(features, first, count, features_at));
  return targets->source ? fill(targets, first, count, targets_at) : SP_OK;
}

void sp_dataset_cache_use(sp_dataset *dataset, const void *cache) {
  dataset->features.cache = cache;
  dataset->targets.cache = cache ? (const char *)cache + targets_begin(dataset) : NULL;
}
