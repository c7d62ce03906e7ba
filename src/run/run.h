// A run from its configuration to its end: made, or gone on with where it stopped.
#ifndef SP_RUN_RUN_H
#define SP_RUN_RUN_H

#include "supervise/deadline.h"
#include "supervise/run_directory.h"
#include "supervise/watchdog.h"
#include "train/training.h"

/// Read a configuration on rank 0, give it to all, and check it. Collective: yes. Errors: agreed on.
sp_status sp_run_read_config(const sp_comm *comm, const char *path, const char *const *overrides, int count,
                             sp_run_config *out);

/// The same with a text that rank 0 has; takes it, on failure too. `source` names it in errors.
sp_status sp_run_share_config(const sp_comm *comm, char *text, size_t size, const char *source,
                              const char *const *overrides, int count, sp_run_config *out);

/// Open a communicator of the ranks that a run can use, the first of `all`, by sp_comm_open_first. A run that exists keeps
/// the lanes of its first start. Rank 0 warns of ranks that cannot be used; these call sp_comm_await and wait there.
/// Collective: yes, of all.
sp_status sp_run_open_ranks(const sp_comm *all, const sp_run_config *config, sp_comm *ranks);

/// Do `work` with a configuration on the ranks that it can use, whose number is what `lanes: auto` means; the others wait.
/// Collective: yes, of all. Errors: those of the work, on all ranks.
sp_status sp_run_on_lanes(const sp_comm *all, sp_run_config *config,
                          sp_status (*work)(const sp_comm *comm, const sp_run_config *config, const void *context),
                          const void *context);

typedef struct sp_run {
  sp_run_config config;
  sp_run_directory directory;
  sp_deadline deadline;  ///< none but on rank 0
  sp_watchdog *watchdog;
  sp_trainer *trainer;
  bool begun;      ///< there was an earlier start
  bool unwatched;  ///< no watchdog, whatever the configuration says: the process is somebody else's
  bool resumed;    ///< from a checkpoint
  double seconds_loading;
} sp_run;

/// Lock and open the run's directory if there was an earlier start of the run. A first start writes nothing until
/// everything has been checked; then sp_run_prepare makes the directory. `run` must stay where it is. Takes config, on
/// failure too.
/// Collective: yes. Errors: agreed on.
sp_status sp_run_open(const sp_comm *comm, sp_run_config *config, sp_run *run);
void sp_run_close(sp_run *run);

/// Make ready to train: the watchdog; the trainer; its state, from the newest checkpoint that is whole, or of step 0. A configuration
/// that differs from the run's is taken where it may, and said; else refused with both values.
/// Collective: yes. Errors: agreed on; the run is to be closed all the same.
sp_status sp_run_prepare(const sp_comm *comm, sp_run *run);

#endif
