// SPDX-License-Identifier: Apache-2.0
// The options of the section `optimizer`.
#include "optim/optimizer_options.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "optim/rule.h"

#define GROUP_AT(member) offsetof(sp_group_options, member)
static const sp_option group_fields[] = {
    {"tensors", SP_OPTION_STRINGS, GROUP_AT(tensors),
     .help = "shell patterns of tensor names, such as \"*/bias\"; a tensor belongs to the first group with a matching "
             "pattern. Statistics, such as running means, belong to none"},
    {"lr", SP_OPTION_REAL, GROUP_AT(lr), .range = "[0, inf)", .flags = SP_OPTION_OPTIONAL,
     .help = "learning rate of these tensors, in place of the rule's; the schedule applies to it; 0: the tensors are "
             "not trained"},
    {"weight_decay", SP_OPTION_REAL, GROUP_AT(weight_decay), .range = "[0, inf)", .flags = SP_OPTION_OPTIONAL,
     .help = "weight decay of these tensors, in place of the rule's"},
    {"l1", SP_OPTION_REAL, GROUP_AT(l1), .range = "[0, inf)", .flags = SP_OPTION_OPTIONAL,
     .help = "L1 penalty of these tensors, in place of optimizer.l1"},
    {0}};

#define AT(member) offsetof(sp_optimizer_options, member)
const sp_option sp_optimizer_fields[] = {
    {"rule", SP_OPTION_VARIANT, AT(rule), "rmsprop",
     .help = "update rule, given by name: `optimizer: {rmsprop: {lr: 0.01}}`", .flags = SP_OPTION_INLINE,
     .variants = sp_rules},
    {"schedule", SP_OPTION_SECTION, AT(schedule), .help = "learning rate schedule", .flags = 0,
     .fields = sp_schedule_fields, .fields_size = sizeof(sp_schedule_options)},
    {"groups", SP_OPTION_SECTIONS, AT(groups), "[]", .help = "groups of tensors with different options",
     .fields = group_fields, .fields_size = sizeof(sp_group_options)},
    {"l1", SP_OPTION_REAL, AT(l1), "0", "[0, inf)",
     .help = "L1 penalty: l1 * sign(parameter) is added to the gradient before it is clipped, and not to the reported "
             "loss"},
    {"clip_value", SP_OPTION_REAL, AT(clip_value), "none", "none|(0, inf)",
     .help = "maximum absolute value of each element of the gradient (the mean over the batch)"},
    {"clip_norm", SP_OPTION_REAL, AT(clip_norm), "none", "none|(0, inf)",
     .help = "maximum norm of the whole gradient, applied after clip_value by scaling the gradient"},
    {"accumulate", SP_OPTION_INT, AT(accumulate), "1", "[1, 65536]", .unit = "mini-batches",
     .help = "number of mini-batches of train.batch_size rows whose gradients are summed for one update; a large batch "
             "then needs only the memory of a small one"},
    {"average", SP_OPTION_REAL, AT(average), "none", "none|(0, 1)",
     .help = "decay of an exponential moving average of the parameters, which validation, the best checkpoint and "
             "`shardprop eval` use; running means and variances are averaged with it; needs the memory of one slot; "
             "none: no average"},
    {0}};

/// Refuse numbers that float32 rounds to infinity: such a rate or penalty gives parameters that are not finite, such an
/// epsilon prevents any change. NaN means not set.
static sp_status check_number(const char *path, const char *name, double value) {
  if (!isfinite(value) || fabs(value) <= (double)FLT_MAX) return SP_OK;
  return sp_fail(SP_ERR_CONFIG, "%s.%s: expected at most %g, the largest float32 number, got %g", path, name,
                 (double)FLT_MAX, value);
}

static sp_status check_numbers(const char *path, const sp_option *table, const void *options) {
  for (const sp_option *option = table; option && option->name; option++) {
    if (option->kind != SP_OPTION_REAL) continue;
    SP_TRY(check_number(path, option->name, *(const double *)((const char *)options + option->offset)));
  }
  return SP_OK;
}

static sp_status check_float32(const sp_optimizer_options *options) {
  char path[256];
  const sp_selected *rule = &options->rule;
  snprintf(path, sizeof path, "%s.%s", rule->path, rule->type->name);
  SP_TRY(check_numbers(path, rule->type->options, rule->options));
  SP_TRY(check_number("optimizer", "l1", options->l1));
  for (int64_t i = 0; i < options->groups.count; i++) {
    snprintf(path, sizeof path, "optimizer.groups[%lld]", (long long)i);
    SP_TRY(check_numbers(path, group_fields, (const sp_group_options *)options->groups.item + i));
  }
  return SP_OK;
}

sp_status sp_optimizer_check_options(const sp_optimizer_options *options, sp_dtype precision) {
  SP_TRY(sp_rule_check(&options->rule));
  SP_TRY(sp_schedule_check(options->schedule));
  return precision == SP_FLOAT32 ? check_float32(options) : SP_OK;
}

bool sp_optimizer_averages(const sp_optimizer_options *options) { return !isnan(options->average); }

int sp_optimizer_slots(const sp_optimizer_options *options) {
  return sp_rule_of(&options->rule)->slots(options->rule.options) + sp_optimizer_averages(options);
}
