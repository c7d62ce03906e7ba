// SPDX-License-Identifier: Apache-2.0
// Distributes the cores of a node over its ranks, unless the launcher has bound them.
#ifndef SP_COMM_PIN_H
#define SP_COMM_PIN_H

#include "comm/comm.h"

/// The cores of this rank.
typedef struct sp_pin {
  char text[160];                   ///< for people: the cores of the node's ranks, and how they were assigned
  struct hwloc_topology *topology;  ///< of the machine, while sp_pin_begin pins the ranks; else NULL
} sp_pin;

/// Pin each rank of the node to its share of the node's cores, before the rank touches memory. A share consists of
/// whole cores that are adjacent in the topology. All cores are assigned, also when there are fewer ranks than cores,
/// so that several jobs on a node do not share only the first cores.
///
/// Does nothing when `allowed` is false, when the rank is alone on its node, when there are more ranks than cores, or
/// when any rank of the node may not use all cores of the job: then mpirun, Slurm,
/// taskset or the user has bound the ranks.
/// Collective: yes. Errors: none; the text describes the result.
void sp_pin_begin(const sp_comm *comm, bool allowed, sp_pin *pin);

/// Let only the calling thread run on all cores that the job may use here, for background work. Does nothing if
/// sp_pin_begin did not pin the rank. Collective: no.
void sp_pin_leave(const sp_pin *pin);

/// Let the rank run on all cores of the job again. A zeroed pin is fine.
void sp_pin_end(sp_pin *pin);

#endif
