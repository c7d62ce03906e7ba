// SPDX-License-Identifier: Apache-2.0
// Assignments of the command line, "optimizer.rmsprop.lr=0.01", that override a document,
// and values that become known later.
#include "config/override.h"

#include <ctype.h>
#include <string.h>

#include "base/visible.h"
#include "config/complaints.h"
#include "config/parse.h"
#include "config/tree.h"
#include "config/value.h"

typedef struct assignment {
  const char *text;
  sp_yaml_path_step step[SP_TREE_DEPTH];
  int steps;
  sp_yaml_node *value;
} assignment;

static int depth_of(const sp_yaml_node *node) {
  int deepest = 0;
  for (const sp_yaml_node *child = node->child; child; child = child->next) {
    int depth = depth_of(child);
    if (depth > deepest) deepest = depth;
  }
  return node->kind >= SP_YAML_LIST ? deepest + 1 : 0;
}

/// Returns whether a map can replace this node without loss. True for a bare name: "rmsprop" means {rmsprop: ~}.
static bool can_be_map(const sp_yaml_node *node) {
  return node->kind == SP_YAML_MAP || node->kind == SP_YAML_NULL ||
         (node->kind == SP_YAML_SCALAR && !node->quoted && isalpha((unsigned char)node->text[0]) &&
          !sp_is_bool(node->text));
}

/// Complain about the node that the first `steps` steps lead to.
static void refuse(sp_complaints *complaints, const assignment *a, int steps, const sp_yaml_node *node,
                   const char *expected) {
  size_t size = steps > 0 ? a->step[steps - 1].end : 0;
  sp_yaml_path path = {.key = sp_arena_copy(complaints->arena, a->text, size)};
  sp_text found = {0};
  sp_value_found(node, &found);
  if (node->kind == SP_YAML_LIST) sp_text_add(&found, " of %lld", (long long)sp_yaml_count(node));
  if (node->line > 0) sp_text_add(&found, " (%s:%d:%d)", node->source, node->line, node->column);
  sp_complain(complaints, a->value, size > 0 ? &path : NULL, "expected %s, got %s", expected, found.data);
  sp_text_free(&found);
}

/// Returns the option at the end of a path, or NULL if it is not an option of sections and entries alone.
static const sp_option *option_at(const sp_option *table, const sp_yaml_path_step *step, int steps) {
  const sp_option *option = NULL;
  bool entries = false;  // the next step is a name that the user chose
  for (int i = 0; i < steps; i++) {
    if (!step[i].key || !table) return NULL;
    for (option = table; !entries && option->name; option++) {
      if (strlen(option->name) == step[i].key_size && memcmp(option->name, step[i].key, step[i].key_size) == 0) break;
    }
    if (!option->name) return NULL;
    entries = option->kind == SP_OPTION_ENTRIES;
    table = entries || option->kind == SP_OPTION_SECTION ? option->fields : NULL;
  }
  return option;
}

/// Replace the value of a section's first option, which stands for the section, by a map with this option.
static void write_out(sp_document *document, const sp_option *section, sp_yaml_node *node) {
  if (!section || !(section->flags & SP_OPTION_SHORT) || node->kind != SP_YAML_SCALAR) return;
  node->child = sp_yaml_make(document->arena, SP_YAML_SCALAR, node);
  node->child->key = section->fields->name;
  node->child->text = node->text;
  node->child->quoted = node->quoted;
  node->kind = SP_YAML_MAP;
  node->text = "";
  node->quoted = false;
  document->nodes++;
}

/// Check whether the steps from `first` on can be created below this node, which has no child for them except, perhaps,
/// for the last.
static bool check_steps(sp_complaints *complaints, const assignment *a, int first, const sp_yaml_node *node) {
  if (a->steps + depth_of(a->value) > SP_TREE_DEPTH) {
    sp_complain(complaints, a->value, NULL, "nested more than %d levels deep", SP_TREE_DEPTH);
  } else if (!a->step[first].key && !sp_yaml_step(node, &a->step[first])) {
    refuse(complaints, a, first, node, "a list with that index");
  } else if (a->step[first].key && !can_be_map(node)) {
    refuse(complaints, a, first, node, "a map");
  }
  for (int i = first + 1; i < a->steps; i++) {
    if (!a->step[i].key) refuse(complaints, a, i, &(sp_yaml_node){.kind = SP_YAML_NULL}, "a list");
  }
  return complaints->count == 0;
}

