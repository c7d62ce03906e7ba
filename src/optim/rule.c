// SPDX-License-Identifier: Apache-2.0
// The registry of update rules, and functions common to all of them.
#include "optim/rule.h"

#include <stdio.h>
#include <string.h>

const sp_variant *const sp_rules[] = {
#define SP_RULE(name) &sp_rule_##name.about,
#include "optim/rule_list.h"
#undef SP_RULE
    NULL};

sp_status sp_rule_check(const sp_selected *selected) {
  const sp_rule *rule = sp_rule_of(selected);
  char path[256];
  snprintf(path, sizeof path, "%s.%s", selected->path, rule->about.name);
  return rule->check ? rule->check(selected->options, path) : SP_OK;
}

void sp_rule_start_slot(const sp_selected *selected, sp_dtype precision, int slot, int64_t n, void *values) {
  const sp_rule *rule = sp_rule_of(selected);
  double initial = rule->slot_initial ? rule->slot_initial(selected->options, slot) : 0;
  if (precision == SP_FLOAT32) {
    for (int64_t i = 0; i < n; i++) ((float *)values)[i] = (float)initial;
  } else {
    for (int64_t i = 0; i < n; i++) ((double *)values)[i] = initial;
  }
}

void sp_rule_advance(const sp_selected *selected, int64_t step, sp_rule_memo *memo) {
  const sp_rule *rule = sp_rule_of(selected);
  if (rule->advance && memo->step != step) rule->advance(selected->options, step, memo);
}

void sp_rule_update(const sp_selected *selected, sp_dtype precision, const sp_update *update) {
  const sp_rule *rule = sp_rule_of(selected);
  if (precision == SP_FLOAT32) {
    rule->update32(selected->options, update);
  } else {
    rule->update64(selected->options, update);
  }
}

double sp_rule_lr(const sp_selected *rule) {
  for (const sp_option *option = rule->type->options; option && option->name; option++) {
    if (strcmp(option->name, "lr") == 0) return *(const double *)((const char *)rule->options + option->offset);
  }
  return 0;
}
