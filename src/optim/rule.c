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

static bool update(const sp_selected *selected, sp_dtype precision, const sp_update *u) {
  const sp_rule *rule = sp_rule_of(selected);
  return precision == SP_FLOAT32 ? rule->update32(selected->options, u) : rule->update64(selected->options, u);
}

/// Update values [first, first + n) of an update without a second addend.
static bool update_piece(const sp_selected *selected, sp_dtype precision, const sp_update *whole, int64_t first,
                         int64_t n, const void *second) {
  size_t skip = (size_t)first * sp_dtype_size(precision);
  sp_update u = *whole;
  u.n = n;
  u.p = (char *)whole->p + skip;
  u.gradient = (sp_addends){(const char *)whole->gradient.first + skip, second};
  for (int i = 0; i < SP_MAX_SLOTS && whole->slot[i]; i++) u.slot[i] = (char *)whole->slot[i] + skip;
  return update(selected, precision, &u);
}

// Adding -0 changes no bit, so that a rule needs one loop only.
bool sp_rule_update(const sp_selected *selected, sp_dtype precision, const sp_update *u) {
  enum { PIECE = 1024 };
  static const _Alignas(64) float nothing32[PIECE] = {[0 ... PIECE - 1] = -0.0F};
  static const _Alignas(64) double nothing64[PIECE] = {[0 ... PIECE - 1] = -0.0};
  const void *nothing = precision == SP_FLOAT32 ? (const void *)nothing32 : nothing64;
  bool finite = true;
  if (u->gradient.second) return update(selected, precision, u);
  for (int64_t i = 0; i < u->n; i += PIECE) {
    int64_t n = u->n - i < PIECE ? u->n - i : PIECE;
    finite &= update_piece(selected, precision, u, i, n, nothing);
  }
  return finite;
}

double sp_rule_lr(const sp_selected *rule) {
  for (const sp_option *option = rule->type->options; option && option->name; option++) {
    if (strcmp(option->name, "lr") == 0) return *(const double *)((const char *)rule->options + option->offset);
  }
  return 0;
}
