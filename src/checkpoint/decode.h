// SPDX-License-Identifier: Apache-2.0
// Reading of the image of state.h5.
#ifndef SP_CHECKPOINT_DECODE_H
#define SP_CHECKPOINT_DECODE_H

#include "checkpoint/snapshot.h"

/// Decode an image whose checksum has been verified. HDF5 copies the image. Errors: SP_ERR_CORRUPT, "state.h5: …";
/// SP_ERR_CONFIG for another byte order.
sp_status sp_snapshot_decode(char *image, size_t size, sp_snapshot *out);

/// Call sp_manifest_check, then sp_snapshot_decode. Errors: those of both, "checkpoint PATH: …".
sp_status sp_snapshot_open(const char *path, sp_snapshot *out);

#endif
