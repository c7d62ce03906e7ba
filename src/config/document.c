// SPDX-License-Identifier: Apache-2.0
// A configuration document.
#include "config/document.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/complaints.h"

sp_document *sp_document_create(const char *source) {
  sp_arena *arena = sp_arena_create();
  sp_document *document = sp_arena_allocate(arena, sizeof *document);
  document->arena = arena;
  document->source = sp_arena_copy(arena, source, strlen(source));
  return document;
}

void sp_document_free(sp_document *document) {
  if (document) sp_arena_free(document->arena);
}

const sp_yaml_node *sp_document_root(const sp_document *document) { return document->root; }

const sp_yaml_node *sp_document_find(const sp_document *document, const char *path) {
  sp_yaml_path_step step[SP_TREE_DEPTH];
  int count = sp_yaml_path_split(path, strlen(path), step);
  const sp_yaml_node *node = count < 0 ? NULL : document->root;
  for (int i = 0; node && i < count; i++) node = sp_yaml_step(node, &step[i]);
  return node;
}

sp_status sp_document_fail(const sp_document *document, const char *path, const char *format, ...) {
  sp_yaml_path_step step[SP_TREE_DEPTH];
  int count = sp_yaml_path_split(path, strlen(path), step);
  const sp_yaml_node *place = document->root, *node = place;
  for (int i = 0; node && i < count; i++) {
    node = sp_yaml_step(node, &step[i]);
    if (node && node->source != sp_source_default) place = node;
  }
  char text[4096];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  sp_complaints complaints = {.arena = sp_arena_create()};
  sp_complain(&complaints, place, *path ? &(sp_yaml_path){.key = path} : NULL, "%s", text);
  sp_status status = sp_complaints_status(&complaints);
  sp_arena_free(complaints.arena);
  return status;
}

sp_status sp_document_locate(const sp_document *document, sp_status status) {
  char text[4096];
  if (status != SP_ERR_CONFIG && status != SP_ERR_SHAPE) return status;
  snprintf(text, sizeof text, "%s", sp_error_message());
  char *colon = strstr(text, ": ");
  if (!colon) return status;
  *colon = '\0';
  if (sp_document_find(document, text)) (void)sp_document_fail(document, text, "%s", colon + 2);
  return status;
}
