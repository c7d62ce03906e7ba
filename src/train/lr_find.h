// SPDX-License-Identifier: Apache-2.0
// The learning-rate range test: training from the initial parameters while the learning rate rises from step to step.
#ifndef SP_TRAIN_LR_FIND_H
#define SP_TRAIN_LR_FIND_H

#include "comm/comm.h"
#include "train/lr_curve.h"
#include "train/run_config.h"

/// Add to the curve, which is new, the losses of its steps, through as many epochs as they take. The learning rate is
/// the curve's, in place of the configuration's with its schedule. The test ends early, as a success, where the loss
/// has diverged, or the loss or a gradient is not finite: *why then says it, else it is NULL. The number of lanes
/// must be known (not auto). What is trained is thrown away, nothing is written.
/// Collective: yes; the same bits at any rank count.  Errors: agreed on; those of a training but SP_ERR_NONFINITE.
sp_status sp_lr_find(const sp_comm *comm, const sp_run_config *config, sp_lr_curve *curve, const char **why);

#endif
