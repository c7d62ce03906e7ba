// SPDX-License-Identifier: Apache-2.0
// Groups: patterns of tensor names are matched once and become ranges of the vector.
#include "optim/groups.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "optim/rule.h"

typedef struct range {
  int64_t begin, group;
} range;

struct sp_parameter_groups {
  sp_arena *arena;
  sp_parameter_group *group;  // the groups of the options in order, then the default group
  range *range;               // in the order of the vector; the first one begins at 0
  int64_t own, ranges;
  bool l1;  // any group has an L1 penalty
};

#define GROUP_AT(member) offsetof(sp_group_options, member)

// --- options ------------------------------------------------------------------------------------------------------

static sp_status fail(const sp_document *document, int64_t index, const char *option, const char *message) {
  char path[64];
  snprintf(path, sizeof path, "optimizer.groups[%lld].%s", (long long)index, option);
  return document ? sp_document_fail(document, path, "%s", message) : sp_fail(SP_ERR_CONFIG, "%s: %s", path, message);
}

/// Returns a numeric option of a rule, or NULL.
static const sp_option *find_number(const sp_selected *rule, const char *name) {
  const sp_option *option = rule->type->options;
  while (option && option->name && strcmp(option->name, name) != 0) option++;
  return option && option->name && option->kind == SP_OPTION_REAL ? option : NULL;
}

/// The options of a rule that a group may override.
static const struct {
  const char *name;
  size_t offset;  // of a double in sp_group_options
} own_options[] = {{"lr", GROUP_AT(lr)}, {"weight_decay", GROUP_AT(weight_decay)}};
enum { OWN_OPTIONS = sizeof own_options / sizeof *own_options };

static sp_status make_group(sp_parameter_groups *g, const sp_optimizer_options *o, const sp_document *document,
                            int64_t index) {
  const sp_group_options *wanted = (const sp_group_options *)o->groups.item + index;
  size_t size = o->rule.type->options_size;
  void *options = sp_arena_allocate(g->arena, size);
  if (size > 0) memcpy(options, o->rule.options, size);
  g->group[index] = (sp_parameter_group){.rule = o->rule, .l1 = isnan(wanted->l1) ? o->l1 : wanted->l1};
  g->group[index].rule.options = options;
  for (int i = 0; i < OWN_OPTIONS; i++) {
    const sp_option *option = find_number(&o->rule, own_options[i].name);
    const double *value = (const double *)((const char *)wanted + own_options[i].offset);
    if (isnan(*value)) continue;
    if (!option) return fail(document, index, own_options[i].name, "the update rule has no such option");
    memcpy((char *)options + option->offset, value, sizeof *value);
  }
  return SP_OK;
}

// --- patterns -----------------------------------------------------------------------------------------------------

static bool matches(const sp_strings *patterns, const char *name) {
  for (int64_t i = 0; i < patterns->count; i++) {
    if (fnmatch(patterns->item[i], name, 0) == 0) return true;
  }
  return false;
}

/// Returns the number of trained tensors, which precede the statistics.
static int64_t trained(const sp_parameter_table *table) {
  int64_t count = 0;
  while (count < table->tensors && table->tensor[count].kind == SP_TENSOR_TRAINED) count++;
  return count;
}

static sp_status check_pattern(const char *pattern, const sp_parameter_table *table, const sp_document *document,
                               int64_t index) {
  sp_text message = {0};
  int64_t tensors = trained(table);
  sp_text_add(&message, "no tensor matches '%s'; the tensors are", pattern);
  for (int64_t i = 0; i < tensors; i++) {
    if (fnmatch(pattern, table->tensor[i].name, 0) == 0) {
      sp_text_free(&message);
      return SP_OK;
    }
    if (i < 8) sp_text_add(&message, "%s %s", i > 0 ? "," : "", table->tensor[i].name);
    if (i == 8) sp_text_add(&message, " and %lld more", (long long)(tensors - 8));
  }
  sp_status status = fail(document, index, "tensors", sp_text_string(&message));
  sp_text_free(&message);
  return status;
}

static sp_status check_patterns(const sp_optimizer_options *o, const sp_parameter_table *table,
                                const sp_document *document) {
  for (int64_t i = 0; i < o->groups.count; i++) {
    const sp_strings *patterns = &((const sp_group_options *)o->groups.item)[i].tensors;
    if (patterns->count == 0) return fail(document, i, "tensors", "expected at least one pattern, got none");
    for (int64_t k = 0; k < patterns->count; k++) SP_TRY(check_pattern(patterns->item[k], table, document, i));
  }
  return SP_OK;
}

static int64_t group_of(const sp_parameter_groups *g, const sp_optimizer_options *o, const char *name) {
  const sp_group_options *wanted = o->groups.item;
  int64_t i = 0;
  while (i < g->own && !matches(&wanted[i].tensors, name)) i++;
  return i;
}

