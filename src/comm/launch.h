// SPDX-License-Identifier: Apache-2.0
// Starting MPI, and whether the launcher and MPI agree about how many processes there are.
#ifndef SP_COMM_LAUNCH_H
#define SP_COMM_LAUNCH_H

#include <stdbool.h>

#include "shardprop/status.h"

/// MPI_Init_thread for a program whose own threads never call MPI. When it has not returned after SHARDPROP_START_TIMEOUT
/// seconds (environment; default 600; 0: no limit), as happens when another rank has died there, the process says so and exits
/// with SP_EXIT_HUNG. Time in which the process is suspended does not count.
/// Collective: yes, of all processes.
void sp_launch_mpi(void);

/// What the environment says about the launcher of this process.
typedef struct sp_launch {
  const char *launcher, *variable;  ///< NULL: none that is known; and the name of what holds `count`
  long count, number;               ///< of the processes that it has started together, and of this one among them
  bool pmix;                        ///< it offers PMIx
} sp_launch;

/// Before MPI_Init, which may change the environment. Collective: no.
sp_launch sp_launch_read(void);

/// Of a process that MPI takes for the only one: was it started together with others? Then each of them would work alone,
/// on the same files. *first: whether this process is the one of them that reports it; true
/// too when nothing is wrong. Collective: no.
/// Errors: SP_ERR_USAGE with a remedy.
sp_status sp_launch_check(const sp_launch *launch, int processes, bool *first);

#endif
