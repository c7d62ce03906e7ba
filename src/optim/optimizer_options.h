// SPDX-License-Identifier: Apache-2.0
// The section `optimizer` of a configuration: the update rule and all that steers it.
#ifndef SP_OPTIM_OPTIMIZER_OPTIONS_H
#define SP_OPTIM_OPTIMIZER_OPTIONS_H

#include "base/dtype.h"
#include "config/options.h"
#include "optim/schedule.h"

/// What tensors with these names are updated with instead; NaN: as the others.
typedef struct sp_group_options {
  sp_strings tensors;  ///< shell patterns
  double lr, weight_decay, l1;
} sp_group_options;

typedef struct sp_optimizer_options {
  sp_selected rule;  ///< one of sp_rules
  const sp_schedule_options *schedule;
  sp_section_list groups;        ///< of sp_group_options
  double clip_norm, clip_value;  ///< NaN: none
  double l1;
  int64_t accumulate;  ///< mini-batches of an update
  double average;      ///< decay of the moving average of the parameters (moving_average.h); NaN: none is kept
} sp_optimizer_options;

extern const sp_option sp_optimizer_fields[];

/// Check what options must fulfil together, and with the precision: rule, schedule, and whether rates, penalties and
/// the rule's other numbers are below infinity in float32. What groups need the tensors for, sp_groups_create checks.
/// Collective: no.  Errors: SP_ERR_CONFIG, "optimizer.sgd.lr: …".
sp_status sp_optimizer_check_options(const sp_optimizer_options *options, sp_dtype precision);

/// The arrays as long as the parameter vector that are kept from step to step: the rule's slots, then the average.
/// Collective: no.  Errors: none.
int sp_optimizer_slots(const sp_optimizer_options *options);

/// Is there an average? Collective: no.  Errors: none.
bool sp_optimizer_averages(const sp_optimizer_options *options);

#endif
