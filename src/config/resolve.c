// SPDX-License-Identifier: Apache-2.0
// Checks a document against a table, collects all errors, and fills in all defaults.
#include "config/resolve.h"

#include <string.h>

#include "base/visible.h"
#include "config/complaints.h"
#include "config/names.h"
#include "config/parse.h"
#include "config/tree.h"
#include "config/value.h"

typedef struct resolving {
  sp_document *out;
  const sp_document *from;
  sp_complaints *complaints;
} resolving;

static sp_yaml_node *resolve_map(resolving *r, const sp_option *table, const sp_yaml_node *map,
                                 const sp_yaml_node *place, const sp_yaml_path *path);
static sp_yaml_node *resolve_value(resolving *r, const sp_option *option, const sp_yaml_node *node,
                                   const sp_yaml_path *path);

/// Returns a node of the result with the source position of `place`.
static sp_yaml_node *make_node(resolving *r, sp_yaml_kind kind, const sp_yaml_node *place) {
  sp_yaml_node *node = sp_yaml_make(r->out->arena, kind, place);
  if (place->source == r->from->source) {
    node->source = r->out->source;
  } else if (place->source != sp_source_default) {
    node->source = sp_arena_copy(r->out->arena, place->source, strlen(place->source));
  }
  return node;
}

static sp_yaml_node *make_scalar(resolving *r, const char *text, bool quoted, const sp_yaml_node *place) {
  sp_yaml_node *node = make_node(r, SP_YAML_SCALAR, place);
  node->text = sp_arena_copy(r->out->arena, text, strlen(text));
  node->quoted = quoted;
  return node;
}

static void complain_refusal(resolving *r, const sp_option *option, const sp_yaml_node *node,
                             const sp_yaml_path *path) {
  sp_text text = {0};
  sp_value_refusal(option, node, &text);
  sp_complain(r->complaints, node, path, "%s", text.data);
  sp_text_free(&text);
}

// --- scalars and lists of them ---------------------------------------------------------------------------------------

/// Write numbers and strings as they are spelled, and truth values and intervals in one spelling.
static sp_yaml_node *resolve_scalar(resolving *r, const sp_option *option, const sp_yaml_node *node,
                                    const sp_yaml_path *path) {
  sp_value value;
  if (!sp_value_parse(option, node, &value)) {
    complain_refusal(r, option, node, path);
    return NULL;
  }
  if (option->kind == SP_OPTION_BOOL) return make_scalar(r, value.truth ? "true" : "false", false, node);
  if (option->kind == SP_OPTION_INTERVAL && value.interval.value > 0) {
    static const char *const units[] = {"step", "epoch", "minute"};
    sp_yaml_node *interval = make_scalar(r, "", false, node);
    interval->text = sp_arena_format(r->out->arena, "%.*s %s%s", (int)strcspn(node->text, " "), node->text,
                                     units[value.interval.unit], value.interval.value == 1 ? "" : "s");
    return interval;
  }
  return make_scalar(r, node->text, node->quoted && option->kind == SP_OPTION_STRING, node);
}

/// A list whose items are of one scalar kind; a single scalar is a list of one.
static sp_yaml_node *resolve_list(resolving *r, const sp_option *item, const sp_yaml_node *node,
                                  const sp_yaml_path *path) {
  sp_yaml_node *list = make_node(r, SP_YAML_LIST, node), **end = &list->child;
  if (node->kind == SP_YAML_SCALAR) {
    list->child = resolve_scalar(r, item, node, path);
    return list->child ? list : NULL;
  }
  int64_t index = 0;
  for (const sp_yaml_node *child = node->child; child; child = child->next, index++) {
    *end = resolve_scalar(r, item, child, &(sp_yaml_path){.up = path, .index = index});
    if (*end) end = &(*end)->next;
  }
  return list;
}

