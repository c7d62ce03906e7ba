// The section `optimizer` of a configuration: the update rule and all that steers it.
// May include: config, optim.
#ifndef SP_OPTIM_OPTIONS_H
#define SP_OPTIM_OPTIONS_H

#include "config/options.h"
#include "optim/schedule.h"

typedef struct sp_optimizer_options {
  sp_selected rule;  ///< one of sp_rules
  const sp_schedule_options *schedule;
} sp_optimizer_options;

extern const sp_option sp_optimizer_fields[];

#endif
