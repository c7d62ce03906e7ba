// SPDX-License-Identifier: Apache-2.0
// The manifest of a checkpoint: a short text with the name and size of every file. It makes the checkpoint complete.
//
//   shardprop checkpoint 3                  format
//   state.h5 35704 0d5d1c…                  bytes, XXH3 (128 bits)
//   node-0000.h5 197120                     bytes; its contents are covered by checksums in state.h5
//   manifest 41c1b4…                        XXH3 (64 bits) of the lines above
//
// A manifest is accepted only when writing it again gives the same bytes, so that every change is detected.
#ifndef SP_CHECKPOINT_MANIFEST_H
#define SP_CHECKPOINT_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "shardprop/status.h"

enum { SP_CHECKPOINT_FORMAT = 3, SP_PART_NAME = 32 };

typedef struct sp_manifest_part {
  char file[SP_PART_NAME];
  int64_t bytes;
} sp_manifest_part;

typedef struct sp_manifest {
  int64_t state_bytes;
  uint64_t state_hash[2];  ///< high, low
  int64_t parts;
  sp_manifest_part *part;
} sp_manifest;

/// Set the size and hash of state.h5 from its contents.
void sp_manifest_set_state(sp_manifest *manifest, const void *image, size_t size);

void sp_manifest_write(const sp_manifest *manifest, sp_text *out);

/// Parse a manifest. Errors: SP_ERR_CORRUPT, SP_ERR_MEMORY; SP_ERR_CONFIG for the intact manifest of another format.
sp_status sp_manifest_parse(const char *text, size_t size, sp_manifest *out);
void sp_manifest_free(sp_manifest *manifest);

/// Read the manifest of the checkpoint at `path`. Errors: those of sp_manifest_parse; SP_ERR_IO.
sp_status sp_manifest_read(const char *path, sp_manifest *manifest);
/// Check the size of a part of the checkpoint at `path`. Errors: SP_ERR_CORRUPT naming the file; SP_ERR_IO.
sp_status sp_manifest_check_part(const char *path, const sp_manifest_part *part);
/// Read the state.h5 of the checkpoint at `path` into *image (freed by the caller), and check it. Errors:
/// SP_ERR_CORRUPT naming the file; SP_ERR_IO; SP_ERR_MEMORY.
sp_status sp_manifest_read_state(const char *path, const sp_manifest *manifest, char **image, size_t *size);

/// Do all of the above: read and check the manifest of the checkpoint at `path`, the sizes of its parts and the hash of
/// its state.h5, whose bytes are returned in *image (freed by the caller).
/// Errors: SP_ERR_CORRUPT naming the file in the checkpoint; SP_ERR_IO.
sp_status sp_manifest_check(const char *path, char **image, size_t *size);

#endif
