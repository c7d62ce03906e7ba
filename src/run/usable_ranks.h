// SPDX-License-Identifier: Apache-2.0
// Which of the started ranks a run can use: at most one per lane. The others wait idle.
#ifndef SP_RUN_USABLE_RANKS_H
#define SP_RUN_USABLE_RANKS_H

#include "comm/comm.h"
#include "train/run_config.h"

/// Open a communicator of the ranks that a run can use, the first of `all`, by sp_comm_open_first. A run that exists keeps
/// the lanes of its first start. Rank 0 warns of ranks that cannot be used; these must wait in sp_comm_await.
/// Collective: yes, of all.
sp_status sp_run_open_ranks(const sp_comm *all, const sp_run_config *config, sp_comm *ranks);

/// Call `work` with a configuration on the ranks that it can use, whose number is what `lanes: auto` means, while the others
/// wait.
/// Collective: yes, of all. Errors: those of the work, on all ranks.
sp_status sp_run_on_lanes(const sp_comm *all, sp_run_config *config,
                          sp_status (*work)(const sp_comm *comm, const sp_run_config *config, const void *context),
                          const void *context);

#endif
