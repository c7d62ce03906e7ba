// SPDX-License-Identifier: Apache-2.0
// Choosing the ranks that a run can use.
#include "run/usable_ranks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "run/resume.h"

/// Return the number of usable ranks among `ranks`: at most train.lanes, or, if that is auto, at most train.batch_size.
static int usable_ranks(const sp_run_config *config, int64_t ranks) {
  int64_t lanes = config->train->lanes, most = lanes != SP_AUTO ? lanes : config->train->batch_size;
  return (int)(ranks < most ? ranks : most);
}

/// Return the number of lanes of an existing run; SP_AUTO if there is none or it cannot be read, which sp_run_prepare will
/// report.
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
    sp_warn(
        "%d ranks were started, but train.batch_size is %d, and each rank needs a row of every mini-batch: %d rank%s "
        "idle",
        ranks, usable, idle, idle == 1 ? " stays" : "s stay");
  } else {
    sp_warn(
        "%d ranks were started, but the run has %d lane%s%s: %d rank%s idle (train.lanes at the first start of a run "
        "is the largest number of ranks that it can use)",
        ranks, usable, usable == 1 ? "" : "s", exists ? ", fixed at its first start" : "", idle,
        idle == 1 ? " stays" : "s stay");
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
  SP_TRY(sp_run_config_choose_lanes(config, ranks->size));
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
