// SPDX-License-Identifier: Apache-2.0
// The options that both cross-entropy losses share.
#ifndef SP_MODEL_LOSS_CROSS_ENTROPY_H
#define SP_MODEL_LOSS_CROSS_ENTROPY_H

#include "model/loss.h"

typedef struct sp_cross_entropy_options {
  sp_loss_common common;
  double label_smoothing;  ///< fraction of each row's target that is distributed evenly over the classes, or yes and no
  sp_numbers factors;      ///< class_weights or positive_weight
} sp_cross_entropy_options;

#define SP_LABEL_SMOOTHING(over)                                                                                      \
  {                                                                                                                   \
    .name = "label_smoothing", .kind = SP_OPTION_REAL, .offset = offsetof(sp_cross_entropy_options, label_smoothing), \
    .preset = "0", .range = "[0, 1)", .help = "fraction of each target that is distributed evenly over " over         \
  }

#endif
