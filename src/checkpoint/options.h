// The options of the section `checkpoint`.
// May include: base, config.
#ifndef SP_CHECKPOINT_OPTIONS_H
#define SP_CHECKPOINT_OPTIONS_H

#include "config/options.h"

typedef struct sp_checkpoint_options {
  sp_interval every;
  int64_t keep;
} sp_checkpoint_options;

extern const sp_option sp_checkpoint_fields[];

#endif
