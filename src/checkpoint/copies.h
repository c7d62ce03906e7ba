// Copies of the parameter vector while it is being filled: each rank has one, or the ranks of a node share one, which
// then only one of them may fill with what is not its own.
#ifndef SP_CHECKPOINT_COPIES_H
#define SP_CHECKPOINT_COPIES_H

#include "comm/comm.h"

/// The ranks that fill a copy, in the order of the ranks: all, or the first of each node when its ranks share one
/// (MPI_COMM_NULL on the others). What a rank has written into a shared copy before, the first of its node sees after.
/// Collective: yes.
MPI_Comm sp_copies_open(const sp_comm *comm, bool shared);

/// The copies are filled, and whole on every rank. Collective: yes.
void sp_copies_close(const sp_comm *comm, bool shared, MPI_Comm fillers);

#endif