/// Set the value where the steps from `first` on lead from this node, and create maps on the way.
static void put(sp_document *document, const assignment *a, int first, sp_yaml_node *node) {
  sp_yaml_node *entry = a->value;
  for (int i = a->steps - 1; i >= first; i--) {
    if (a->step[i].key) entry->key = sp_arena_copy(document->arena, a->step[i].key, a->step[i].key_size);
    if (i == first) break;
    sp_yaml_node *map = sp_yaml_make(document->arena, SP_YAML_MAP, a->value);
    map->child = entry;
    entry = map;
    document->nodes++;
  }
  if (node->kind < SP_YAML_LIST) {
    if (node->kind == SP_YAML_SCALAR) {
      node->child = sp_yaml_make(document->arena, SP_YAML_NULL, node);
      node->child->key = node->text;
      document->nodes++;
    }
    node->kind = SP_YAML_MAP;
    node->text = "";
    node->quoted = false;
  }
  const sp_yaml_node *old = sp_yaml_step(node, &a->step[first]);
  sp_yaml_node **link = &node->child;
  while (*link && *link != old) link = &(*link)->next;
  entry->next = old ? old->next : NULL;
  *link = entry;
}

/// Returns whether all keys of the path can be names of options.
static bool check_names(const assignment *a) {
  for (int i = 0; i < a->steps; i++) {
    for (size_t j = 0; j < a->step[i].key_size; j++) {
      unsigned char c = (unsigned char)a->step[i].key[j];
      if (!isascii(c) || (!isalnum(c) && c != '_' && c != '-')) return false;
    }
  }
  return a->steps > 0;
}

static const char *source_of(sp_arena *arena, const char *text) {
  sp_text source = {0};
  sp_text_add(&source, "--set ");
  sp_visible_excerpt(&source, text);
  const char *copy = sp_arena_copy(arena, source.data, source.size);
  sp_text_free(&source);
  return copy;
}

sp_status sp_document_set(sp_document *document, const sp_option *table, const char *text) {
  assignment a = {.text = text};
  const char *equals = strchr(text, '='), *source = source_of(document->arena, text);
  if (equals) a.steps = sp_yaml_path_split(text, (size_t)(equals - text), a.step);
  if (!check_names(&a)) {
    return sp_fail(SP_ERR_CONFIG, "%s: expected path=value, like train.epochs=3 or model.layers[0].dense.units=64",
                   source);
  }
  sp_complaints complaints = {.arena = document->arena};
  int64_t nodes = document->nodes;
  a.value = sp_tree_parse(document->arena, equals + 1, strlen(equals + 1), source, false, &nodes, &complaints);
  if (!a.value) return sp_complaints_status(&complaints);
  sp_yaml_node *node = document->root;
  int first = 0;
  for (sp_yaml_node *next; first < a.steps - 1 && (next = sp_yaml_step(node, &a.step[first])); first++) node = next;
  write_out(document, option_at(table, a.step, first), node);
  if (check_steps(&complaints, &a, first, node)) {
    document->nodes = nodes;
    put(document, &a, first, node);
  }
  return sp_complaints_status(&complaints);
}

const char *sp_document_settle(sp_document *resolved, const char *path, const char *text) {
  sp_yaml_path_step step[SP_TREE_DEPTH];
  int count = sp_yaml_path_split(path, strlen(path), step);
  sp_yaml_node *node = resolved->root;
  for (int i = 0; i < count; i++) node = sp_yaml_step(node, &step[i]);
  const char *before = node->text;
  node->text = sp_arena_copy(resolved->arena, text, strlen(text));
  return before;
}
