// SPDX-License-Identifier: Apache-2.0
// Opening a run: directory, watchdog, trainer, state.
#include "run/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "checkpoint/retention.h"
#include "checkpoint/saver.h"
#include "run/resume.h"
#include "train/data_identity.h"

static sp_status write_config(const sp_comm *comm, const sp_run *run) {
  char path[PATH_MAX];
  const char *text = run->trainer->config_text;
  snprintf(path, sizeof path, "%s/config.yaml", run->directory.path);
  sp_status status = comm->rank == 0 ? sp_file_write(path, text, strlen(text)) : SP_OK;
  if (status == SP_ERR_SPACE && run->resumed) {  // there may be room again when the run saves
    sp_warn("%s; continuing without it", sp_error_message());
    status = SP_OK;
  }
  return sp_comm_agree(comm, status);
}

/// Update links and remove old checkpoints: an earlier start may have been killed between a commit and this.
static void retain(const sp_run *run) {
  const sp_progress *now = &run->trainer->model.state.progress;
  const sp_checkpoint_options *o = run->config.checkpoint;
  sp_retention retention = {o->keep, o->keep_every, now->step, now->best_step};
  if (sp_checkpoint_retain(run->directory.checkpoints, &retention) != SP_OK) sp_warn("%s", sp_error_message());
}

/// Called on all ranks, so that all report the same error; rank 0 keeps the deadline.
static sp_status set_deadline(const sp_comm *comm, sp_run *run) {
  sp_deadline deadline;
  if (sp_deadline_set(run->config.train->deadline, &deadline) != SP_OK) {
    return sp_document_fail(run->config.document, "train.deadline", "%s", sp_error_message());
  }
  if (comm->rank == 0) run->deadline = deadline;
  return SP_OK;
}

static sp_status compare_data(const sp_comm *comm, const sp_run *run) {
  return sp_comm_agree(comm, sp_data_identity_compare(run->stored, run->trainer->config_text));
}

/// Check the test rows. For a run that was started before, a failure is a warning, because it can train without them.
static sp_status check_test(const sp_comm *comm, sp_run *run) {
  sp_trainer *t = run->trainer;
  sp_status status = sp_feed_open_test(comm, &run->config, t->model.network, &t->feed);
  sp_feed_close_test(&t->feed);
  if (status != SP_ERR_CONFIG || !run->directory.started) return status;
  if (comm->rank == 0) sp_warn("%s", sp_error_message());
  return SP_OK;
}

/// Before a first start creates its directory, check that there is room for a checkpoint.
static sp_status check_space(const sp_comm *comm, const sp_run *run) {
  const sp_state *state = &run->trainer->model.state;
  int64_t bytes = sp_checkpoint_bytes(state->table->blocks, state->precision, state->slots);
  bool first = comm->rank == 0 && !run->directory.started;
  return sp_comm_agree(comm, first ? sp_checkpoint_check_space(run->directory.checkpoints, bytes) : SP_OK);
}

sp_status sp_run_prepare(const sp_comm *comm, sp_run *run) {
  SP_TRY(sp_comm_agree(comm, set_deadline(comm, run)));
  if (run->directory.started) SP_TRY(sp_resume_share_config(comm, run->directory.checkpoints, &run->stored));
  SP_TRY(sp_resume_settle_config(comm, run->stored, &run->config));
  double limit = run->unwatched ? 0 : run->config.train->watchdog;
  SP_TRY(sp_watchdog_open(comm, run->config.directory, limit, &run->watchdog));
  SP_TRY(sp_trainer_create(comm, &run->config, SP_FEED_TRAINING, &run->trainer));
  run->trainer->model.pulse = sp_watchdog_pulse(run->watchdog);
  SP_TRY(check_test(comm, run));
  SP_TRY(check_space(comm, run));
  return run->stored ? compare_data(comm, run) : sp_trainer_initialise(run->trainer);
}

/// Another job may have saved checkpoints since this one read the stored configuration.
sp_status sp_run_take_directory(const sp_comm *comm, sp_run *run) {
  char *stored = NULL;
  SP_TRY(sp_comm_agree(comm, sp_interrupt_check()));
  SP_TRY(sp_run_directory_take(comm, &run->directory));
  SP_TRY(sp_resume_share_config(comm, run->directory.checkpoints, &stored));
  bool changed = stored && (!run->stored || strcmp(stored, run->stored) != 0);
  free(run->stored);
  run->stored = stored;
  if (!changed) return SP_OK;
  SP_TRY(sp_resume_settle_config(comm, stored, &run->config));
  return compare_data(comm, run);
}

sp_status sp_run_load(const sp_comm *comm, sp_run *run) {
  double start = sp_clock();
  if (run->directory.started || run->stored) {
    SP_TRY(sp_trainer_load(run->trainer, run->directory.checkpoints, &run->resumed));
  }
  run->seconds_loading = sp_clock() - start;
  if (run->resumed && comm->rank == 0) retain(run);
  return write_config(comm, run);
}

sp_status sp_run_open(const sp_comm *comm, sp_run_config *config, sp_run *run) {
  *run = (sp_run){.config = *config, .directory.lock = -1, .deadline = SP_NO_DEADLINE};
  *config = (sp_run_config){0};
  sp_status status = sp_run_directory_open(comm, run->config.directory, &run->directory);
  if (status != SP_OK) sp_run_close(run);
  return status;
}

void sp_run_close(sp_run *run) {
  sp_watchdog_close(run->watchdog);
  sp_trainer_free(run->trainer);
  sp_run_directory_close(&run->directory);
  sp_run_config_free(&run->config);
  free(run->stored);
  run->watchdog = NULL;
  run->trainer = NULL;
  run->stored = NULL;
}
