// SPDX-License-Identifier: Apache-2.0
// The communicator of a run, its nodes, and agreement on errors.
#ifndef SP_COMM_COMM_H
#define SP_COMM_COMM_H

#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shardprop/status.h"

/// Ranks are numbered anew so that the ranks of one node follow each other.
typedef struct sp_comm {
  MPI_Comm world, node;  ///< duplicates of our own
  int rank, size;
  int node_rank, node_size;    ///< within this node
  int node_index, node_count;  ///< of this node
} sp_comm;

/// Collective: yes, of the parent. Errors: none; MPI's own end the program.
sp_status sp_comm_open(MPI_Comm parent, sp_comm *comm);
/// The same with nodes of at most `ranks_per_node` ranks: cuts a large node up, so that a test on one machine can have
/// several. Collective: yes, of the parent.
sp_status sp_comm_open_nodes(MPI_Comm parent, int ranks_per_node, sp_comm *comm);
/// Closing one of no ranks is fine.
void sp_comm_close(sp_comm *comm);

/// The first `count` ranks of `all`, which are to work while the others wait in sp_comm_await: a communicator of their own, with
/// the same nodes and numbers. The others get one of no ranks, whose rank is -1.
/// Collective: yes, of all. Errors: none; MPI's own end the program.
sp_status sp_comm_open_first(const sp_comm *all, int count, sp_comm *first);

/// Every rank of `all` learns what the first ranks' work came to, by rank 0's status, `mine`, and its message. Ranks with
/// `waits` sleep until then, and their own status does not count; the others have agreed on theirs.
/// Collective: yes, of all.
sp_status sp_comm_await(const sp_comm *all, bool waits, sp_status mine);

/// Agree on what a step came to: if it failed anywhere, every rank gets the code of the lowest rank that failed, and
/// its message, "rank 2 on host n1: …" (without the prefix when there is one rank, or when all ranks say the same).
/// Collective: yes. `mine` is the caller's own status, with its message as last recorded.
sp_status sp_comm_agree(const sp_comm *comm, sp_status mine);

/// Broadcast a text from rank 0; the others get a copy of their own with a NUL behind it (freed by the caller).
/// Collective: yes. Errors: SP_ERR_MEMORY.
sp_status sp_comm_broadcast_text(const sp_comm *comm, char **text, size_t *size);

/// The names of the nodes' hosts in the order of the nodes, "n1 n2", on rank 0 (freed by the caller); NULL elsewhere.
/// Collective: yes. Errors: SP_ERR_MEMORY, agreed on.
sp_status sp_comm_hosts(const sp_comm *comm, char **hosts);

/// What a program exits with that was ended because it got no further: start it again.
enum { SP_EXIT_HUNG = 76 };

/// End all ranks at once. The only place that calls MPI_Abort.
_Noreturn void sp_comm_abort(int exit_code);

#endif
