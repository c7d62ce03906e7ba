// SPDX-License-Identifier: Apache-2.0
// The section `optimizer` of a configuration: the update rule, schedule, groups and clipping.
#ifndef SP_OPTIM_OPTIMIZER_OPTIONS_H
#define SP_OPTIM_OPTIMIZER_OPTIONS_H

#include "base/dtype.h"
#include "config/options.h"
#include "optim/schedule.h"

/// Options of a group of tensors; NaN: the same as for other tensors.
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
  int64_t accumulate;  ///< mini-batches in an update
  double average;      ///< decay of the moving average of the parameters (moving_average.h); NaN: no average
} sp_optimizer_options;

extern const sp_option sp_optimizer_fields[];

/// Check the options in combination and against the precision: rule, schedule, and that all numbers are finite in
/// float32. sp_groups_create checks what depends on the tensors.
/// Collective: no.  Errors: SP_ERR_CONFIG, "optimizer.sgd.lr: …".
sp_status sp_optimizer_check_options(const sp_optimizer_options *options, sp_dtype precision);

/// Returns the number of state arrays of the length of the parameter vector: the rule's slots, then the average.
/// Collective: no.  Errors: none.
int sp_optimizer_slots(const sp_optimizer_options *options);

/// Returns true if the options set an average. Collective: no.  Errors: none.
bool sp_optimizer_averages(const sp_optimizer_options *options);

#endif
