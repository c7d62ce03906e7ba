// SPDX-License-Identifier: Apache-2.0
// The cores of a node shared out among its ranks, when nobody did that before.
#ifndef SP_COMM_PIN_H
#define SP_COMM_PIN_H

#include "comm/comm.h"

/// Where this rank runs, and how it came there.
typedef struct sp_pin {
  char text[160];                   ///< for people: what the ranks of this node have, and who gave it to them
  struct hwloc_topology *topology;  ///< of the machine, while ranks are pinned by sp_pin_begin; else NULL
} sp_pin;

/// Give each rank of the node its share of the node's cores, before it touches memory: whole cores, next to each other in
/// the order of the memory they are nearest to; as many ranks as cores get one each.
///
/// Nothing is done when `allowed` is false, when the rank is alone on its node, when there are more ranks than cores, or
/// when any rank of the node may not use all that the job may use there: then mpirun, Slurm or taskset decided, or
/// somebody who knows more. Every core is some rank's, also where there are fewer ranks than cores: several jobs beside
/// one another are spread over the node as each of them is, and do not meet on the first cores.
/// Collective: yes. Errors: none; what could not be done is told by the text.
void sp_pin_begin(const sp_comm *comm, bool allowed, sp_pin *pin);

/// Let the calling thread alone run on all cores that the job may use here: for work beside the rank's own. Nothing is done
/// where others bound the rank. Collective: no.
void sp_pin_leave(const sp_pin *pin);

/// Let the rank run anywhere again, as it could before. A zeroed pin is fine.
void sp_pin_end(sp_pin *pin);

#endif
