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
  bool begun;      ///< there was an earlier start
  bool unwatched;  ///< no watchdog, whatever the configuration says: the process belongs to another program
  bool resumed;    ///< from a checkpoint
  double seconds_loading;
} sp_run;

/// Lock and open the directory of the run if there was an earlier start. A first start writes nothing until everything has
/// been checked; then sp_run_prepare makes the directory. `run` must stay where it is. Takes ownership of the configuration,
/// also after a failure.
/// Collective: yes. Errors: agreed on.
sp_status sp_run_open(const sp_comm *comm, sp_run_config *config, sp_run *run);
void sp_run_close(sp_run *run);

/// Prepare the training: start the watchdog, settle the configuration (sp_resume_settle_config), make the trainer, and set its
/// state: that of the newest checkpoint that is whole, or of step 0.
/// Collective: yes. Errors: agreed on. The run must be closed also after a failure.
sp_status sp_run_prepare(const sp_comm *comm, sp_run *run);

#endif