/// A list of one or more numbers of kind `item`, or one such number.
static sp_yaml_node *resolve_numbers(resolving *r, const sp_option *option, const sp_option *item,
                                     const sp_yaml_node *node, const sp_yaml_path *path) {
  int64_t before = r->complaints->count;
  if (node->kind == SP_YAML_MAP || (node->kind == SP_YAML_LIST && !node->child)) {
    complain_refusal(r, option, node, path);
    return NULL;
  }
  sp_yaml_node *list = resolve_list(r, item, node, path);
  return r->complaints->count > before ? NULL : list;
}

static sp_yaml_node *resolve_word_or_numbers(resolving *r, const sp_option *option, const sp_yaml_node *node,
                                             const sp_yaml_path *path) {
  sp_number_range range;
  int word;
  if (sp_value_is_word(option, node, &word)) return make_scalar(r, node->text, false, node);
  if (node->kind == SP_YAML_SCALAR && !sp_is_number(node->text)) {
    complain_refusal(r, option, node, path);
    return NULL;
  }
  sp_number_range_split(option->range, &range);
  const sp_option item = {.kind = SP_OPTION_REAL, .range = range.numbers};
  return resolve_numbers(r, option, &item, node, path);
}

static sp_yaml_node *resolve_shape(resolving *r, const sp_option *option, const sp_yaml_node *node,
                                   const sp_yaml_path *path) {
  static const sp_option extent = {.kind = SP_OPTION_INT};
  int64_t count = node->kind == SP_YAML_LIST ? sp_yaml_count(node) : 1;
  if (count > SP_MAX_RANK) {
    sp_complain(r->complaints, node, path, "expected at most %d extents, got %lld", SP_MAX_RANK, (long long)count);
    return NULL;
  }
  static const sp_option positive = {.kind = SP_OPTION_INT, .range = "[1, inf)"};
  sp_yaml_node *list = resolve_numbers(r, option, &positive, node, path);
  if (!list) return NULL;
  sp_value value;
  int64_t size = 1;
  for (const sp_yaml_node *child = list->child; child; child = child->next) {
    if (sp_value_parse(&extent, child, &value) && sp_multiply_size(size, value.integer, &size)) continue;
    sp_complain(r->complaints, node, path, "expected a shape whose number of values fits in 64 bits");
    return NULL;
  }
  return list;
}

/// Copy every entry unchanged; the valid names and values are not known yet.
static sp_yaml_node *resolve_free_map(resolving *r, const sp_option *option, const sp_yaml_node *map,
                                      const sp_yaml_path *path) {
  static const sp_option any = {.kind = SP_OPTION_STRING};
  if (map->kind != SP_YAML_MAP) {
    complain_refusal(r, option, map, path);
    return NULL;
  }
  sp_yaml_node *out = make_node(r, SP_YAML_MAP, map), **end = &out->child;
  for (const sp_yaml_node *child = map->child; child; child = child->next) {
    if (child->kind == SP_YAML_NULL) continue;
    sp_yaml_node *node = resolve_scalar(r, &any, child, &(sp_yaml_path){.up = path, .key = child->key});
    if (!node) continue;
    node->key = sp_arena_copy(r->out->arena, child->key, strlen(child->key));
    *end = node;
    end = &node->next;
  }
  return out;
}

static bool is_entry_name(const char *name) {
  static const char inside[] = "_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  size_t length = strlen(name);
  return length > 0 && length <= SP_ENTRY_NAME && strspn(name, inside) == length;
}

