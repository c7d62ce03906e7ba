// SPDX-License-Identifier: Apache-2.0
// The learning-rate range test: training from the initial parameters while the learning rate rises from step to step.
#ifndef SP_TRAIN_LR_FIND_H
#define SP_TRAIN_LR_FIND_H

#include "comm/comm.h"
#include "train/lr_curve.h"
#include "train/run_config.h"

/// Train for the steps of a new curve, over as many epochs as needed, and add their losses to it. The curve's learning rate
/// replaces the configuration's with its schedule. If the loss diverges, or the loss or a gradient is not finite, the test
/// ends early with SP_OK and sets *why to the reason; otherwise *why is NULL. The number of lanes must be known (not auto).
/// Writes no file and discards the trained parameters.
/// Collective: yes; the same bits on any number of ranks. Errors: agreed on; those of a training except SP_ERR_NONFINITE.
sp_status sp_lr_find(const sp_comm *comm, const sp_run_config *config, sp_lr_curve *curve, const char **why);

#endif
