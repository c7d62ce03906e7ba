// SPDX-License-Identifier: Apache-2.0
// An open run: its configuration, its directory, and a trainer with the state of step 0 or of a checkpoint.
#ifndef SP_RUN_RUN_H
#define SP_RUN_RUN_H

#include "supervise/deadline.h"
#include "supervise/run_directory.h"
#include "supervise/watchdog.h"
#include "train/training.h"

typedef struct sp_run {
  sp_run_config config;
  sp_run_directory directory;
  sp_deadline deadline;  ///< on rank 0; none on other ranks
  sp_watchdog *watchdog;
  sp_trainer *trainer;
  char *stored;    ///< configuration in the newest checkpoint; NULL: there is none
  bool unwatched;  ///< no watchdog, whatever train.watchdog is, because the process belongs to another program
  bool resumed;    ///< the state was loaded from a checkpoint
  double seconds_loading;
} sp_run;

/// Open the run's directory, and lock it if there was an earlier start of the run. Writes nothing; the directory is created
/// by sp_run_take_directory, after all checks. `run` must not be moved. Takes ownership of config, also after a failure.
/// Collective: yes. Errors: agreed on.
sp_status sp_run_open(const sp_comm *comm, sp_run_config *config, sp_run *run);
void sp_run_close(sp_run *run);

/// Check configuration and data, and create the watchdog and the trainer. Settings that differ from the run's are applied and
/// logged if they may change, and refused with both values otherwise. Writes nothing.
/// Collective: yes. Errors: agreed on; the caller closes the run also after a failure.
sp_status sp_run_prepare(const sp_comm *comm, sp_run *run);

/// Create the run's directory if it is missing, and take it: from here on this start may write to it.
/// Collective: yes. Errors: SP_ERR_BUSY naming the owner; SP_STOPPED if a signal has requested a stop; those of
/// sp_run_prepare if another job has saved checkpoints meanwhile. Agreed on.
sp_status sp_run_take_directory(const sp_comm *comm, sp_run *run);

/// Load the newest intact checkpoint, or set the state of step 0, and write config.yaml.
/// Collective: yes. Errors: agreed on.
sp_status sp_run_load(const sp_comm *comm, sp_run *run);

#endif
