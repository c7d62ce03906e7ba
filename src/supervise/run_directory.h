// SPDX-License-Identifier: Apache-2.0
// The run directory: where a run's configuration, records and checkpoints lie; the lock that keeps two jobs out, and the
// lease that tells an old start of the run that a newer one has taken over.
#ifndef SP_SUPERVISE_RUN_DIRECTORY_H
#define SP_SUPERVISE_RUN_DIRECTORY_H

#include <limits.h>

#include "comm/comm.h"
#include "supervise/lease.h"

typedef struct sp_run_directory {
  char path[PATH_MAX - 64];
  char checkpoints[PATH_MAX];
  int lock;         ///< descriptor of rank 0; -1 elsewhere, and where an earlier start of the job still has the lock
  sp_lease *lease;  ///< of rank 0
  sp_lease_lock outcome;  ///< of locking, on rank 0
  bool started;           ///< there was an earlier start of the run
} sp_run_directory;

/// Find out whether there was an earlier start of the run, and lock its directory if there was. Writes nothing.
/// Collective: yes. Errors: SP_ERR_BUSY naming who has it; SP_ERR_IO. Agreed on.
sp_status sp_run_directory_open(const sp_comm *comm, const char *path, sp_run_directory *out);

/// Create the directory that was opened where it is missing, lock it, and take its lease (rank 0).
/// Collective: yes. Errors: SP_ERR_BUSY naming who has it; SP_ERR_IO, SP_ERR_SPACE. Agreed on.
sp_status sp_run_directory_take(const sp_comm *comm, sp_run_directory *directory);

/// Before something is committed, or removed: does the directory still belong to this job? One that was removed under the
/// run, or moved, is made and locked anew, unless another job has it by now.
/// Collective: no, rank 0 only; any thread, one at a time.
/// Errors: SP_ERR_BUSY naming the job that has it: this one must leave and write nothing there; SP_ERR_IO.
sp_status sp_run_directory_hold(sp_run_directory *directory);

/// Is it known already that another job has taken over? Costs nothing. false on ranks other than 0.
bool sp_run_directory_lost(const sp_run_directory *directory);

void sp_run_directory_close(sp_run_directory *directory);

#endif
