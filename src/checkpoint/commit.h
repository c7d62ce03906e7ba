// The last move of a checkpoint: state.h5 and the manifest join the parts, and one rename makes all of it visible.
#ifndef SP_CHECKPOINT_COMMIT_H
#define SP_CHECKPOINT_COMMIT_H

#include "checkpoint/saver.h"
#include "checkpoint/snapshot.h"

typedef struct sp_commit {
  const sp_saver_options *options;
  const sp_state *state;     ///< all but the values
  const sp_ckpt_layout *layout;
  uint64_t *const *checksum; ///< of each vector, in its order
  const char *partial;       ///< where the parts lie
} sp_commit;

/// Write state.h5 and the manifest beside the parts, check them, ask options->may_commit, rename, ask again, and remove
/// the checkpoints that need not be kept (a warning when that fails). A checkpoint of that step that is already there and
/// whole stays as it is, a damaged one is replaced.
/// Collective: no. Errors: SP_ERR_SPACE, SP_ERR_IO, SP_ERR_MEMORY, SP_ERR_CORRUPT, what may_commit returned.
sp_status sp_checkpoint_commit(const sp_commit *commit);

#endif
