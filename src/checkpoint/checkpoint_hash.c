// SPDX-License-Identifier: Apache-2.0
// The hash of a checkpoint's values.
#include "checkpoint/checkpoint_hash.h"

#include <sha2.h>
#include <stdio.h>

#include "checkpoint/checkpoint_values.h"
#include "checkpoint/decode.h"
#include "checkpoint/tensors.h"

/// context: a SHA2_CTX.
static sp_status add_piece(const sp_snapshot *snapshot, int vector, int64_t first, int64_t blocks, const void *data,
                           void *context) {
  size_t size = sp_dtype_size(snapshot->precision);
  for (int64_t i = 0; i < snapshot->table.tensors; i++) {
    const sp_tensor *tensor = &snapshot->table.tensor[i];
    int64_t begin, end;
    if (vector > 0 && !sp_tensor_in_slot(tensor, snapshot->slot_name[vector - 1])) continue;
    if (!sp_tensor_in_blocks(tensor, first, blocks, &begin, &end)) continue;
    SHA256Update(context, (const uint8_t *)data + (size_t)begin * size, (size_t)(end - begin) * size);
  }
  return SP_OK;
}

sp_status sp_checkpoint_hash(const char *path, char hash[SP_CHECKPOINT_HASH]) {
  sp_snapshot snapshot;
  SP_TRY(sp_snapshot_open(path, &snapshot));
  SHA2_CTX sha;
  SHA256Init(&sha);
  sp_status status = sp_checkpoint_visit(path, &snapshot, add_piece, &sha);
  sp_snapshot_free(&snapshot);
  SP_TRY(status);
  uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256Final(digest, &sha);
  for (int i = 0; i < SHA256_DIGEST_LENGTH; i++) snprintf(hash + 2 * i, 3, "%02x", (unsigned)digest[i]);
  return SP_OK;
}
