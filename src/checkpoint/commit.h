// SPDX-License-Identifier: Apache-2.0
// The last move of a checkpoint: state.h5 and the manifest join the parts, and one rename makes all of it visible.
#ifndef SP_CHECKPOINT_COMMIT_H
#define SP_CHECKPOINT_COMMIT_H

#include "checkpoint/retention.h"
#include "checkpoint/snapshot.h"

typedef struct sp_commit {
  const char *directory;                   ///< of the checkpoints
  const char *partial;                     ///< where the parts lie
  bool verify;                             ///< read back what is written before it is committed
  sp_retention retention;                  ///< once it is committed; `keep` 0: all checkpoints are kept
  sp_status (*may_commit)(void *context);  ///< asked before the rename and after it; NULL: always
  void *context;
  const sp_state *state;  ///< all but the values
  const sp_ckpt_layout *layout;
  uint64_t *const *checksum;  ///< of each vector, in its order
} sp_commit;

/// Write state.h5 and the manifest beside the parts, check them, ask may_commit, rename, ask again, and remove
/// the checkpoints that need not be kept (a warning when that fails). A checkpoint of that step that is already there and
/// whole stays as it is, a damaged one is replaced.
/// Collective: no. Errors: SP_ERR_SPACE, SP_ERR_IO, SP_ERR_MEMORY, SP_ERR_CORRUPT, what may_commit returned.
sp_status sp_checkpoint_commit(const sp_commit *commit);

#endif
