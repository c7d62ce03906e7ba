// SPDX-License-Identifier: Apache-2.0
// The options of the section `checkpoint`.
#ifndef SP_CHECKPOINT_CHECKPOINT_OPTIONS_H
#define SP_CHECKPOINT_CHECKPOINT_OPTIONS_H

#include <stdbool.h>

#include "config/options.h"

typedef struct sp_checkpoint_options {
  sp_interval every;            ///< value 0: auto
  double max_overhead_percent;  ///< largest share of the run time, with auto
  double max_loss;              ///< longest training time at risk, in minutes, with auto
  bool verify;
  int64_t keep, keep_every;  ///< keep_every SP_AUTO: none
} sp_checkpoint_options;

extern const sp_option sp_checkpoint_fields[];

#endif
