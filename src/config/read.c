// SPDX-License-Identifier: Apache-2.0
// Binds a resolved document, or a word of a command line, to the struct that its table describes.
#include "config/read.h"

#include "base/visible.h"
#include "config/names.h"
#include "config/resolve.h"
#include "config/tree.h"
#include "config/value.h"

static void read_map(sp_arena *arena, const sp_yaml_node *map, const sp_option *table, void *out,
                     const sp_yaml_path *path);
static void read_option(sp_arena *arena, const sp_yaml_node *node, const sp_option *option, void *member,
                        const sp_yaml_path *path);

static sp_strings read_strings(sp_arena *arena, const sp_yaml_node *list) {
  sp_strings strings = {.count = sp_yaml_count(list)};
  const char **item = sp_arena_allocate(arena, (size_t)strings.count * sizeof *item);
  strings.item = item;
  for (const sp_yaml_node *child = list->child; child; child = child->next) *item++ = child->text;
  return strings;
}

static sp_shape read_shape(const sp_yaml_node *list) {
  static const sp_option extent = {.kind = SP_OPTION_INT};
  sp_shape shape = {0};
  sp_value value;
  for (const sp_yaml_node *child = list->child; child && shape.rank < SP_MAX_RANK; child = child->next) {
    if (sp_value_parse(&extent, child, &value)) shape.extent[shape.rank++] = value.integer;
  }
  return shape;
}

static sp_integers read_integers(sp_arena *arena, const sp_yaml_node *list) {
  static const sp_option integer = {.kind = SP_OPTION_INT};
  sp_integers integers = {.count = sp_yaml_count(list)};
  int64_t *item = sp_arena_allocate(arena, (size_t)integers.count * sizeof *item);
  integers.item = item;
  for (const sp_yaml_node *child = list->child; child; child = child->next) {
    sp_value value = sp_value_unset(SP_OPTION_INT);
    sp_value_parse(&integer, child, &value);
    *item++ = value.integer;
  }
  return integers;
}

static sp_numbers read_numbers(sp_arena *arena, const sp_option *option, const sp_yaml_node *node) {
  static const sp_option real = {.kind = SP_OPTION_REAL};
  sp_numbers numbers = {.word = -1};
  if (!node || sp_value_is_word(option, node, &numbers.word)) return numbers;
  numbers.count = sp_yaml_count(node);
  double *item = sp_arena_allocate(arena, (size_t)numbers.count * sizeof *item);
  numbers.item = item;
  for (const sp_yaml_node *child = node->child; child; child = child->next) {
    sp_value value = sp_value_unset(SP_OPTION_REAL);
    sp_value_parse(&real, child, &value);
    *item++ = value.real;
  }
  return numbers;
}

static const void *read_section(sp_arena *arena, const sp_yaml_node *map, const sp_option *table, size_t size,
                                const sp_yaml_path *path) {
  void *section = sp_arena_allocate(arena, size);
  read_map(arena, map, table, section, path);
  return section;
}

static sp_selected select_variant(sp_arena *arena, const char *name, const sp_yaml_node *options,
                                  const sp_option *option, const sp_yaml_path *path) {
  sp_selected selected = {.path = sp_yaml_path_string(path, arena), .type = sp_variant_find(option->variants, name)};
  if (!selected.type) return (sp_selected){0};
  if (!selected.type->options) return selected;
  static const sp_yaml_node empty = {.kind = SP_YAML_MAP};
  selected.options = read_section(arena, options ? options : &empty, selected.type->options,
                                  selected.type->options_size, &(sp_yaml_path){.up = path, .key = selected.type->name});
  return selected;
}

static sp_selected read_variant(sp_arena *arena, const sp_yaml_node *node, const sp_option *option,
                                const sp_yaml_path *path) {
  const sp_yaml_node *options = node->kind == SP_YAML_MAP ? node->child : NULL;
  return select_variant(arena, options ? options->key : node->text, options, option, path);
}

/// `entry`: the node of the options, whose key is the name of the variant.
static sp_selected read_inline(sp_arena *arena, const sp_yaml_node *entry, const sp_option *option,
                               const sp_yaml_path *path) {
  return entry ? select_variant(arena, entry->key, entry, option, path) : (sp_selected){0};
}

static sp_selected_list read_variants(sp_arena *arena, const sp_yaml_node *list, const sp_option *option,
                                      const sp_yaml_path *path) {
  sp_selected_list selected = {.count = sp_yaml_count(list)};
  sp_selected *item = sp_arena_allocate(arena, (size_t)selected.count * sizeof *item);
  selected.item = item;
  int64_t index = 0;
  for (const sp_yaml_node *child = list->child; child; child = child->next, index++) {
    *item++ = read_variant(arena, child, option, &(sp_yaml_path){.up = path, .index = index});
  }
  return selected;
}

static sp_section_list read_sections(sp_arena *arena, const sp_yaml_node *list, const sp_option *option,
                                     const sp_yaml_path *path) {
  sp_section_list sections = {.count = sp_yaml_count(list)};
  char *item = sp_arena_allocate(arena, (size_t)sections.count * option->fields_size);
  sections.item = item;
  int64_t index = 0;
  for (const sp_yaml_node *child = list->child; child; child = child->next, index++) {
    read_map(arena, child, option->fields, item, &(sp_yaml_path){.up = path, .index = index});
    item += option->fields_size;
  }
  return sections;
}

