// SPDX-License-Identifier: Apache-2.0
// The errors of a document, collected and reported together in the order of the text.
#include "config/complaints.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/visible.h"

enum { ENOUGH = 12000 };  // bytes of all lines together

void sp_complain(sp_complaints *complaints, const sp_yaml_node *place, const sp_yaml_path *path, const char *format,
                 ...) {
  int64_t order = complaints->count++;
  if (order >= SP_COMPLAINTS) return;
  sp_text text = {0};
  sp_yaml_path_write(path, &text);
  if (text.size > 0) sp_text_append(&text, ": ", 2);
  va_list arguments;
  va_start(arguments, format);
  char message[4096];
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  sp_visible_add(&text, message);
  complaints->item[order] = (sp_complaint){.source = place->source,
                                           .line = place->line,
                                           .column = place->column,
                                           .order = (int)order,
                                           .text = sp_arena_copy(complaints->arena, text.data, text.size)};
  sp_text_free(&text);
}

static int compare_places(const void *left, const void *right) {
  const sp_complaint *a = left, *b = right;
  if ((a->line == 0) != (b->line == 0)) return a->line == 0 ? 1 : -1;
  if (a->line != b->line) return a->line - b->line;
  if (a->column != b->column) return a->column - b->column;
  return a->order - b->order;
}

sp_status sp_complaints_status(sp_complaints *complaints) {
  if (complaints->count == 0) return SP_OK;
  int64_t kept = complaints->count < SP_COMPLAINTS ? complaints->count : SP_COMPLAINTS;
  qsort(complaints->item, (size_t)kept, sizeof *complaints->item, compare_places);
  sp_text lines = {0};
  int64_t shown = 0;
  for (; shown < kept && lines.size < ENOUGH; shown++) {
    const sp_complaint *item = &complaints->item[shown];
    if (shown > 0) sp_text_append(&lines, "\n", 1);
    sp_visible_add(&lines, item->source);
    sp_text_append(&lines, ":", 1);
    if (item->line > 0) sp_text_add(&lines, "%d:%d:", item->line, item->column);
    sp_text_add(&lines, " %s", item->text);
  }
  if (shown < complaints->count) sp_text_add(&lines, "\n… and %lld more", (long long)(complaints->count - shown));
  sp_status status = sp_fail(SP_ERR_CONFIG, "%s", lines.data);
  sp_text_free(&lines);
  return status;
}
