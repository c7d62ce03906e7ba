// Starting MPI, and whether the launcher and MPI agree about how many processes there are.
// May include: base, MPI.
#ifndef SP_COMM_LAUNCH_H
#define SP_COMM_LAUNCH_H

#include <stdbool.h>

#include "shardprop/status.h"

/// MPI_Init_thread for a program whose own threads never call MPI. When it has not returned after SHARDPROP_START_TIMEOUT
/// seconds (environment; default 600; 0: no limit), as happens when another rank has died there, the process says so and exits
/// with SP_EXIT_HUNG. Time in which the process is suspended does not count.
/// Collective: yes, of all processes.
void sp_launch_mpi(void);

/// Of a process that MPI takes for the only one: was it started together with others? Then each of them would work alone,
/// on the same files. *first tells which of them is to say so; it is true, too, when all is well.
/// Errors: SP_ERR_USAGE with a remedy.
sp_status sp_launch_check(int processes, bool *first);

#endif
