// SPDX-License-Identifier: Apache-2.0
// The ranks that a run can use: at most one per lane. Other ranks stay idle.
#ifndef SP_RUN_USABLE_RANKS_H
#define SP_RUN_USABLE_RANKS_H

#include "comm/comm.h"
#include "train/run_config.h"

/// Open a communicator of the ranks that a run can use, the first of `all`, with sp_comm_open_first. An existing run keeps
/// the lanes of its first start. Rank 0 warns of idle ranks; these must wait in sp_comm_await.
/// Collective: yes, of all.
sp_status sp_run_open_ranks(const sp_comm *all, const sp_run_config *config, sp_comm *ranks);

/// Call `work` on the ranks that can be used with a configuration, while the others wait. Replaces `lanes: auto` by the
/// number of these ranks.
/// Collective: yes, of all. Errors: those of the work, on all ranks.
sp_status sp_run_on_lanes(const sp_comm *all, sp_run_config *config,
                          sp_status (*work)(const sp_comm *comm, const sp_run_config *config, const void *context),
                          const void *context);

#endif
