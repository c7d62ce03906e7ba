// SPDX-License-Identifier: Apache-2.0
// Writes a tree as YAML text with libyaml's emitter.
#include "config/write.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "config/tree.h"
#include "config/value.h"

typedef struct writing {
  yaml_emitter_t emitter;
  bool one_line;
} writing;

static int take(void *out, unsigned char *data, size_t size) {
  sp_text_append(out, (const char *)data, size);
  return 1;
}

/// Pass an event to the emitter. The emitter accepts every tree that was parsed, so only a lack of memory can fail.
static void emit(writing *w, int initialised, yaml_event_t *event) {
  if (initialised && yaml_emitter_emit(&w->emitter, event)) return;
  const char *problem = w->emitter.problem ? w->emitter.problem : "out of memory";
  fprintf(stderr, "shardprop: error: YAML cannot be written: %s\n", problem);
  abort();
}

/// Returns whether a quoted string keeps its quotes, because a reader could take it for something else without them.
static bool needs_quotes(const sp_yaml_node *node) {
  if (!node->quoted) return false;
  const char *text = node->text;
  bool letter = isalpha((unsigned char)*text) || strchr("/_", *text);
  return !*text || !letter || sp_is_null(text) || sp_is_bool(text) || strcasecmp(text, "y") == 0 ||
         strcasecmp(text, "n") == 0;
}

static void write_scalar(writing *w, const char *text, bool quotes) {
  yaml_scalar_style_t style = quotes ? YAML_SINGLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE;
  if (strpbrk(text, "\n\r")) style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;
  yaml_event_t event;
  emit(w, yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), 1, 1, style),
       &event);
}

/// A short list of scalars is written on one line, like an empty list or map.
static bool is_short(const sp_yaml_node *node) {
  enum { SHORT = 80 };
  size_t size = 0;
  for (const sp_yaml_node *child = node->child; child; child = child->next) {
    if (child->kind >= SP_YAML_LIST) return false;
    size += strlen(child->text) + 2;
  }
  return !node->child || (node->kind == SP_YAML_LIST && size <= SHORT);
}

static void write_node(writing *w, const sp_yaml_node *node) {
  if (node->kind == SP_YAML_NULL) return write_scalar(w, "null", false);
  if (node->kind == SP_YAML_SCALAR) return write_scalar(w, node->text, needs_quotes(node));
  yaml_event_t event;
  bool flow = w->one_line || is_short(node);
  if (node->kind == SP_YAML_LIST) {
    yaml_sequence_style_t style = flow ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE;
    emit(w, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, style), &event);
  } else {
    yaml_mapping_style_t style = flow ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE;
    emit(w, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, style), &event);
  }
  for (const sp_yaml_node *child = node->child; child; child = child->next) {
    if (node->kind == SP_YAML_MAP) write_scalar(w, child->key, false);
    write_node(w, child);
  }
  bool list = node->kind == SP_YAML_LIST;
  emit(w, list ? yaml_sequence_end_event_initialize(&event) : yaml_mapping_end_event_initialize(&event), &event);
}

void sp_tree_write(const sp_yaml_node *node, bool one_line, sp_text *out) {
  writing w = {.one_line = one_line};
  if (!yaml_emitter_initialize(&w.emitter)) abort();
  yaml_emitter_set_output(&w.emitter, take, out);
  yaml_emitter_set_indent(&w.emitter, 2);
  yaml_emitter_set_width(&w.emitter, -1);
  yaml_emitter_set_unicode(&w.emitter, 1);
  yaml_event_t event;
  emit(&w, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), &event);
  emit(&w, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1), &event);
  write_node(&w, node);
  emit(&w, yaml_document_end_event_initialize(&event, 1), &event);
  emit(&w, yaml_stream_end_event_initialize(&event), &event);
  yaml_emitter_delete(&w.emitter);
}

void sp_document_write(const sp_document *document, sp_text *out) { sp_tree_write(document->root, false, out); }
