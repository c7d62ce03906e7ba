// SPDX-License-Identifier: Apache-2.0
// A network of layers, with a loss and metrics.
#ifndef SP_MODEL_LAYERED_NETWORK_H
#define SP_MODEL_LAYERED_NETWORK_H

#include "model/network_kind.h"

extern const sp_network_kind sp_network_of_layers;

#endif
