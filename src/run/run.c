// Opening a run: configuration, directory, trainer, state.
#include "run/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "run/resume.h"
#include "train/data_identity.h"

enum { LARGEST_CONFIG = 1 << 20 };

/// A regular file that exists and is small enough: an error of reading it is the file system's, and may be temporary.
static bool is_fit(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 && S_ISREG(about.st_mode) && about.st_size <= LARGEST_CONFIG && access(path, R_OK) == 0;
}

sp_status sp_run_read_config(const sp_comm *comm, const char *path, const char *const *overrides, int count,
                             sp_run_config *out) {
  char *text = NULL;
  size_t size = 0;
  sp_status status = comm->rank == 0 ? sp_file_read(path, LARGEST_CONFIG, &text, &size) : SP_OK;
  if (status == SP_ERR_IO) status = sp_fail(is_fit(path) ? SP_ERR_IO : SP_ERR_CONFIG, "configuration %s", sp_error_message());
  SP_TRY(sp_comm_agree(comm, status));
  return sp_run_share_config(comm, text, size, path, overrides, count, out);
}

sp_status sp_run_share_config(const sp_comm *comm, char *text, size_t size, const char *source,
                              const char *const *overrides, int count, sp_run_config *out) {
  sp_status status = sp_comm_broadcast_text(comm, &text, &size);
  if (status == SP_OK) status = sp_comm_agree(comm, sp_run_config_read(text, size, source, overrides, count, out));
  free(text);
  return status;
}

// --- ranks and lanes ----------------------------------------------------------------------------------------------

/// How many of `ranks` ranks can be used: at most train.lanes, which where it is auto becomes at most train.batch_size.
static int usable_ranks(const sp_run_config *config, int64_t ranks) {
  int64_t lanes = config->train->lanes, most = lanes != SP_AUTO ? lanes : config->train->batch_size;
  return (int)(ranks < most ? ranks : most);
}

/// The lanes of a run that exists; SP_AUTO for one that does not, or that cannot be read, which preparing it will find out.
static int64_t stored_lanes(const sp_run_config *config) {
  char checkpoints[sizeof config->directory + sizeof "/checkpoints"];
  sp_run_config run;
  snprintf(checkpoints, sizeof checkpoints, "%s/checkpoints", config->directory);
  char *text = sp_resume_stored_config(checkpoints);
  if (!text || sp_run_config_read(text, strlen(text), "the run's configuration", NULL, 0, &run) != SP_OK) {
    free(text);
    return SP_AUTO;
  }
  int64_t lanes = run.train->lanes;
  sp_run_config_free(&run);
  free(text);
  return lanes;
}

static void warn_idle(const sp_run_config *config, bool exists, int ranks, int usable) {
  int idle = ranks - usable;
  if (config->train->lanes == SP_AUTO && !exists) {
    sp_warn("%d ranks were started, but train.batch_size is %d, and each rank needs a row of every mini-batch: %d rank%s "
            "idle", ranks, usable, idle, idle == 1 ? " waits" : "s wait");
  } else {
    sp_warn("%d ranks were started, but %s %d lane%s%s: %d rank%s idle (train.lanes at the first start of a run "
            "sets how many ranks it can ever use)", ranks, exists ? "the run has" : "train.lanes asks for", usable,
            usable == 1 ? "" : "s", exists ? ", fixed at its first start" : "", idle, idle == 1 ? " waits" : "s wait");
  }
}

sp_status sp_run_open_ranks(const sp_comm *all, const sp_run_config *config, sp_comm *ranks) {
  int64_t stored = all->rank == 0 ? stored_lanes(config) : SP_AUTO;
  MPI_Bcast(&stored, 1, MPI_INT64_T, 0, all->world);
  bool exists = stored != SP_AUTO;
  int usable = exists ? (int)(stored < all->size ? stored : all->size) : usable_ranks(config, all->size);
  if (all->rank == 0 && usable < all->size) warn_idle(config, exists, all->size, usable);
  return sp_comm_open_first(all, usable, ranks);
}

static sp_status work_on_lanes(const sp_comm *ranks, sp_run_config *config,
                               sp_status (*work)(const sp_comm *comm, const sp_run_config *config, const void *context),
                               const void *context) {
  if (config->train->lanes == SP_AUTO) SP_TRY(sp_run_config_set_lanes(config, ranks->size));
  return work(ranks, config, context);
}

sp_status sp_run_on_lanes(const sp_comm *all, sp_run_config *config,
                          sp_status (*work)(const sp_comm *comm, const sp_run_config *config, const void *context),
                          const void *context) {
  sp_comm ranks;
  int usable = usable_ranks(config, all->size);
  if (all->rank == 0 && usable < all->size) warn_idle(config, false, all->size, usable);
  SP_TRY(sp_comm_open_first(all, usable, &ranks));
  bool waits = ranks.size == 0;
  sp_status status = sp_comm_await(all, waits, waits ? SP_OK : work_on_lanes(&ranks, config, work, context));
  sp_comm_close(&ranks);
  return status;
}

// --- making ready -------------------------------------------------------------------------------------------------

