// SPDX-License-Identifier: Apache-2.0
// The communicator of a run, its nodes, and agreement on errors.
#ifndef SP_COMM_COMM_H
#define SP_COMM_COMM_H

#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shardprop/status.h"

/// Ranks are renumbered, so that the ranks of a node are consecutive.
typedef struct sp_comm {
  MPI_Comm world, node;  ///< communicators of all ranks and of this node, owned
  int rank, size;
  int node_rank, node_size;    ///< of this rank within its node; ranks of the node
  int node_index, node_count;  ///< of this node; number of nodes
} sp_comm;

/// Open the communicator. Collective: yes, over the parent. Errors: none; an error of MPI ends the program.
sp_status sp_comm_open(MPI_Comm parent, sp_comm *comm);
/// The same, but splits nodes with more than `ranks_per_node` ranks,
/// so that a test on one machine can have several nodes.
/// Collective: yes, over the parent.
sp_status sp_comm_open_nodes(MPI_Comm parent, int ranks_per_node, sp_comm *comm);
/// Close a communicator, which may have no ranks.
void sp_comm_close(sp_comm *comm);

/// Open a communicator of the first `count` ranks of `all`, with the same nodes and numbers. These ranks work while the
/// others wait in sp_comm_await; the others get a communicator without ranks, whose rank is -1.
/// Collective: yes, over all. Errors: none; an error of MPI ends the program.
sp_status sp_comm_open_first(const sp_comm *all, int count, sp_comm *first);

/// Broadcast the result of the first ranks' work, which is the status `mine` of rank 0 and its message, to every rank
/// of `all`. Ranks with `waits` sleep until then, and their own status is ignored;
/// the others must have agreed on theirs.
/// Collective: yes, over all.
sp_status sp_comm_await(const sp_comm *all, bool waits, sp_status mine);

/// Agree on a status: if any rank failed, every rank gets the code and the message of the lowest rank that failed,
/// "rank 2 on host n1: …" (without the prefix when there is one rank, or when all ranks have the same message).
/// `mine` is the caller's own status, whose message is the one recorded last. Collective: yes.
sp_status sp_comm_agree(const sp_comm *comm, sp_status mine);

/// Broadcast a text from rank 0. The others get a copy that ends with a NUL; the caller frees it.
/// Collective: yes. Errors: SP_ERR_MEMORY.
sp_status sp_comm_broadcast_text(const sp_comm *comm, char **text, size_t *size);

/// Set *hosts to the host names in the order of the nodes, "n1 n2", on rank 0 (freed by the caller); to NULL elsewhere.
/// Collective: yes. Errors: SP_ERR_MEMORY, agreed on.
sp_status sp_comm_hosts(const sp_comm *comm, char **hosts);

/// The exit status of a program that was ended because it made no progress and can be started again.
enum { SP_EXIT_HUNG = 76 };

/// End all ranks at once. The only place that calls MPI_Abort.
_Noreturn void sp_comm_abort(int exit_code);

#endif
