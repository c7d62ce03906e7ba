// SPDX-License-Identifier: Apache-2.0
// Reading the configuration of a run: rank 0 reads the file or has the text, and all ranks get the configuration.
#ifndef SP_RUN_READ_CONFIG_H
#define SP_RUN_READ_CONFIG_H

#include "comm/comm.h"
#include "train/run_config.h"

/// Read a configuration on rank 0, broadcast it, and check it. Collective: yes. Errors: agreed on.
sp_status sp_run_read_config(const sp_comm *comm, const char *path, const char *const *overrides, int count,
                             sp_run_config *out);

/// The same with a text that rank 0 has. Frees the text, also after a failure. `source` names it in errors.
sp_status sp_run_share_config(const sp_comm *comm, char *text, size_t size, const char *source,
                              const char *const *overrides, int count, sp_run_config *out);

#endif
