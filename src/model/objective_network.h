// SPDX-License-Identifier: Apache-2.0
// A network that consists of a user-defined objective from a library.
#ifndef SP_MODEL_OBJECTIVE_NETWORK_H
#define SP_MODEL_OBJECTIVE_NETWORK_H

#include "model/network_kind.h"
#include "shardprop/objective.h"

extern const sp_network_kind sp_network_of_objective;

/// Returns the table of the library; NULL when the network is not an objective.
const sp_objective *sp_network_objective(const struct sp_network *network);

#endif