/// Check the names, and resolve every value by the option that describes them all.
static sp_yaml_node *resolve_entries(resolving *r, const sp_option *option, const sp_yaml_node *map,
                                     const sp_yaml_path *path) {
  if (map->kind != SP_YAML_MAP) {
    complain_refusal(r, option, map, path);
    return NULL;
  }
  sp_yaml_node *out = make_node(r, SP_YAML_MAP, map), **end = &out->child;
  for (const sp_yaml_node *child = map->child; child; child = child->next) {
    const sp_yaml_path here = {.up = path, .key = child->key};
    bool null = child->kind == SP_YAML_NULL;
    if (!is_entry_name(child->key)) {
      sp_complain(r->complaints, child, &here, "expected a name of 1 to %d letters, digits and _", SP_ENTRY_NAME);
      continue;
    }
    if (null && !(option->fields->flags & SP_OPTION_OPTIONAL)) continue;
    sp_yaml_node *node = null ? make_node(r, SP_YAML_NULL, child) : resolve_value(r, option->fields, child, &here);
    if (!node) continue;
    node->key = sp_arena_copy(r->out->arena, child->key, strlen(child->key));
    *end = node;
    end = &node->next;
  }
  return out;
}

// --- variants --------------------------------------------------------------------------------------------------------

/// Returns the table with the defaults of the selected presets; the table itself if there are none.
static const sp_option *preset_table(const resolving *r, const sp_option *table, const sp_yaml_node *options) {
  const sp_option *chooser = table;
  size_t rows = 1;
  while (table[rows - 1].name) rows++;
  while (chooser->name && !chooser->presets) chooser++;
  const sp_yaml_node *given =
      chooser->name && options && options->kind == SP_YAML_MAP ? sp_yaml_child(options, chooser->name) : NULL;
  if (!given || given->kind != SP_YAML_SCALAR) return table;
  sp_option *changed = sp_arena_allocate(r->complaints->arena, rows * sizeof *changed);
  memcpy(changed, table, rows * sizeof *changed);
  for (const sp_preset *preset = chooser->presets; preset->name; preset++) {
    if (strcmp(preset->name, given->text) != 0) continue;
    for (sp_option *option = changed; option->name; option++) {
      if (strcmp(option->name, preset->option) == 0) option->preset = preset->value;
    }
  }
  return changed;
}

/// Make a map, in the caller's two nodes, of a value that stands for the first option of a table.
static const sp_yaml_node *make_shorthand(const sp_option *table, const sp_yaml_node *value, sp_yaml_node node[2]) {
  node[0] = node[1] = *value;
  node[1].key = table->name;
  node[1].next = NULL;
  node[0].kind = SP_YAML_MAP;
  node[0].child = &node[1];
  return node;
}

/// Returns the resolved options under the variant's name. A node that is not a map is the value of the first option.
static sp_yaml_node *fill_variant(resolving *r, const sp_variant *type, const sp_yaml_node *options,
                                  const sp_yaml_node *place, const sp_yaml_path *path) {
  static const sp_option none = {0};
  const sp_option *table = type->options ? preset_table(r, type->options, options) : &none;
  const sp_yaml_path here = {.up = path, .key = type->name};
  sp_yaml_node shorthand[2];
  if (options && options->kind != SP_YAML_MAP) {
    if (!table->name) {
      sp_complain(r->complaints, options, &here, "takes no options");
      return NULL;
    }
    options = make_shorthand(table, options, shorthand);
  }
  sp_yaml_node *filled = resolve_map(r, table, options, options ? options : place, &here);
  filled->key = type->name;
  return filled;
}

/// Returns {name: …} with the resolved options, or the bare name if there are none.
static sp_yaml_node *make_variant(resolving *r, const sp_variant *type, const sp_yaml_node *options,
                                  const sp_yaml_node *place, const sp_yaml_path *path) {
  sp_yaml_node *filled = fill_variant(r, type, options, place, path);
  if (!filled) return NULL;
  if (!filled->child) return make_scalar(r, type->name, false, place);
  sp_yaml_node *node = make_node(r, SP_YAML_MAP, place);
  node->child = filled;
  return node;
}

