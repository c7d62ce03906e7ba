// SPDX-License-Identifier: Apache-2.0
// Comparison of two resolved documents of one table, by value.
#include "config/compare.h"

#include <string.h>

#include "config/names.h"
#include "config/tree.h"
#include "config/value.h"
#include "config/write.h"

typedef struct comparing {
  void (*each)(const sp_difference *, void *);
  void *context;
} comparing;

static void compare_maps(comparing *c, const sp_yaml_node *before, const sp_yaml_node *after, const sp_option *table,
                         bool changeable, const sp_yaml_path *path);

static const char *one_line(sp_arena *arena, const sp_yaml_node *node) {
  if (!node) return "(none)";
  sp_text text = {0};
  sp_tree_write(node, true, &text);
  size_t size = strcspn(sp_text_string(&text), "\n");
  const char *copy = sp_arena_copy(arena, sp_text_string(&text), size);
  sp_text_free(&text);
  return copy;
}

static void report(comparing *c, const sp_yaml_node *before, const sp_yaml_node *after, bool changeable,
                   const sp_yaml_path *path) {
  sp_arena *arena = sp_arena_create();
  const sp_difference difference = {.path = sp_yaml_path_string(path, arena),
                                    .before = one_line(arena, before),
                                    .after = one_line(arena, after),
                                    .changeable = changeable};
  c->each(&difference, c->context);
  sp_arena_free(arena);
}

static bool equal_scalars(const sp_option *option, const sp_yaml_node *before, const sp_yaml_node *after) {
  sp_value a, b;
  return sp_value_parse(option, before, &a) && sp_value_parse(option, after, &b) &&
         sp_value_equal(option->kind, &a, &b);
}

static bool equal_lists(sp_option_kind kind, const sp_yaml_node *before, const sp_yaml_node *after) {
  const sp_option item = {.kind = kind};
  const sp_yaml_node *a = before->child, *b = after->child;
  for (; a && b; a = a->next, b = b->next) {
    if (!equal_scalars(&item, a, b)) return false;
  }
  return !a && !b;
}

static void compare_variants(comparing *c, const sp_yaml_node *before, const sp_yaml_node *after,
                             const sp_option *option, bool changeable, const sp_yaml_path *path) {
  static const sp_option none = {0};
  static const sp_yaml_node empty = {.kind = SP_YAML_MAP};
  const sp_yaml_node *a = before->kind == SP_YAML_MAP ? before->child : NULL;
  const sp_yaml_node *b = after->kind == SP_YAML_MAP ? after->child : NULL;
  const char *name = a ? a->key : before->text;
  const sp_variant *type = sp_variant_find(option->variants, name);
  if (!type || strcmp(name, b ? b->key : after->text) != 0) {
    report(c, before, after, changeable, path);
    return;
  }
  const sp_yaml_path here = {.up = path, .key = type->name};
  compare_maps(c, a ? a : &empty, b ? b : &empty, type->options ? type->options : &none, changeable, &here);
}

/// Compare the options of a variant whose name is the key.
static void compare_inline(comparing *c, const sp_yaml_node *before, const sp_yaml_node *after, const sp_option *option,
                           bool changeable, const sp_yaml_path *path) {
  static const sp_option none = {0};
  const sp_yaml_node *a = sp_yaml_of_option(before, option), *b = sp_yaml_of_option(after, option);
  if (strcmp(a->key, b->key) != 0) {
    report(c, before, after, changeable, path);
    return;
  }
  const sp_variant *type = sp_variant_find(option->variants, a->key);
  compare_maps(c, a, b, type->options ? type->options : &none, changeable,
               &(sp_yaml_path){.up = path, .key = type->name});
}

/// Compare scalars of a MAP. Their types are unknown here, but 1 and 1.0 are the same number.
static bool equal_unknown(const sp_yaml_node *before, const sp_yaml_node *after) {
  static const sp_option number = {.kind = SP_OPTION_REAL};
  if (strcmp(before->text, after->text) == 0) return true;
  return !before->quoted && !after->quoted && equal_scalars(&number, before, after);
}

/// Compare entries by name, in any order.
static void compare_free_maps(comparing *c, const sp_yaml_node *before, const sp_yaml_node *after, bool changeable,
                              const sp_yaml_path *path) {
  for (const sp_yaml_node *a = before->child; a; a = a->next) {
    const sp_yaml_path here = {.up = path, .key = a->key};
    const sp_yaml_node *b = sp_yaml_child(after, a->key);
    if (!b || !equal_unknown(a, b)) report(c, a, b, changeable, &here);
  }
  for (const sp_yaml_node *b = after->child; b; b = b->next) {
    const sp_yaml_path here = {.up = path, .key = b->key};
    if (!sp_yaml_child(before, b->key)) report(c, NULL, b, changeable, &here);
  }
}

