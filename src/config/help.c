// SPDX-License-Identifier: Apache-2.0
// Help text generated from option tables.
#include "config/help.h"

#include <string.h>

#include "config/value.h"

enum { WIDTH = 110 };  // columns of a line

static void add_indent(sp_text *out, int columns) { sp_text_add(out, "%*s", columns, ""); }

static int name_width(const sp_option *table) {
  size_t width = 8;
  for (; table->name; table++) {
    if (strlen(table->name) > width) width = strlen(table->name);
  }
  return (int)width + 2;
}

void sp_option_describe(sp_text *out, const sp_option *option) {
  sp_text expected = {0};
  sp_value_expected(option, &expected);
  const char *text = expected.data;
  if (strncmp(text, "a ", 2) == 0) text += 2;
  if (strncmp(text, "an ", 3) == 0) text += 3;
  sp_text_add(out, "%s", text);
  if (option->unit) sp_text_add(out, ", in %s", option->unit);
  sp_text_free(&expected);
}

static void add_type(sp_text *out, const sp_option *option) {
  switch (option->kind) {
    case SP_OPTION_VARIANT: sp_text_add(out, "one of the names below"); break;
    case SP_OPTION_VARIANTS: sp_text_add(out, "list of the names below"); break;
    case SP_OPTION_SECTION:
      if (option->flags & SP_OPTION_SHORT) {
        sp_option_describe(out, option);
      } else {
        sp_text_add(out, "section");
      }
      break;
    default: sp_option_describe(out, option);
  }
}

static void add_default(sp_text *out, const sp_option *option) {
  if (option->preset) {
    sp_text_add(out, ", default %s", option->preset);
  } else if (option->flags & SP_OPTION_OPTIONAL) {
    sp_text_add(out, ", optional");
  } else if (option->kind != SP_OPTION_SECTION) {
    sp_text_add(out, ", required");
  }
}

static void add_variants(sp_text *out, const sp_variant *const *variants, int indent) {
  size_t width = 0;
  for (int i = 0; variants[i]; i++) {
    if (strlen(variants[i]->name) > width) width = strlen(variants[i]->name);
  }
  for (; *variants; variants++) {
    add_indent(out, indent);
    const char *help = (*variants)->help ? (*variants)->help : "";
    sp_text_add(out, "%-*s%s\n", *help ? (int)width + 2 : 0, (*variants)->name, help);
  }
}

void sp_options_help(sp_text *out, const sp_option *table, int indent) {
  int width = name_width(table);
  for (; table->name; table++) {
    add_indent(out, indent);
    sp_text_add(out, "%-*s", width, table->name);
    add_type(out, table);
    add_default(out, table);
    sp_text_add(out, "\n");
    if (table->help) {
      add_indent(out, indent + width);
      sp_text_wrap(out, table->help, indent + width, WIDTH);
    }
    if (table->variants) add_variants(out, table->variants, indent + width + 2);
    if (table->fields) sp_options_help(out, table->fields, indent + 4);
  }
}

void sp_presets_help(sp_text *out, const sp_preset *presets, int indent) {
  const char *last = "";
  for (; presets && presets->name; presets++) {
    bool more = strcmp(last, presets->name) == 0;
    if (!more) {
      if (*last) sp_text_add(out, "\n");
      add_indent(out, indent);
      sp_text_add(out, "preset %s:", presets->name);
    }
    sp_text_add(out, "%s %s %s", more ? "," : "", presets->option, presets->value);
    last = presets->name;
  }
  if (*last) sp_text_add(out, "\n");
}
