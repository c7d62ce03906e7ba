// SPDX-License-Identifier: Apache-2.0
// Rows of option tables that several update rules share.
#ifndef SP_OPTIM_RULE_ROWS_H
#define SP_OPTIM_RULE_ROWS_H

#include <math.h>
#include <stdbool.h>

#include "optim/rule.h"

typedef enum sp_decay_mode { SP_DECAY_COUPLED, SP_DECAY_DECOUPLED } sp_decay_mode;

/// The start of a row: `struct_` is the struct that the table fills.
#define SP_RULE_OPTION(struct_, type, member) \
  .name = #member, .kind = SP_OPTION_##type, .offset = offsetof(struct_, member)

#define SP_RULE_LR(struct_, default_) \
  { SP_RULE_OPTION(struct_, REAL, lr), .preset = default_, .range = "(0, inf)", .help = "learning rate" }
#define SP_RULE_EPSILON(struct_, default_)                                                                           \
  {                                                                                                                  \
    SP_RULE_OPTION(struct_, REAL, epsilon),                                                                          \
        .preset = default_, .range = "[0, inf)",                                                                     \
        .help = "value added to the divisor, to avoid division by 0; a parameter whose divisor is 0 does not change" \
  }
#define SP_RULE_WEIGHT_DECAY(struct_, default_)                                           \
  {                                                                                       \
    SP_RULE_OPTION(struct_, REAL, weight_decay), .preset = default_, .range = "[0, inf)", \
                                                 .help = "weight decay coefficient"       \
  }
#define SP_RULE_WEIGHT_DECAY_MODE(struct_)                                                                           \
  {                                                                                                                  \
    SP_RULE_OPTION(struct_, CHOICE, weight_decay_mode), .preset = "coupled", .range = "coupled|decoupled",           \
                                                        .help =                                                      \
                                                            "coupled: an L2 penalty that is added to the gradient; " \
                                                            "decoupled: subtracted from the parameters, as in AdamW" \
  }

#endif
