// SPDX-License-Identifier: Apache-2.0
// Reading the image of state.h5.
#ifndef SP_CHECKPOINT_DECODE_H
#define SP_CHECKPOINT_DECODE_H

#include "checkpoint/snapshot.h"

/// From an image that is known to be whole (HDF5 copies it). Errors: SP_ERR_CORRUPT, "state.h5: …".
sp_status sp_snapshot_decode(char *image, size_t size, sp_snapshot *out);

/// sp_manifest_check and sp_snapshot_decode. Errors: as theirs, "checkpoint PATH: …".
sp_status sp_snapshot_open(const char *path, sp_snapshot *out);

#endif
