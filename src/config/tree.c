// SPDX-License-Identifier: Apache-2.0
// Nodes of a configuration tree, and paths to them.
#include "config/tree.h"

#include <string.h>

#include "base/visible.h"
#include "config/names.h"

const char sp_source_default[] = "default";

sp_yaml_node *sp_yaml_make(sp_arena *arena, sp_yaml_kind kind, const sp_yaml_node *place) {
  sp_yaml_node *node = sp_arena_allocate(arena, sizeof *node);
  node->kind = kind;
  node->text = "";
  node->source = place ? place->source : sp_source_default;
  node->line = place ? place->line : 0;
  node->column = place ? place->column : 0;
  return node;
}

sp_yaml_node *sp_yaml_child(const sp_yaml_node *map, const char *key) {
  return sp_yaml_step(map, &(sp_yaml_path_step){.key = key, .key_size = strlen(key)});
}

sp_yaml_node *sp_yaml_of_option(const sp_yaml_node *map, const sp_option *option) {
  if (!(option->flags & SP_OPTION_INLINE)) return sp_yaml_child(map, option->name);
  for (sp_yaml_node *child = map->child; child; child = child->next) {
    if (sp_variant_find(option->variants, child->key)) return child;
  }
  return NULL;
}

const sp_option *sp_option_inline(const sp_option *table) {
  for (; table->name; table++) {
    if (table->flags & SP_OPTION_INLINE) return table;
  }
  return NULL;
}

int64_t sp_yaml_count(const sp_yaml_node *node) {
  int64_t count = 0;
  for (const sp_yaml_node *child = node->child; child; child = child->next) count++;
  return count;
}

// --- paths ---------------------------------------------------------------------------------------------------------

void sp_yaml_path_write(const sp_yaml_path *path, sp_text *out) {
  if (!path) return;
  sp_yaml_path_write(path->up, out);
  if (!path->key) {
    sp_text_add(out, "[%lld]", (long long)path->index);
  } else {
    if (path->up) sp_text_append(out, ".", 1);
    sp_visible_excerpt(out, path->key);
  }
}

const char *sp_yaml_path_string(const sp_yaml_path *path, sp_arena *arena) {
  sp_text text = {0};
  sp_yaml_path_write(path, &text);
  const char *copy = sp_arena_copy(arena, sp_text_string(&text), text.size);
  sp_text_free(&text);
  return copy;
}

/// Read "[12]" at `at`. Returns the text after it, or NULL if it is malformed.
static const char *read_index(const char *at, const char *end, int64_t *index) {
  const char *digit = at + 1;
  *index = 0;
  for (; digit < end && *digit >= '0' && *digit <= '9' && *index < SP_TREE_NODES; digit++) {
    *index = *index * 10 + (*digit - '0');
  }
  return digit > at + 1 && digit < end && *digit == ']' ? digit + 1 : NULL;
}

int sp_yaml_path_split(const char *path, size_t size, sp_yaml_path_step step[SP_TREE_DEPTH]) {
  const char *at = path, *end = path + size;
  int count = 0;
  while (at < end) {
    if (count == SP_TREE_DEPTH) return -1;
    sp_yaml_path_step *next = &step[count++];
    *next = (sp_yaml_path_step){0};
    if (*at == '[') {
      at = read_index(at, end, &next->index);
      if (!at) return -1;
    } else {
      if (count > 1 && *at++ != '.') return -1;
      next->key = at;
      while (at < end && *at != '.' && *at != '[') at++;
      next->key_size = (size_t)(at - next->key);
      if (next->key_size == 0) return -1;
    }
    next->end = (size_t)(at - path);
  }
  return count;
}

sp_yaml_node *sp_yaml_step(const sp_yaml_node *node, const sp_yaml_path_step *step) {
  if (node->kind != (step->key ? SP_YAML_MAP : SP_YAML_LIST)) return NULL;
  int64_t index = 0;
  for (sp_yaml_node *child = node->child; child; child = child->next, index++) {
    if (!step->key && index == step->index) return child;
    if (step->key && strncmp(child->key, step->key, step->key_size) == 0 && !child->key[step->key_size]) return child;
  }
  return NULL;
}