/// Fill an item for each entry, which may have a null value, and list the names.
static sp_entries read_entries(sp_arena *arena, const sp_yaml_node *map, const sp_option *option,
                               const sp_yaml_path *path) {
  sp_entries entries = {.count = sp_yaml_count(map)};
  const char **name = sp_arena_allocate(arena, (size_t)entries.count * sizeof *name);
  char *item = sp_arena_allocate(arena, (size_t)entries.count * option->fields_size);
  entries.name = name;
  entries.item = item;
  for (const sp_yaml_node *child = map->child; child; child = child->next, item += option->fields_size) {
    const sp_yaml_node *value = child->kind == SP_YAML_NULL ? NULL : child;
    *name++ = child->key;
    read_option(arena, value, option->fields, item + option->fields->offset,
                &(sp_yaml_path){.up = path, .key = child->key});
  }
  return entries;
}

static void store_scalar(const sp_value *value, sp_option_kind kind, void *member) {
  switch (kind) {
    case SP_OPTION_BOOL: *(bool *)member = value->truth; break;
    case SP_OPTION_INT: *(int64_t *)member = value->integer; break;
    case SP_OPTION_REAL: *(double *)member = value->real; break;
    case SP_OPTION_STRING: *(const char **)member = value->string; break;
    case SP_OPTION_CHOICE: *(int *)member = value->choice; break;
    default: *(sp_interval *)member = value->interval; break;
  }
}

static void read_scalar(const sp_yaml_node *node, const sp_option *option, void *member) {
  sp_value value = sp_value_unset(option->kind);
  if (node) sp_value_parse(option, node, &value);
  store_scalar(&value, option->kind, member);
}

/// Fill the member of one option. `node` NULL: the option is unset.
static void read_option(sp_arena *arena, const sp_yaml_node *node, const sp_option *option, void *member,
                        const sp_yaml_path *path) {
  switch (option->kind) {
    case SP_OPTION_STRINGS: *(sp_strings *)member = node ? read_strings(arena, node) : (sp_strings){0}; break;
    case SP_OPTION_SHAPE: *(sp_shape *)member = node ? read_shape(node) : (sp_shape){.rank = -1}; break;
    case SP_OPTION_INTS: *(sp_integers *)member = node ? read_integers(arena, node) : (sp_integers){0}; break;
    case SP_OPTION_NUMBERS: *(sp_numbers *)member = read_numbers(arena, option, node); break;
    case SP_OPTION_SECTION:
      *(const void **)member = node ? read_section(arena, node, option->fields, option->fields_size, path) : NULL;
      break;
    case SP_OPTION_SECTIONS:
      *(sp_section_list *)member = node ? read_sections(arena, node, option, path) : (sp_section_list){0};
      break;
    case SP_OPTION_VARIANT:
      *(sp_selected *)member = node ? read_variant(arena, node, option, path) : (sp_selected){0};
      break;
    case SP_OPTION_VARIANTS:
      *(sp_selected_list *)member = node ? read_variants(arena, node, option, path) : (sp_selected_list){0};
      break;
    case SP_OPTION_ENTRIES:
      *(sp_entries *)member = node ? read_entries(arena, node, option, path) : (sp_entries){0};
      break;
    case SP_OPTION_MAP: *(sp_map *)member = (sp_map){node, sp_yaml_path_string(path, arena)}; break;
    default: read_scalar(node, option, member);
  }
}

static void read_map(sp_arena *arena, const sp_yaml_node *map, const sp_option *table, void *out,
                     const sp_yaml_path *path) {
  for (; table->name; table++) {
    const sp_yaml_path here = {.up = path, .key = table->name};
    void *member = (char *)out + table->offset;
    if (table->flags & SP_OPTION_INLINE) {
      *(sp_selected *)member = read_inline(arena, sp_yaml_of_option(map, table), table, path);
    } else {
      read_option(arena, sp_yaml_child(map, table->name), table, member, &here);
    }
  }
}

void sp_document_read(sp_document *resolved, const sp_option *table, void *out) {
  read_map(resolved->arena, resolved->root, table, out, NULL);
}

sp_status sp_map_read(const sp_map *map, const sp_option *table, sp_arena *arena, void *out) {
  sp_yaml_node *resolved;
  SP_TRY(sp_map_resolve(map, table, arena, &resolved));
  read_map(arena, resolved, table, out, &(sp_yaml_path){.key = map->path});
  return SP_OK;
}

sp_status sp_option_read(const sp_option *option, const char *text, void *member) {
  const sp_yaml_node scalar = {.kind = SP_YAML_SCALAR, .text = text};
  sp_value value = sp_value_unset(option->kind);
  if (!text || sp_value_parse(option, &scalar, &value)) {
    store_scalar(&value, option->kind, member);
    return SP_OK;
  }
  sp_text refusal = {0};
  sp_value_expected(option, &refusal);
  sp_text_add(&refusal, ", got '");
  sp_visible_excerpt(&refusal, text);
  sp_text_add(&refusal, "'");
  sp_value_hint(option, &scalar, &refusal);
  sp_status status = sp_fail(SP_ERR_USAGE, "expected %s", refusal.data);
  sp_text_free(&refusal);
  return status;
}