static void complain_unknown_variant(resolving *r, const sp_option *option, const sp_yaml_node *place, const char *name,
                                     const sp_yaml_path *path) {
  sp_text text = {0};
  sp_value_refusal(option, &(sp_yaml_node){.kind = SP_YAML_SCALAR, .text = name}, &text);
  int64_t count;
  const char **names = sp_variant_names(option->variants, r->complaints->arena, &count);
  sp_names_hint(&text, name, names, count);
  sp_complain(r->complaints, place, path, "%s", text.data);
  sp_text_free(&text);
}

static void complain_many_variants(resolving *r, const sp_option *option, const sp_yaml_node *map,
                                   const sp_yaml_path *path) {
  sp_text text = {0};
  sp_value_expected(option, &text);
  sp_text_add(&text, ", got %lld keys: ", (long long)sp_yaml_count(map));
  int shown = 0;
  for (const sp_yaml_node *child = map->child; child && shown < 8; child = child->next, shown++) {
    sp_text_add(&text, "%s'", shown ? ", " : "");
    sp_visible_excerpt(&text, child->key);
    sp_text_add(&text, "'");
  }
  if (map->child->kind == SP_YAML_NULL) sp_text_add(&text, " (indent the options of a name deeper than the name)");
  sp_complain(r->complaints, map, path, "expected %s", text.data);
  sp_text_free(&text);
}

static sp_yaml_node *resolve_variant(resolving *r, const sp_option *option, const sp_yaml_node *node,
                                     const sp_yaml_path *path) {
  const sp_yaml_node *entry = node->kind == SP_YAML_MAP ? node->child : NULL;
  if (node->kind == SP_YAML_LIST || node->kind == SP_YAML_NULL || (node->kind == SP_YAML_MAP && !entry)) {
    complain_refusal(r, option, node, path);
    return NULL;
  }
  if (entry && entry->next) {
    complain_many_variants(r, option, node, path);
    return NULL;
  }
  const char *name = entry ? entry->key : node->text;
  const sp_variant *type = sp_variant_find(option->variants, name);
  if (!type) {
    complain_unknown_variant(r, option, entry ? entry : node, name, path);
    return NULL;
  }
  return make_variant(r, type, entry && entry->kind != SP_YAML_NULL ? entry : NULL, node, path);
}

/// Resolve the variant whose name is a key of the section's map, or the default.
static sp_yaml_node *resolve_inline(resolving *r, const sp_option *option, const sp_yaml_node *map,
                                    const sp_yaml_node *place, const sp_yaml_path *path) {
  const sp_yaml_node *entry = map ? sp_yaml_of_option(map, option) : NULL;
  for (const sp_yaml_node *more = entry ? entry->next : NULL; more; more = more->next) {
    if (!sp_variant_find(option->variants, more->key)) continue;
    sp_complain(r->complaints, more, &(sp_yaml_path){.up = path, .key = more->key},
                "'%s' is selected already, expected only one of them", entry->key);
    return NULL;
  }
  const sp_variant *type = sp_variant_find(option->variants, entry ? entry->key : option->preset);
  return fill_variant(r, type, entry && entry->kind != SP_YAML_NULL ? entry : NULL, entry ? entry : place, path);
}

// --- maps ------------------------------------------------------------------------------------------------------------

/// Resolve a list whose items are values of one kind of option.
static sp_yaml_node *resolve_items(resolving *r, const sp_option *option, sp_option_kind kind, const sp_yaml_node *node,
                                   const sp_yaml_path *path) {
  if (node->kind != SP_YAML_LIST) {
    complain_refusal(r, option, node, path);
    return NULL;
  }
  sp_option item = *option;
  item.kind = kind;
  sp_yaml_node *list = make_node(r, SP_YAML_LIST, node), **end = &list->child;
  int64_t index = 0;
  for (const sp_yaml_node *child = node->child; child; child = child->next, index++) {
    *end = resolve_value(r, &item, child, &(sp_yaml_path){.up = path, .index = index});
    if (*end) end = &(*end)->next;
  }
  return list;
}

