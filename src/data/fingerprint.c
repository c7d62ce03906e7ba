// SPDX-License-Identifier: Apache-2.0
// A fingerprint of the contents of a data set, computed from a bounded part of them.
#include "data/fingerprint.h"

#include <xxhash.h>

#include "base/share.h"
#include "data/column.h"

/// Of each column: PIECES stretches of PIECE_BYTES, or all rows if they have no more bytes; fewer stretches when rows
/// are longer than that.
enum { PIECES = 32, PIECE_BYTES = 1 << 16 };

static sp_status add_rows(const sp_column *column, const char *stored, int64_t first, int64_t count, void *context) {
  uint64_t *hash = context;
  (void)first;
  for (int64_t i = 0; i < count; i++) {  // row by row, so that the result does not depend on the size of a read
    *hash = XXH3_64bits_withSeed(stored + i * column->stored_bytes, (size_t)column->stored_bytes, *hash);
  }
  return SP_OK;
}

static sp_status add_column(sp_dataset *dataset, const sp_column *column, uint64_t *hash) {
  enum { BYTES = PIECES * PIECE_BYTES };
  if (!column->source) return SP_OK;
  int64_t row_bytes = column->stored_bytes, rows = dataset->rows;
  if (rows <= BYTES / row_bytes) return sp_column_each(dataset, column, 0, rows, add_rows, hash);
  int64_t pieces = BYTES / row_bytes < PIECES ? BYTES / row_bytes : PIECES, piece = PIECE_BYTES / row_bytes;
  if (pieces < 2) pieces = 2;
  if (piece < 1) piece = 1;
  for (int64_t i = 0; i < pieces; i++) {  // the first piece begins with the first row, the last ends with the last
    SP_TRY(sp_column_each(dataset, column, sp_share_begin(rows - piece, pieces - 1, i), piece, add_rows, hash));
  }
  return SP_OK;
}

sp_status sp_dataset_fingerprint(sp_dataset *dataset, uint64_t *fingerprint) {
  uint64_t hash = 0;
  for (int c = 0; c < dataset->columns; c++) SP_TRY(add_column(dataset, &dataset->column[c], &hash));
  *fingerprint = hash;
  return SP_OK;
}
