// SPDX-License-Identifier: Apache-2.0
// Finding the stored configuration of a run, and comparing the present one with it.
#include "run/resume.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/visible.h"
#include "checkpoint/checkpoint_directory.h"
#include "checkpoint/checkpoint_inspect.h"
#include "checkpoint/run_state.h"
#include "config/compare.h"

char *sp_resume_stored_config(const char *checkpoints) {
  int64_t *step, count;
  char *config = NULL;
  if (sp_checkpoint_list(checkpoints, &step, &count) != SP_OK) return NULL;
  for (int64_t i = 0; i < count && !config; i++) {
    char path[PATH_MAX];
    sp_checkpoint_about about;
    snprintf(path, sizeof path, "%s/step-%09lld", checkpoints, (long long)step[i]);
    if (sp_checkpoint_inspect(path, &about) != SP_OK) continue;
    config = about.config;
    about.config = NULL;
    sp_checkpoint_about_free(&about);
  }
  free(step);
  return config;
}

typedef struct differences {
  sp_text taken, refused;
} differences;

static void note(const sp_difference *d, void *context) {
  differences *all = context;
  sp_text *out = d->changeable ? &all->taken : &all->refused;
  sp_text_add(out, "\n");
  sp_visible_format(out, "  %s: the run has %s, the configuration %s", d->path, d->before, d->after);
}

static sp_status compare(const sp_run_config *run, const sp_run_config *config) {
  differences found = {0};
  sp_document_compare(run->document, config->document, sp_run_fields, note, &found);
  sp_status status = SP_OK;
  if (found.refused.size > 0) {
    status = sp_fail(SP_ERR_CONFIG,
                     "the run exists, and these settings cannot be changed:%s\n"
                     "(restore them, or choose another run.directory for a new run)",
                     found.refused.data);
  } else if (found.taken.size > 0) {
    sp_text message = {0};
    sp_text_add(&message, "applying settings that have changed since the run was started:%s", found.taken.data);
    sp_info("%s", message.data);
    sp_text_free(&message);
  }
  sp_text_free(&found.taken);
  sp_text_free(&found.refused);
  return status;
}

static sp_status adopt(const char *stored, sp_run_config *config) {
  sp_run_config run;
  SP_TRY(sp_context(sp_run_config_read(stored, strlen(stored), "the run's configuration", NULL, 0, &run),
                    "this version cannot read the configuration in the checkpoint"));
  sp_status status = SP_OK;
  if (config->train->lanes == SP_AUTO) status = sp_run_config_set_lanes(config, run.train->lanes);
  if (status == SP_OK) status = compare(&run, config);
  sp_run_config_free(&run);
  return status;
}

// --- on all ranks -------------------------------------------------------------------------------------------------

sp_status sp_resume_share_config(const sp_comm *comm, const char *checkpoints, char **stored) {
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

sp_status sp_resume_settle_config(const sp_comm *comm, const char *stored, sp_run_config *config) {
  sp_status status = SP_OK;
  if (stored) {
    status = adopt(stored, config);
  } else {
    status = sp_run_config_choose_lanes(config, comm->size);
  }
  if (status == SP_OK &&
      config->train->lanes < comm->size) {  // another job has created the run since sp_run_open_ranks
    status = sp_fail(SP_ERR_BUSY,
                     "%s: another job has just created the run, with fewer lanes than this job has ranks: start again",
                     config->directory);
  }
  return sp_comm_agree(comm, status);
}
