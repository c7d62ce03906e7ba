// SPDX-License-Identifier: Apache-2.0
// The processors that a rank may use, as the system says.
#ifndef SP_COMM_CORES_H
#define SP_COMM_CORES_H

#include "comm/comm.h"

/// Can every rank of this machine run at the same time, on a processor of its own? Then waiting in a loop is the fastest;
/// else whoever waits must let the others have the processor. Ranks count by machine, not by node of the communicator.
/// No, when the system does not say. Collective: yes; the ranks of a machine get the same answer. Errors: none.
bool sp_comm_has_core_each(const sp_comm *comm);

#endif
