// SPDX-License-Identifier: Apache-2.0
// The processors that a rank may use.
#ifndef SP_COMM_CORES_H
#define SP_COMM_CORES_H

#include "comm/comm.h"

/// Returns whether every rank of this machine can run at the same time on its own processor. If so, busy waiting is
/// fastest; otherwise a waiting rank must yield the processor to the others. Ranks are counted by machine, not by node
/// of the communicator. false if unknown. Collective: yes; the ranks of a machine get the same result. Errors: none.
bool sp_comm_has_core_each(const sp_comm *comm);

#endif
