// SPDX-License-Identifier: Apache-2.0
// Filling the copies of the parameter vector: each rank has one, or the ranks of a node share one, which only one of them
// may then fill with what is not its own.
#ifndef SP_CHECKPOINT_GATHER_PARAMETERS_H
#define SP_CHECKPOINT_GATHER_PARAMETERS_H

#include "checkpoint/run_state.h"
#include "comm/comm.h"
#include "exchange/shard.h"

/// The ranks that fill a copy, in the order of the ranks: all, or the first of each node when its ranks share one
/// (MPI_COMM_NULL on the others). What a rank has written into a shared copy before, the first of its node sees after.
/// Collective: yes.
MPI_Comm sp_copies_open(const sp_comm *comm, bool shared);

/// The copies are filled, and whole on every rank. Collective: yes.
void sp_copies_close(const sp_comm *comm, bool shared, MPI_Comm fillers);

/// Every rank has set the blocks of its shard in state->parameters, and nobody reads there: get all ranks those of the
/// others. `scratch`: (3 * ranks), the caller's, so that nothing here can fail.
/// Collective: yes. Errors: none.
void sp_parameters_gather(const sp_comm *comm, const sp_shards *shards, const sp_state *state, int *scratch);

#endif