/// What the run was made with, on all ranks; NULL for a new run.
static sp_status share_stored_config(const sp_comm *comm, const char *checkpoints, char **stored) {
  char *text = comm->rank == 0 ? sp_resume_stored_config(checkpoints) : NULL;
  size_t size = text ? strlen(text) : 0;
  int exists = text != NULL;
  MPI_Bcast(&exists, 1, MPI_INT, 0, comm->world);
  sp_status status = exists ? sp_comm_broadcast_text(comm, &text, &size) : SP_OK;
  if (status == SP_OK) {
    *stored = text;
  } else if (comm->rank == 0) {
    free(text);
  }
  return status;
}

static sp_status settle_config(const sp_comm *comm, const char *stored, sp_run_config *config) {
  sp_status status = SP_OK;
  if (stored) {
    status = sp_resume_compare(stored, config);
  } else if (config->train->lanes == SP_AUTO) {
    status = sp_run_config_set_lanes(config, comm->size);
  }
  if (status == SP_OK && config->train->lanes < comm->size) {  // made by another job since its lanes were looked up
    status = sp_fail(SP_ERR_BUSY, "%s: was created by another job just now, with fewer lanes than there are ranks: start again",
                     config->directory);
  }
  return sp_comm_agree(comm, status);
}

static sp_status write_config(const sp_comm *comm, const sp_run *run) {
  char path[PATH_MAX];
  const char *text = run->trainer->config_text;
  snprintf(path, sizeof path, "%s/config.yaml", run->directory.path);
  sp_status status = comm->rank == 0 ? sp_file_write(path, text, strlen(text)) : SP_OK;
  if (status == SP_ERR_SPACE && run->resumed) {  // there may be room when it saves
    sp_warn("%s; going on without", sp_error_message());
    status = SP_OK;
  }
  return sp_comm_agree(comm, status);
}

/// A kill may have come between a checkpoint and its links.
static void retain(const sp_run *run) {
  const sp_progress *now = &run->trainer->model.state.progress;
  const sp_checkpoint_options *o = run->config.checkpoint;
  sp_retention retention = {o->keep, o->keep_every, now->step, now->best_step};
  if (sp_checkpoint_retain(run->directory.checkpoints, &retention) != SP_OK) sp_warn("%s", sp_error_message());
}

static sp_status set_state(const sp_comm *comm, const char *stored, sp_run *run) {
  sp_trainer *t = run->trainer;
  if (stored) {
    SP_TRY(sp_comm_agree(comm, sp_data_identity_compare(stored, t->config_text)));
  }
  double start = sp_clock();
  SP_TRY(sp_trainer_load(t, run->directory.checkpoints, &run->resumed));
  run->seconds_loading = sp_clock() - start;
  if (run->resumed && comm->rank == 0) retain(run);
  return SP_OK;
}

/// All ranks, so that all say the same; rank 0 keeps it.
static sp_status set_deadline(const sp_comm *comm, sp_run *run) {
  sp_deadline deadline;
  if (sp_deadline_set(run->config.train->deadline, &deadline) != SP_OK) {
    return sp_document_fail(run->config.document, "train.deadline", "%s", sp_error_message());
  }
  if (comm->rank == 0) run->deadline = deadline;
  return SP_OK;
}

/// The state of step 0 is the last that is checked: then the directory is made. Another job may have made it, and trained,
/// since this one looked.
static sp_status begin(const sp_comm *comm, sp_run *run, char **stored) {
  SP_TRY(sp_trainer_initialise(run->trainer));
  SP_TRY(sp_comm_agree(comm, sp_interrupt_check()));
  SP_TRY(sp_run_directory_open(comm, run->config.directory, &run->directory));
  SP_TRY(share_stored_config(comm, run->directory.checkpoints, stored));
  if (!*stored) return SP_OK;
  SP_TRY(settle_config(comm, *stored, &run->config));
  return set_state(comm, *stored, run);
}

sp_status sp_run_prepare(const sp_comm *comm, sp_run *run) {
  char *stored = NULL;
  SP_TRY(sp_comm_agree(comm, set_deadline(comm, run)));
  if (run->begun) SP_TRY(share_stored_config(comm, run->directory.checkpoints, &stored));
  sp_status status = settle_config(comm, stored, &run->config);
  if (status == SP_OK) {
    double limit = run->unwatched ? 0 : run->config.train->watchdog;
    status = sp_watchdog_open(comm, run->config.directory, limit, &run->watchdog);
  }
  if (status == SP_OK) status = sp_trainer_create(comm, &run->config, SP_FEED_TRAINING, &run->trainer);
  if (status == SP_OK) run->trainer->model.pulse = sp_watchdog_pulse(run->watchdog);
  if (status == SP_OK) status = run->begun ? set_state(comm, stored, run) : begin(comm, run, &stored);
  if (status == SP_OK) status = write_config(comm, run);
  free(stored);
  return status;
}

sp_status sp_run_open(const sp_comm *comm, sp_run_config *config, sp_run *run) {
  *run = (sp_run){.config = *config, .directory.lock = -1, .deadline = SP_NO_DEADLINE};
  *config = (sp_run_config){0};
  run->begun = sp_run_directory_exists(comm, run->config.directory);
  sp_status status = SP_OK;
  if (run->begun) status = sp_run_directory_open(comm, run->config.directory, &run->directory);
  if (status != SP_OK) sp_run_close(run);
  return status;
}

void sp_run_close(sp_run *run) {
  sp_watchdog_close(run->watchdog);
  sp_trainer_free(run->trainer);
  sp_run_directory_close(&run->directory);
  sp_run_config_free(&run->config);
  run->watchdog = NULL;
  run->trainer = NULL;
}
