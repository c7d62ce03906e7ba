// SPDX-License-Identifier: Apache-2.0
// Creation of the image of state.h5.
#ifndef SP_CHECKPOINT_ENCODE_H
#define SP_CHECKPOINT_ENCODE_H

#include "checkpoint/snapshot.h"

/// Create the image of state.h5 in *image, which the caller frees. checksum: (1 + slots) arrays of table->blocks
/// values.
sp_status sp_snapshot_encode(const sp_state *state, const sp_ckpt_layout *layout,
                             uint64_t *const checksum[SP_STATE_VECTORS], char **image, size_t *size);

#endif
