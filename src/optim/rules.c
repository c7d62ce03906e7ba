// The registry of update rules, and what is the same for all of them.
// A new rule is one file beside this one and its line in the list.
// May include: base, config, optim.
#include "optim/optimizer.h"

#include <string.h>

extern const sp_rule sp_rule_rmsprop;

const sp_variant *const sp_rules[] = {
    &sp_rule_rmsprop.about,
    NULL,
};

sp_status sp_optimizer_check(const sp_selected *selected) {
  const sp_rule *rule = sp_rule_of(selected);
  return rule->check ? rule->check(selected->options, selected->path) : SP_OK;
}

void sp_optimizer_update(const sp_selected *selected, sp_dtype precision, const sp_update *update) {
  const sp_rule *rule = sp_rule_of(selected);
  if (precision == SP_FLOAT32) {
    rule->update32(selected->options, update);
  } else {
    rule->update64(selected->options, update);
  }
}

double sp_optimizer_lr(const sp_selected *rule) {
  for (const sp_option *option = rule->type->options; option && option->name; option++) {
    if (strcmp(option->name, "lr") == 0) return *(const double *)((const char *)rule->options + option->offset);
  }
  return 0;
}
