// Parameters that each rank has set in its shard come to all ranks.
#ifndef SP_CHECKPOINT_GATHER_PARAMETERS_H
#define SP_CHECKPOINT_GATHER_PARAMETERS_H

#include "checkpoint/run_state.h"

/// Every rank has set the blocks of its shard in state->parameters, and nobody reads there: get all ranks those of the
/// others. `scratch`: (3 * ranks), the caller's, so that nothing here can fail.
/// Collective: yes.  Errors: none.
void sp_parameters_gather(const sp_comm *comm, const sp_shards *shards, const sp_state *state, int *scratch);

#endif
