// SPDX-License-Identifier: Apache-2.0
// A configuration with every option of a table, and with its help as comments.
#include "config/option_reference.h"

#include <string.h>

#include "config/help.h"
#include "config/names.h"
#include "config/parse.h"
#include "config/resolve.h"
#include "config/write.h"

enum { COLUMN = 33, WIDTH = 120, MOST_REGISTRIES = 32 };

typedef struct reference {
  sp_text *out;
  int commented;  // column of the '#' before lines that are commented out; -1: they are not
  const sp_variant *const *listed[MOST_REGISTRIES];
  int registries;
} reference;

static void write_option(reference *r, const sp_option *option, const sp_yaml_node *node, int indent, const char *lead);
static void write_options(reference *r, const sp_option *table, const sp_yaml_node *map, int indent, const char *lead);

// --- lines --------------------------------------------------------------------------------------------------------

/// Returns the number of bytes of a text that fit on a line of `room` bytes, up to a space.
static size_t line_size(const char *text, size_t room) {
  size_t size = 0;
  if (strlen(text) <= room) return strlen(text);
  for (size_t i = 0; text[i]; i++) {
    if (text[i] != ' ') continue;
    if (i > room && size > 0) break;
    size = i;
    if (i > room) break;
  }
  return size > 0 ? size : strlen(text);
}

static void add_line(reference *r, int indent, const char *text, const char *comment) {
  sp_text line = {0};
  if (r->commented >= 0) sp_text_add(&line, "%*s# %*s", r->commented, "", indent - r->commented, "");
  sp_text_add(&line, "%*s%s", r->commented >= 0 ? 0 : indent, "", text);
  do {
    int blanks = line.size + 1 < COLUMN ? COLUMN - (int)line.size : 2;
    size_t used = line.size + (size_t)blanks + 2, size = line_size(comment, used + 30 < WIDTH ? WIDTH - used : 30);
    if (size > 0) sp_text_add(&line, "%*s# %.*s", blanks, "", (int)size, comment);
    sp_text_add(r->out, "%s\n", sp_text_string(&line));
    sp_text_free(&line);
    comment += size + (comment[size] == ' ');
  } while (*comment);
}

/// Add "NAME: VALUE", followed by the help and the type of the option.
static void add_option(reference *r, int indent, const char *lead, const sp_option *option, const char *value) {
  sp_text text = {0}, comment = {0};
  sp_text_add(&text, "%s%s:%s%s", lead, option->name, *value ? " " : "", value);
  sp_text_add(&comment, "%s", option->help ? option->help : "");
  switch (option->kind) {
    case SP_OPTION_INT:
    case SP_OPTION_REAL:
    case SP_OPTION_CHOICE:
    case SP_OPTION_SHAPE:
    case SP_OPTION_INTS:
    case SP_OPTION_NUMBERS:
    case SP_OPTION_INTERVAL:
      sp_text_add(&comment, " (");
      sp_option_describe(&comment, option);
      sp_text_add(&comment, ")");
      break;
    default: break;
  }
  add_line(r, indent, sp_text_string(&text), sp_text_string(&comment));
  sp_text_free(&comment);
  sp_text_free(&text);
}

/// The same with the value from the configuration, or with the default if it has none.
static void add_value(reference *r, int indent, const char *lead, const sp_option *option, const sp_yaml_node *value) {
  sp_text text = {0};
  if (value) {
    sp_tree_write(value, true, &text);
    text.data[strcspn(text.data, "\n")] = '\0';
  } else {
    sp_text_add(&text, "%s", option->preset ? option->preset : "");
  }
  add_option(r, indent, lead, option, text.data);
  sp_text_free(&text);
}

// --- variants -----------------------------------------------------------------------------------------------------

static void write_variant(reference *r, const sp_variant *variant, const sp_yaml_node *options, int indent,
                          const char *lead) {
  sp_text text = {0};
  bool list = *lead != '\0';
  sp_text_add(&text, "%s%s%s", lead, variant->name, list && !variant->options ? "" : ":");
  add_line(r, indent, sp_text_string(&text), variant->help ? variant->help : "");
  if (variant->options) write_options(r, variant->options, options, indent + (list ? 4 : 2), "");
  sp_text_free(&text);
}

/// The name of a variant: "relu", or the only key of {dense: {…}}.
static const char *name_of(const sp_yaml_node *node) {
  return node->kind == SP_YAML_MAP ? node->child->key : node->text;
}

static bool is_shown(const char *name, const sp_yaml_node *shown, bool list) {
  for (; shown; shown = list ? shown->next : NULL) {
    if (strcmp(name_of(shown), name) == 0) return true;
  }
  return false;
}

/// Add the other variants, commented out, unless they have been written before.
static void write_others(reference *r, const sp_variant *const *variants, const sp_yaml_node *shown, int indent,
                         const char *lead) {
  int before = r->commented;
  for (int i = 0; i < r->registries; i++) {
    if (r->listed[i] == variants) return;
  }
  if (r->registries < MOST_REGISTRIES) r->listed[r->registries++] = variants;
  if (before < 0) r->commented = indent;
  add_line(r, indent, "or:", "");
  for (; *variants; variants++) {
    if (!is_shown((*variants)->name, shown, *lead)) write_variant(r, *variants, NULL, indent, lead);
  }
  r->commented = before;
}

