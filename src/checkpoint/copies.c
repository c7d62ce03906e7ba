// Copies of the parameter vector while it is being filled.
#include "checkpoint/copies.h"

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
