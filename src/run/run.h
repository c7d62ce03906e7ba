// SPDX-License-Identifier: Apache-2.0
// An open run: its configuration, its directory, and a trainer with its state, which is new or that of a checkpoint.
#ifndef SP_RUN_RUN_H
#define SP_RUN_RUN_H

#include "supervise/deadline.h"
#include "supervise/run_directory.h"
#include "supervise/watchdog.h"
#include "train/training.h"

typedef struct sp_run {
  sp_run_config config;
  sp_run_directory directory;
  sp_deadline deadline;  ///< none but on rank 0
  sp_watchdog *watchdog;
  sp_trainer *trainer;
  char *stored;    ///< configuration of the newest checkpoint; NULL: there is none
  bool unwatched;  ///< no watchdog, whatever the configuration says: the process belongs to another program
  bool resumed;    ///< from a checkpoint
  double seconds_loading;
} sp_run;

/// Open the run's directory, and lock it if there was an earlier start of the run. Nothing is written before everything
/// has been checked: sp_run_take_directory does that. `run` must stay where it is. Takes config, on failure too.
/// Collective: yes. Errors: agreed on.
sp_status sp_run_open(const sp_comm *comm, sp_run_config *config, sp_run *run);
void sp_run_close(sp_run *run);

/// Check configuration and data, and create the watchdog and the trainer. Settings that differ from the run's are applied and
/// logged where they may change; otherwise refused with both values. Writes nothing.
/// Collective: yes. Errors: agreed on; the caller closes the run also after a failure.
sp_status sp_run_prepare(const sp_comm *comm, sp_run *run);

/// Create the run's directory where it is missing, and take it: from here on this start may write there.
/// Collective: yes. Errors: SP_ERR_BUSY naming who has it; SP_STOPPED when a signal has asked for a stop; as of
/// sp_run_prepare when another job has made checkpoints meanwhile. Agreed on.
sp_status sp_run_take_directory(const sp_comm *comm, sp_run *run);

/// Set the trainer's state, from the newest checkpoint that is whole, or of step 0, and write config.yaml.
/// Collective: yes. Errors: agreed on.
sp_status sp_run_load(const sp_comm *comm, sp_run *run);

#endif
