// SPDX-License-Identifier: Apache-2.0
// All values of a checkpoint, in pieces that fit into memory.
#include "checkpoint/checkpoint_values.h"

#include <stdlib.h>

#include "base/memory.h"
#include "checkpoint/part.h"

sp_status sp_checkpoint_visit(const char *path, const sp_snapshot *snapshot, sp_checkpoint_visitor each,
                              void *context) {
  enum { PIECE = 256 };
  void *data;
  SP_TRY(sp_allocate(PIECE * SP_BLOCK, sp_dtype_size(snapshot->precision), "reading a checkpoint", &data));
  sp_status status = SP_OK;
  for (int64_t i = 0; i < snapshot->layout.parts && status == SP_OK; i++) status = sp_part_check(path, snapshot, i);
  for (int v = 0; v <= snapshot->slots; v++) {
    for (int64_t first = 0; first < snapshot->table.blocks && status == SP_OK; first += PIECE) {
      int64_t left = snapshot->table.blocks - first, blocks = left < PIECE ? left : PIECE;
      status = sp_vector_read(path, snapshot, v, first, blocks, data);
      if (status == SP_OK) status = each(snapshot, v, first, blocks, data, context);
    }
  }
  free(data);
  return sp_context(status, "checkpoint %s", path);
}

bool sp_tensor_in_blocks(const sp_tensor *tensor, int64_t first, int64_t blocks, int64_t *begin, int64_t *end) {
  int64_t piece_begin = first * SP_BLOCK, piece_end = piece_begin + blocks * SP_BLOCK;
  int64_t from = tensor->offset, to = from + tensor->count;
  if (from < piece_begin) from = piece_begin;
  if (to > piece_end) to = piece_end;
  if (from >= to) return false;
  *begin = from - piece_begin;
  *end = to - piece_begin;
  return true;
}
