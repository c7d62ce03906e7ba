// SPDX-License-Identifier: Apache-2.0
// The update of this rank's shard with the sums of the lanes' gradients. The exchange calls it for one stretch of values at
// a time.
#ifndef SP_TRAIN_SHARD_UPDATE_H
#define SP_TRAIN_SHARD_UPDATE_H

#include "exchange/exchange.h"
#include "train/model_state.h"

typedef struct sp_shard_update {
  sp_model_state *model;
  sp_apply apply;        ///< of the last step; its lr_factor is NaN before the first one
  double gradient_norm;  ///< of the last step, before clipping; NaN without clip_norm
} sp_shard_update;

/// Initialise the update, and set its functions in `job` for the exchange. Borrows the model. `out` must not be moved while
/// the exchange exists.
void sp_shard_update_create(sp_model_state *model, sp_exchange_job *job, sp_shard_update *out);

#endif
