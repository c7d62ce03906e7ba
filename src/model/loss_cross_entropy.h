// SPDX-License-Identifier: Apache-2.0
// The option that both cross-entropy losses share.
#ifndef SP_MODEL_LOSS_CROSS_ENTROPY_H
#define SP_MODEL_LOSS_CROSS_ENTROPY_H

#include "model/loss.h"

/// This fraction of each row's target is distributed evenly over the classes, or over yes and no.
typedef struct sp_cross_entropy_options {
  double label_smoothing;
} sp_cross_entropy_options;

#define SP_LABEL_SMOOTHING(over)                                                                                      \
  {                                                                                                                   \
    .name = "label_smoothing", .kind = SP_OPTION_REAL, .offset = offsetof(sp_cross_entropy_options, label_smoothing), \
    .preset = "0", .range = "[0, 1)", .help = "fraction of each target that is distributed evenly over " over         \
  }

#endif