/// Refuse a group that would have no effect because all its tensors belong to earlier groups.
static sp_status check_members(const sp_parameter_groups *g, const sp_optimizer_options *o,
                               const sp_parameter_table *table, const sp_document *document) {
  for (int64_t i = 0; i < g->own; i++) {
    const sp_strings *patterns = &((const sp_group_options *)o->groups.item)[i].tensors;
    const char *taken = NULL;
    int64_t owner = -1;
    for (int64_t k = 0; k < trained(table) && owner != i; k++) {
      if (!matches(patterns, table->tensor[k].name)) continue;
      taken = table->tensor[k].name;
      owner = group_of(g, o, taken);
    }
    if (owner == i) continue;
    char message[512];
    snprintf(
        message, sizeof message,
        "all matching tensors belong to earlier groups: %s belongs to optimizer.groups[%lld]; put this group first",
        taken, (long long)owner);
    return fail(document, i, "tensors", message);
  }
  return SP_OK;
}

/// Set the ranges; adjacent tensors of the same group form one range.
static void cut_ranges(sp_parameter_groups *g, const sp_optimizer_options *o, const sp_parameter_table *table) {
  g->range = sp_arena_allocate(g->arena, (size_t)(table->tensors + 1) * sizeof *g->range);
  g->range[0] = (range){0, trained(table) > 0 ? group_of(g, o, table->tensor[0].name) : g->own};
  g->ranges = 1;
  for (int64_t i = 1; i < trained(table); i++) {
    range next = {table->tensor[i].offset, group_of(g, o, table->tensor[i].name)};
    if (next.group != g->range[g->ranges - 1].group) g->range[g->ranges++] = next;
  }
}

static sp_status build(sp_parameter_groups *g, const sp_optimizer_options *o, const sp_parameter_table *table,
                       const sp_document *document) {
  g->own = o->groups.count;
  g->group = sp_arena_allocate(g->arena, (size_t)(g->own + 1) * sizeof *g->group);
  g->group[g->own] = (sp_parameter_group){o->rule, o->l1};
  for (int64_t i = 0; i < g->own; i++) SP_TRY(make_group(g, o, document, i));
  SP_TRY(check_patterns(o, table, document));
  SP_TRY(check_members(g, o, table, document));
  for (int64_t i = 0; i <= g->own; i++) g->l1 = g->l1 || g->group[i].l1 > 0;
  cut_ranges(g, o, table);
  return SP_OK;
}

sp_status sp_groups_create(const sp_optimizer_options *options, const sp_parameter_table *table,
                           const sp_document *document, sp_parameter_groups **out) {
  sp_parameter_groups *g;
  SP_TRY(sp_allocate(1, sizeof *g, "groups of tensors", &g));
  g->arena = sp_arena_create();
  sp_status status = build(g, options, table, document);
  if (status == SP_OK) {
    *out = g;
  } else {
    sp_groups_free(g);
  }
  return status;
}

void sp_groups_free(sp_parameter_groups *g) {
  if (!g) return;
  sp_arena_free(g->arena);
  free(g);
}

static void describe_group(const sp_parameter_group *group, sp_text *out) {
  for (int i = 0; i < OWN_OPTIONS; i++) {
    const sp_option *option = find_number(&group->rule, own_options[i].name);
    if (!option) continue;
    sp_text_add(out, "%s %g, ", option->name, *(const double *)((const char *)group->rule.options + option->offset));
  }
  sp_text_add(out, "l1 %g\n", group->l1);
}

void sp_groups_describe(const sp_parameter_groups *g, const sp_parameter_table *table, sp_text *out) {
  for (int64_t i = 0; i <= g->own; i++) {
    int64_t members = 0, end;
    for (int64_t k = 0; k < trained(table); k++) {
      if (sp_groups_at(g, table->tensor[k].offset, &end) != &g->group[i]) continue;
      sp_text_add(out, "%s%s", members++ > 0 ? ", " : "  ", table->tensor[k].name);
    }
    if (members == 0) continue;
    sp_text_add(out, ": ");
    describe_group(&g->group[i], out);
  }
}

// --- in a step ----------------------------------------------------------------------------------------------------

const sp_parameter_group *sp_groups_at(const sp_parameter_groups *g, int64_t first, int64_t *end) {
  int64_t low = 0, high = g->ranges;  // the range is in [low, high)
  while (high - low > 1) {
    int64_t middle = low + (high - low) / 2;
    if (g->range[middle].begin <= first) {
      low = middle;
    } else {
      high = middle;
    }
  }
  *end = high < g->ranges ? g->range[high].begin : INT64_MAX;
  return &g->group[g->range[low].group];
}

bool sp_groups_have_l1(const sp_parameter_groups *g) { return g->l1; }
