// SPDX-License-Identifier: Apache-2.0
// The commit of a checkpoint: state.h5 and the manifest are added to the parts, and one rename makes it visible.
#ifndef SP_CHECKPOINT_COMMIT_H
#define SP_CHECKPOINT_COMMIT_H

#include "checkpoint/retention.h"
#include "checkpoint/snapshot.h"

typedef struct sp_commit {
  const char *directory;                   ///< directory of the checkpoints
  const char *partial;                     ///< directory of the parts
  bool verify;                             ///< read the files back before the commit
  sp_retention retention;                  ///< applied after the commit; `keep` 0: keep all checkpoints
  sp_status (*may_commit)(void *context);  ///< called before and after the rename; NULL: always allowed
  void *context;
  const sp_state *state;  ///< the state, without the values
  const sp_ckpt_layout *layout;
  uint64_t *const *checksum;  ///< block checksums of each vector, in its order
} sp_commit;

/// Write state.h5 and the manifest next to the parts, check them, call may_commit, rename, call may_commit again, and
/// remove the checkpoints that need not be kept; a failed removal is only a warning. An intact checkpoint of the same
/// step stays in place; a damaged one is replaced.
/// Collective: no. Errors: SP_ERR_SPACE, SP_ERR_IO, SP_ERR_MEMORY, SP_ERR_CORRUPT, those of may_commit.
sp_status sp_checkpoint_commit(const sp_commit *commit);

#endif
