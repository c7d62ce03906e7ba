// SPDX-License-Identifier: Apache-2.0
// Starts MPI, and checks that the launcher and MPI agree on the number of processes.
#ifndef SP_COMM_LAUNCH_H
#define SP_COMM_LAUNCH_H

#include <stdbool.h>

#include "shardprop/status.h"

/// Call MPI_Init_thread for a program whose own threads never call MPI. If it has not returned after
/// SHARDPROP_START_TIMEOUT seconds (environment variable; default 600; 0: no limit), for example because another rank
/// has died in it, the process reports this and exits with SP_EXIT_HUNG. Time in which the process is suspended does
/// not count.
/// Collective: yes, over all processes.
void sp_launch_mpi(void);

/// The launcher of this process, according to the environment.
typedef struct sp_launch {
  const char *launcher;  ///< its name; NULL: unknown
  char variables[320];   ///< options of env(1) that remove the variables in which launchers pass `count`
  long count;            ///< number of processes started together
  bool at_least;         ///< there may be more: the launcher only passes this node's count, or this process's number
  bool first;            ///< this process is the one that reports an error of all of them
  bool needs_pmix;       ///< the launcher could offer PMIx, but does not
} sp_launch;

/// Read the environment. To be called before MPI_Init, which may change it. Collective: no.
sp_launch sp_launch_read(void);

/// Check that a process which MPI considers the only one (`processes` is 1) was not started together with others: each
/// of them would work alone on the same files. *first: whether this process is the one that reports the error; also
/// true without an error. Collective: no. Errors: SP_ERR_USAGE with a remedy.
sp_status sp_launch_check(const sp_launch *launch, int processes, bool *first);

#endif
