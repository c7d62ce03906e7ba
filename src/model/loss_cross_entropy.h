// SPDX-License-Identifier: Apache-2.0
// The option that both cross-entropies have.
#ifndef SP_MODEL_LOSS_CROSS_ENTROPY_H
#define SP_MODEL_LOSS_CROSS_ENTROPY_H

#include "model/loss.h"

/// This part of each row's target is taken away and shared out evenly over what the loss tells apart.
typedef struct sp_cross_entropy_options {
  double label_smoothing;
} sp_cross_entropy_options;

#define SP_LABEL_SMOOTHING(over)                                                                                      \
  {                                                                                                                   \
    .name = "label_smoothing", .kind = SP_OPTION_REAL, .offset = offsetof(sp_cross_entropy_options, label_smoothing), \
    .preset = "0", .range = "[0, 1)", .help = "part of each target that is spread evenly over " over                  \
  }

#endif
