// SPDX-License-Identifier: Apache-2.0
// Filling of the copies of the parameter vector. Either each rank has a copy, or the ranks of a node share one; then
// only one of them writes the blocks of other nodes to it.
#ifndef SP_CHECKPOINT_GATHER_PARAMETERS_H
#define SP_CHECKPOINT_GATHER_PARAMETERS_H

#include "checkpoint/run_state.h"
#include "comm/comm.h"
#include "exchange/shard.h"

/// Returns a communicator of the ranks that fill a copy, in the order of the ranks: all ranks, or the first rank of
/// each node when its ranks share a copy (MPI_COMM_NULL on the others). What a rank has written to a shared copy before
/// the call is visible to the first rank of its node afterwards.
/// Collective: yes.
MPI_Comm sp_copies_open(const sp_comm *comm, bool shared);

/// End the filling. Afterwards every copy is complete on every rank. Collective: yes.
void sp_copies_close(const sp_comm *comm, bool shared, MPI_Comm fillers);

/// Distribute the parameters. Every rank has set the blocks of its shard in state->parameters, and no rank reads there;
/// afterwards every rank has the blocks of all ranks. `scratch`: (3 * ranks), allocated by the caller, so that this
/// function cannot fail.
/// Collective: yes. Errors: none.
void sp_parameters_gather(const sp_comm *comm, const sp_shards *shards, const sp_state *state, int *scratch);

#endif