/// Resolve a section with an inline variant that is given as the name of the variant only.
static sp_yaml_node *resolve_bare(resolving *r, const sp_option *section, const sp_yaml_node *name,
                                  const sp_yaml_path *path) {
  const sp_option *option = sp_option_inline(section->fields);
  if (!sp_variant_find(option->variants, name->text)) {
    complain_unknown_variant(r, option, name, name->text, path);
    return NULL;
  }
  sp_yaml_node entry = *name, map = *name;
  entry.kind = SP_YAML_NULL;
  entry.key = name->text;
  entry.next = NULL;
  map.kind = SP_YAML_MAP;
  map.child = &entry;
  return resolve_map(r, section->fields, &map, name, path);
}

/// Resolve a section that is given as the value of its first option.
static sp_yaml_node *resolve_short(resolving *r, const sp_option *section, const sp_yaml_node *value,
                                   const sp_yaml_path *path) {
  sp_yaml_node shorthand[2];
  if (value->kind == SP_YAML_LIST && section->fields->kind == SP_OPTION_STRING) {
    complain_refusal(r, section, value, path);
    return NULL;
  }
  return resolve_map(r, section->fields, make_shorthand(section->fields, value, shorthand), value, path);
}

/// Returns NULL, with a complaint, for a value that the option does not accept.
static sp_yaml_node *resolve_value(resolving *r, const sp_option *option, const sp_yaml_node *node,
                                   const sp_yaml_path *path) {
  static const sp_option string = {.kind = SP_OPTION_STRING};
  switch (option->kind) {
    case SP_OPTION_SECTION:
      if (node->kind == SP_YAML_MAP) return resolve_map(r, option->fields, node, node, path);
      if (node->kind == SP_YAML_SCALAR && sp_option_inline(option->fields)) return resolve_bare(r, option, node, path);
      if (node->kind != SP_YAML_NULL && (option->flags & SP_OPTION_SHORT)) return resolve_short(r, option, node, path);
      break;
    case SP_OPTION_STRINGS:
      if (node->kind != SP_YAML_MAP) return resolve_list(r, &string, node, path);
      break;
    case SP_OPTION_SHAPE: return resolve_shape(r, option, node, path);
    case SP_OPTION_INTS:
      return resolve_numbers(r, option, &(sp_option){.kind = SP_OPTION_INT, .range = option->range}, node, path);
    case SP_OPTION_NUMBERS: return resolve_word_or_numbers(r, option, node, path);
    case SP_OPTION_VARIANT: return resolve_variant(r, option, node, path);
    case SP_OPTION_VARIANTS: return resolve_items(r, option, SP_OPTION_VARIANT, node, path);
    case SP_OPTION_SECTIONS: return resolve_items(r, option, SP_OPTION_SECTION, node, path);
    case SP_OPTION_MAP: return resolve_free_map(r, option, node, path);
    case SP_OPTION_ENTRIES: return resolve_entries(r, option, node, path);
    default: return resolve_scalar(r, option, node, path);
  }
  complain_refusal(r, option, node, path);
  return NULL;
}

static sp_yaml_node *resolve_absent(resolving *r, const sp_option *option, const sp_yaml_node *place,
                                    const sp_yaml_path *path) {
  if (option->preset) {
    int64_t nodes = 0;
    const sp_yaml_node *preset = sp_tree_parse(r->complaints->arena, option->preset, strlen(option->preset),
                                               sp_source_default, false, &nodes, r->complaints);
    return preset ? resolve_value(r, option, preset, path) : NULL;
  }
  if (option->flags & SP_OPTION_OPTIONAL) return NULL;
  if (option->kind == SP_OPTION_SECTION) return resolve_map(r, option->fields, NULL, place, path);
  sp_text text = {0};
  sp_value_expected(option, &text);
  sp_complain(r->complaints, place, path, "missing, expected %s", text.data);
  sp_text_free(&text);
  return NULL;
}

