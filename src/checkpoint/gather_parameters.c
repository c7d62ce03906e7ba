// SPDX-License-Identifier: Apache-2.0
// Filling the copies of the parameter vector.
#include "checkpoint/gather_parameters.h"

#include "comm/window.h"

MPI_Comm sp_copies_open(const sp_comm *comm, bool shared) {
  if (!shared) return comm->world;
  MPI_Comm fillers;
  sp_window_sync(comm);
  MPI_Comm_split(comm->world, comm->node_rank == 0 ? 0 : MPI_UNDEFINED, comm->rank, &fillers);
  return fillers;
}

void sp_copies_close(const sp_comm *comm, bool shared, MPI_Comm fillers) {
  if (!shared) return;
  if (fillers != MPI_COMM_NULL) MPI_Comm_free(&fillers);
  sp_window_sync(comm);
}

/// Give every copy of the parameters the blocks that other ranks have read. Counts are in blocks, so that they fit into
/// int. `begin`, `count`, `place`: scratch, one for each rank. Collective: yes, over the fillers.
static void fill_copies(MPI_Comm fillers, const sp_comm *comm, const sp_shards *shards, const sp_state *state,
                        int *begin, int *count, int *place) {
  int copies;
  MPI_Datatype block;
  MPI_Comm_size(fillers, &copies);
  MPI_Allgather(&comm->rank, 1, MPI_INT, begin, 1, MPI_INT, fillers);
  MPI_Type_contiguous((int)(SP_BLOCK * sp_dtype_size(state->precision)), MPI_BYTE, &block);
  MPI_Type_commit(&block);
  for (int run = 0; run < sp_shard_runs(shards); run++) {
    for (int i = 0; i < copies; i++) {  // the slices of one run follow each other in the order of the ranks
      int end = i + 1 < copies ? begin[i + 1] : comm->size;
      sp_slice last = sp_shard_slice(shards, end - 1, run);
      place[i] = (int)sp_shard_slice(shards, begin[i], run).first;
      count[i] = (int)(last.first + last.blocks) - place[i];
    }
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, state->parameters, count, place, block, fillers);
  }
  MPI_Type_free(&block);
}

void sp_parameters_gather(const sp_comm *comm, const sp_shards *shards, const sp_state *state, int *scratch) {
  MPI_Comm fillers = sp_copies_open(comm, state->parameters_shared);
  if (fillers != MPI_COMM_NULL) {
    fill_copies(fillers, comm, shards, state, scratch, scratch + comm->size, scratch + 2 * comm->size);
  }
  sp_copies_close(comm, state->parameters_shared, fillers);
}
