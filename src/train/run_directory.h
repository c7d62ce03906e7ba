// The run directory: where a run's configuration, records and checkpoints lie, and the lock that keeps two jobs out.
// May include: base, comm.
#ifndef SP_TRAIN_RUN_DIRECTORY_H
#define SP_TRAIN_RUN_DIRECTORY_H

#include <limits.h>

#include "comm/comm.h"

typedef struct sp_run_directory {
  char path[PATH_MAX - 64];
  char checkpoints[PATH_MAX];
  int lock;  ///< descriptor of rank 0; -1 elsewhere
} sp_run_directory;

/// Create it where it is missing, and lock it (rank 0).
/// Collective: yes. Errors: SP_ERR_BUSY naming who holds the lock; SP_ERR_IO. Agreed on.
sp_status sp_run_directory_open(const sp_comm *comm, const char *path, sp_run_directory *out);

/// Before something is written: the directory may have been removed under the run, or moved. It is made and locked anew
/// then, unless another job has it by now. Collective: no, rank 0 only.
/// Errors: SP_ERR_BUSY naming that job; SP_ERR_IO.
sp_status sp_run_directory_hold(sp_run_directory *directory);

void sp_run_directory_close(sp_run_directory *directory);

#endif
