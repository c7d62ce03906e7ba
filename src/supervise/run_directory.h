// SPDX-License-Identifier: Apache-2.0
// The run directory, which contains a run's configuration, records and checkpoints; the lock that excludes a second job; and
// the lease by which an old start of the run detects that a newer one has taken over.
#ifndef SP_SUPERVISE_RUN_DIRECTORY_H
#define SP_SUPERVISE_RUN_DIRECTORY_H

#include <limits.h>

#include "comm/comm.h"
#include "supervise/lease.h"

typedef struct sp_run_directory {
  char path[PATH_MAX - 64];
  char checkpoints[PATH_MAX];
  int lock;         ///< descriptor on rank 0; -1 on other ranks, and if an earlier start of the job still has the lock
  sp_lease *lease;  ///< of rank 0
  sp_lease_lock outcome;  ///< of locking, on rank 0
  bool started;           ///< there was an earlier start of the run
  bool first;             ///< rank 0 has begun to create the directory for a first start
  unsigned found;         ///< a bit for each of its contents that existed before that
  size_t found_path;      ///< length of the beginning of `path` that existed before that
} sp_run_directory;

/// Determine whether there was an earlier start of the run, and lock its directory if so. Writes nothing.
/// Collective: yes. Errors: SP_ERR_BUSY naming the owner; SP_ERR_IO. Agreed on.
sp_status sp_run_directory_open(const sp_comm *comm, const char *path, sp_run_directory *out);

/// Create the directory if it is missing, lock it, and take its lease (on rank 0).
/// Collective: yes. Errors: SP_ERR_BUSY naming the owner; SP_ERR_IO, SP_ERR_SPACE. Agreed on.
sp_status sp_run_directory_take(const sp_comm *comm, sp_run_directory *directory);

/// Check before a commit or a removal that the directory still belongs to this job. A directory that was removed or moved
/// during the run is created and locked again, unless another job has it by now.
/// Collective: no, rank 0 only; any thread, one at a time.
/// Errors: SP_ERR_BUSY naming the job that has it, after which this job must exit without writing to it; SP_ERR_IO.
sp_status sp_run_directory_hold(sp_run_directory *directory);

/// Returns whether another job is known to have taken over. Reads no file. Always false on ranks other than 0.
bool sp_run_directory_lost(const sp_run_directory *directory);

/// Remove what a refused first start has created: the files of a run and the directories, unless they are not empty. Does
/// nothing if there was an earlier start, or before sp_run_directory_take. Collective: no, rank 0 only; before closing.
void sp_run_directory_discard(const sp_run_directory *directory);

void sp_run_directory_close(sp_run_directory *directory);

#endif