/// A variant whose name is a key next to the other options of its section.
static void write_inline(reference *r, const sp_option *option, const sp_yaml_node *map, int indent) {
  const sp_yaml_node *node = map ? sp_yaml_of_option(map, option) : NULL;
  const sp_variant *variant = sp_variant_find(option->variants, node ? node->key : option->preset);
  const sp_yaml_node shown = {.kind = SP_YAML_SCALAR, .text = variant->name};
  write_variant(r, variant, node, indent, "");
  write_others(r, option->variants, &shown, indent, "");
}

static void write_choice(reference *r, const sp_option *option, const sp_yaml_node *node, int indent,
                         const char *lead) {
  const sp_yaml_node preset = {.kind = SP_YAML_SCALAR, .text = option->preset};
  if (node && node->kind == SP_YAML_MAP) {
    add_option(r, indent, lead, option, "");
    write_variant(r, sp_variant_find(option->variants, node->child->key), node->child, indent + 2, "");
  } else {
    add_value(r, indent, lead, option, node);
  }
  write_others(r, option->variants, node ? node : option->preset ? &preset : NULL, indent + 2, "");
}

static void write_list(reference *r, const sp_option *option, const sp_yaml_node *node, int indent) {
  bool empty = !node || !node->child;
  add_option(r, indent, "", option, empty && option->preset ? option->preset : "");
  for (const sp_yaml_node *item = empty ? NULL : node->child; item; item = item->next) {
    const sp_variant *variant = sp_variant_find(option->variants, name_of(item));
    write_variant(r, variant, item->kind == SP_YAML_MAP ? item->child : NULL, indent + 2, "- ");
  }
  write_others(r, option->variants, empty ? NULL : node->child, indent + 2, "- ");
}

// --- options ------------------------------------------------------------------------------------------------------

static void write_sections(reference *r, const sp_option *option, const sp_yaml_node *node, int indent) {
  int before = r->commented;
  bool empty = !node || !node->child;
  add_option(r, indent, "", option, empty && option->preset ? option->preset : "");
  for (const sp_yaml_node *item = empty ? NULL : node->child; item; item = item->next) {
    write_options(r, option->fields, item, indent + 4, "- ");
  }
  if (!empty) return;
  if (before < 0) r->commented = indent + 2;
  write_options(r, option->fields, NULL, indent + 4, "- ");
  r->commented = before;
}

/// Without entries, write one under the name that stands for them, commented out.
static void write_entries(reference *r, const sp_option *option, const sp_yaml_node *map, int indent) {
  int before = r->commented;
  bool empty = !map || !map->child;
  add_option(r, indent, "", option, empty && option->preset ? option->preset : "");
  for (const sp_yaml_node *item = empty ? NULL : map->child; item; item = item->next) {
    sp_option entry = *option->fields;
    entry.name = item->key;
    write_option(r, &entry, item, indent + 2, "");
  }
  if (!empty) return;
  if (before < 0) r->commented = indent + 2;
  write_option(r, option->fields, NULL, indent + 2, "");
  r->commented = before;
}

static void write_option(reference *r, const sp_option *option, const sp_yaml_node *node, int indent,
                         const char *lead) {
  switch (option->kind) {
    case SP_OPTION_SECTION:
      add_option(r, indent, lead, option, "");
      write_options(r, option->fields, node, indent + 2, "");
      break;
    case SP_OPTION_VARIANT: write_choice(r, option, node, indent, lead); break;
    case SP_OPTION_VARIANTS: write_list(r, option, node, indent); break;
    case SP_OPTION_SECTIONS: write_sections(r, option, node, indent); break;
    case SP_OPTION_ENTRIES: write_entries(r, option, node, indent); break;
    default: add_value(r, indent, lead, option, node);
  }
}

/// `map` NULL: the defaults. `lead` is "- " where the first option begins an item of a list.
static void write_options(reference *r, const sp_option *table, const sp_yaml_node *map, int indent, const char *lead) {
  for (; table->name; table++, lead = "") {
    const sp_yaml_node *node = map ? sp_yaml_of_option(map, table) : NULL;
    int before = r->commented, column = *lead ? indent - 2 : indent;
    if (table->flags & SP_OPTION_INLINE) {
      write_inline(r, table, map, indent);
      continue;
    }
    if (!node && before < 0) r->commented = column;
    write_option(r, table, node, column, lead);
    r->commented = before;
  }
}

sp_status sp_options_reference(sp_text *out, const sp_option *table, const char *example) {
  sp_document *document, *resolved;
  reference r = {.out = out, .commented = -1};
  SP_TRY(sp_document_parse(example, strlen(example), "example", &document));
  sp_status status = sp_document_resolve(document, table, &resolved);
  sp_document_free(document);
  SP_TRY(status);
  for (; table->name; table++) {
    const sp_option section[] = {*table, {0}};
    if (r.out->size > 0) sp_text_append(out, "\n", 1);
    write_options(&r, section, sp_document_root(resolved), 0, "");
  }
  sp_document_free(resolved);
  return SP_OK;
}
