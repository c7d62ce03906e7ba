// SPDX-License-Identifier: Apache-2.0
// Resuming a run: the configuration in its checkpoints, and the differences that the present one may have.
#ifndef SP_RUN_RESUME_H
#define SP_RUN_RESUME_H

#include "comm/comm.h"
#include "train/run_config.h"

/// Returns the configuration stored in the newest readable checkpoint of a directory; NULL if there is none.
/// The caller frees it. Collective: no, rank 0 only.
char *sp_resume_stored_config(const char *checkpoints);

/// Read that configuration on rank 0 and broadcast it: sets *stored on all ranks, to NULL for a new run. The caller frees it.
/// Collective: yes. Errors: SP_ERR_MEMORY, agreed on.
sp_status sp_resume_share_config(const sp_comm *comm, const char *checkpoints, char **stored);

/// Compare the configuration with the stored one, or, if that is NULL, complete it for a new run. Replaces `lanes: auto` by
/// the run's number of lanes, or by the number of ranks. Settings that may change between starts are applied and logged;
/// others are refused, with one line for each key and both values.
/// Collective: yes. Errors: agreed on; SP_ERR_CONFIG; SP_ERR_BUSY if another job has created the run meanwhile.
sp_status sp_resume_settle_config(const sp_comm *comm, const char *stored, sp_run_config *config);

#endif
