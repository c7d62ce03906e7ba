// SPDX-License-Identifier: Apache-2.0
// The factors of a loss that are computed from the training rows, such as class_weights: balanced.
#ifndef SP_TRAIN_LOSS_FACTORS_H
#define SP_TRAIN_LOSS_FACTORS_H

#include "comm/comm.h"
#include "model/network.h"
#include "train/feed.h"

/// Compute the factors from the targets of `rows`, along the tree over lanes: the same bits on any number of ranks. Does
/// nothing for a loss without such factors. The data set must deliver its columns as the network uses them.
/// Collective: yes. Errors: agreed on; SP_ERR_DATA naming a class without rows; SP_STOPPED.
sp_status sp_loss_factors_compute(const sp_comm *comm, const sp_rows *rows, int64_t lanes, sp_network *network);

#endif
