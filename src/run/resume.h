// SPDX-License-Identifier: Apache-2.0
// Resuming a run: the configuration that its checkpoints keep, and how the new one may differ from it.
#ifndef SP_RUN_RESUME_H
#define SP_RUN_RESUME_H

#include "comm/comm.h"
#include "train/run_config.h"

/// Returns the configuration that the newest readable checkpoint in a directory keeps; NULL when there is none.
/// Freed by the caller. Collective: no, rank 0 only.
char *sp_resume_stored_config(const char *checkpoints);

/// Broadcast that text: *stored is set on all ranks, to NULL for a new run. Freed by the caller.
/// Collective: yes. Errors: SP_ERR_MEMORY, agreed on.
sp_status sp_resume_share_config(const sp_comm *comm, const char *checkpoints, char **stored);

/// Compare the configuration with the stored one, or, where that is NULL, complete it for a new run. `lanes: auto` becomes
/// the number of lanes of the run, or the number of ranks. Settings that may change between starts are taken from `config`
/// and logged; others are refused, with one line for each key and both values.
/// Collective: yes. Errors: agreed on; SP_ERR_CONFIG; SP_ERR_BUSY when another job has created the run meanwhile.
sp_status sp_resume_settle_config(const sp_comm *comm, const char *stored, sp_run_config *config);

#endif