static void complain_unknown_keys(resolving *r, const sp_option *table, const sp_yaml_node *map,
                                  const sp_yaml_path *path) {
  int64_t count;
  const char **names = sp_option_names(table, r->complaints->arena, &count);
  for (const sp_yaml_node *child = map->child; child && r->complaints->count < SP_COMPLAINTS; child = child->next) {
    int64_t i = 0;
    while (i < count && strcmp(names[i], child->key) != 0) i++;
    if (i < count) continue;
    sp_text text = {0};
    if (count == 0) {
      sp_text_add(&text, " (there are no options here)");
    } else if (!sp_names_hint(&text, child->key, names, count)) {
      sp_text_add(&text, " (known: ");
      sp_names_list(&text, names, count);
      sp_text_add(&text, ")");
    }
    sp_complain(r->complaints, child, &(sp_yaml_path){.up = path, .key = child->key}, "unknown key%s", text.data);
    sp_text_free(&text);
  }
}

/// Resolve every option in the order of the table. `map` NULL: all defaults.
/// `place`: position of errors about missing options.
static sp_yaml_node *resolve_map(resolving *r, const sp_option *table, const sp_yaml_node *map,
                                 const sp_yaml_node *place, const sp_yaml_path *path) {
  if (map) complain_unknown_keys(r, table, map, path);
  sp_yaml_node *out = map ? make_node(r, SP_YAML_MAP, map) : sp_yaml_make(r->out->arena, SP_YAML_MAP, NULL);
  sp_yaml_node **end = &out->child;
  for (; table->name; table++) {
    const sp_yaml_path here = {.up = path, .key = table->name};
    const sp_yaml_node *given = map ? sp_yaml_child(map, table->name) : NULL;
    bool absent = !given || given->kind == SP_YAML_NULL, inlined = table->flags & SP_OPTION_INLINE;
    sp_yaml_node *node = inlined  ? resolve_inline(r, table, map, place, path)
                         : absent ? resolve_absent(r, table, given ? given : place, &here)
                                  : resolve_value(r, table, given, &here);
    if (!node) continue;
    if (!inlined) node->key = table->name;
    *end = node;
    end = &node->next;
  }
  return out;
}

sp_status sp_document_resolve(const sp_document *document, const sp_option *table, sp_document **out) {
  static const sp_option root = {.kind = SP_OPTION_SECTION};
  sp_document *resolved = sp_document_create(document->source);
  sp_complaints complaints = {.arena = sp_arena_create()};
  resolving r = {.out = resolved, .from = document, .complaints = &complaints};
  if (document->root->kind == SP_YAML_MAP) {
    resolved->root = resolve_map(&r, table, document->root, document->root, NULL);
  } else {
    complain_refusal(&r, &root, document->root, NULL);
  }
  sp_status status = sp_complaints_status(&complaints);
  sp_arena_free(complaints.arena);
  if (status == SP_OK) {
    *out = resolved;
  } else {
    sp_document_free(resolved);
  }
  return status;
}

sp_status sp_map_resolve(const sp_map *map, const sp_option *table, sp_arena *arena, sp_yaml_node **out) {
  static const sp_yaml_node nothing = {.kind = SP_YAML_MAP, .source = sp_source_default};
  const sp_yaml_node *node = map->node ? map->node : &nothing;
  const sp_document from = {.source = node->source};
  sp_document resolved = {.arena = arena, .source = sp_arena_copy(arena, node->source, strlen(node->source))};
  sp_complaints complaints = {.arena = sp_arena_create()};
  resolving r = {.out = &resolved, .from = &from, .complaints = &complaints};
  sp_yaml_node *root = resolve_map(&r, table, node, node, &(sp_yaml_path){.key = map->path});
  sp_status status = sp_complaints_status(&complaints);
  sp_arena_free(complaints.arena);
  if (status == SP_OK) *out = root;
  return status;
}
