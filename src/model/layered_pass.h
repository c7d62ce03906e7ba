// SPDX-License-Identifier: Apache-2.0
// Passes of a layered network over a batch.
#ifndef SP_MODEL_LAYERED_PASS_H
#define SP_MODEL_LAYERED_PASS_H

#include "model/layered_state.h"

/// Returns a pass over a batch of a prepared size. gradient NULL: inference.
sp_pass sp_layered_pass(const struct sp_network *network, const sp_batch *batch, const void *parameters, void *gradient,
                        const sp_pass_observer *observer);

/// The members `gradient` and `evaluate` of sp_network_kind.
void sp_layered_gradient(struct sp_network *network, const sp_batch *batch, const void *parameters, void *gradient,
                         double *sums);
void sp_layered_evaluate(struct sp_network *network, const sp_batch *batch, const void *parameters, void *output,
                         double *sums);

#endif