static void compare_options(comparing *c, const sp_yaml_node *before, const sp_yaml_node *after,
                            const sp_option *option, bool changeable, const sp_yaml_path *path);
static void compare_entries(comparing *c, const sp_yaml_node *before, const sp_yaml_node *after,
                            const sp_option *option, bool changeable, const sp_yaml_path *path);

/// Compare lists whose items are of one kind.
static void compare_items(comparing *c, const sp_yaml_node *before, const sp_yaml_node *after, const sp_option *option,
                          sp_option_kind kind, bool changeable, const sp_yaml_path *path) {
  if (sp_yaml_count(before) != sp_yaml_count(after)) {
    report(c, before, after, changeable, path);
    return;
  }
  sp_option item = *option;
  item.kind = kind;
  const sp_yaml_node *a = before->child, *b = after->child;
  for (int64_t index = 0; a; a = a->next, b = b->next, index++) {
    compare_options(c, a, b, &item, changeable, &(sp_yaml_path){.up = path, .index = index});
  }
}

static void compare_options(comparing *c, const sp_yaml_node *before, const sp_yaml_node *after,
                            const sp_option *option, bool changeable, const sp_yaml_path *path) {
  bool equal = !before && !after;
  if (before && after) {
    switch (option->kind) {
      case SP_OPTION_SECTION: compare_maps(c, before, after, option->fields, changeable, path); return;
      case SP_OPTION_VARIANT: compare_variants(c, before, after, option, changeable, path); return;
      case SP_OPTION_VARIANTS: compare_items(c, before, after, option, SP_OPTION_VARIANT, changeable, path); return;
      case SP_OPTION_SECTIONS: compare_items(c, before, after, option, SP_OPTION_SECTION, changeable, path); return;
      case SP_OPTION_MAP: compare_free_maps(c, before, after, changeable, path); return;
      case SP_OPTION_ENTRIES: compare_entries(c, before, after, option, changeable, path); return;
      case SP_OPTION_STRINGS: equal = equal_lists(SP_OPTION_STRING, before, after); break;
      case SP_OPTION_SHAPE:
      case SP_OPTION_INTS: equal = equal_lists(SP_OPTION_INT, before, after); break;
      case SP_OPTION_NUMBERS:
        equal = before->kind == SP_YAML_LIST && after->kind == SP_YAML_LIST
                    ? equal_lists(SP_OPTION_REAL, before, after)
                    : before->kind == after->kind && strcmp(before->text, after->text) == 0;
        break;
      default: equal = equal_scalars(option, before, after);
    }
  }
  if (!equal) report(c, before, after, changeable, path);
}

/// Compare entries by name, in any order.
static void compare_entries(comparing *c, const sp_yaml_node *before, const sp_yaml_node *after,
                            const sp_option *option, bool changeable, const sp_yaml_path *path) {
  for (const sp_yaml_node *a = before->child; a; a = a->next) {
    const sp_yaml_path here = {.up = path, .key = a->key};
    const sp_yaml_node *b = sp_yaml_child(after, a->key);
    if (!b || a->kind == SP_YAML_NULL || b->kind == SP_YAML_NULL) {
      if (!b || a->kind != b->kind) report(c, a, b, changeable, &here);
    } else {
      compare_options(c, a, b, option->fields, changeable, &here);
    }
  }
  for (const sp_yaml_node *b = after->child; b; b = b->next) {
    if (!sp_yaml_child(before, b->key)) report(c, NULL, b, changeable, &(sp_yaml_path){.up = path, .key = b->key});
  }
}

static void compare_maps(comparing *c, const sp_yaml_node *before, const sp_yaml_node *after, const sp_option *table,
                         bool changeable, const sp_yaml_path *path) {
  for (; table->name; table++) {
    const sp_yaml_path here = {.up = path, .key = table->name};
    bool may_change = changeable || (table->flags & SP_OPTION_CHANGEABLE);
    if (table->flags & SP_OPTION_INLINE) {
      compare_inline(c, before, after, table, may_change, path);
    } else {
      compare_options(c, sp_yaml_child(before, table->name), sp_yaml_child(after, table->name), table, may_change,
                      &here);
    }
  }
}

void sp_document_compare(const sp_document *before, const sp_document *after, const sp_option *table,
                         void (*each)(const sp_difference *, void *), void *context) {
  comparing c = {.each = each, .context = context};
  compare_maps(&c, before->root, after->root, table, false, NULL);
}
