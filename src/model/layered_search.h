// SPDX-License-Identifier: Apache-2.0
// Searching a pass of a layered network for the first value that is not finite.
#ifndef SP_MODEL_LAYERED_SEARCH_H
#define SP_MODEL_LAYERED_SEARCH_H

#include "model/network_kind.h"

/// The member `find_nonfinite` of sp_network_kind.
void sp_layered_find_nonfinite(struct sp_network *network, const sp_batch *batch, const void *parameters,
                               void *gradient, char message[512]);

#endif
