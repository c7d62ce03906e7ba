// SPDX-License-Identifier: Apache-2.0
// Text from outside, made safe to show on a terminal.
#include "base/visible.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 12 };  // one character written out

/// Write the visible form of one character. Returns the number of bytes of the text that it takes.
static size_t show(const char *c, bool lines, bool tabs, char shown[LONGEST]) {
  size_t size = sp_text_character(c);
  unsigned code = size > 0 ? sp_text_code(c, size) : (unsigned char)*c;
  if (size == 0) {
    snprintf(shown, LONGEST, "\\x%02x", code);
  } else if (!sp_text_is_hidden(code) || (code == '\n' && lines) || (code == '\t' && tabs)) {
    memcpy(shown, c, size);
    shown[size] = '\0';
  } else if (code == '\n' || code == '\r' || code == '\t') {
    snprintf(shown, LONGEST, "\\%c", code == '\n' ? 'n' : code == '\r' ? 'r' : 't');
  } else {
    snprintf(shown, LONGEST, code < 0x80 ? "\\x%02x" : "\\u%04x", code);
  }
  return size > 0 ? size : 1;
}

void sp_visible_copy(const char *text, bool lines, char *out, size_t size) {
  char shown[LONGEST];
  size_t used = 0;
  while (*text) {
    text += show(text, lines, false, shown);
    size_t length = strlen(shown);
    if (used + length >= size) break;
    memcpy(out + used, shown, length);
    used += length;
  }
  out[used] = '\0';
}

bool sp_visible_lines(const char *format) { return strcmp(format, "%s") == 0 || strchr(format, '\n'); }

static void add(sp_text *out, const char *text, bool lines, bool tabs) {
  char shown[LONGEST];
  while (*text) {
    text += show(text, lines, tabs, shown);
    sp_text_append(out, shown, strlen(shown));
  }
}

void sp_visible_add(sp_text *out, const char *text) { add(out, text, false, false); }

void sp_visible_excerpt(sp_text *out, const char *text) {
  enum { SHOWN = 200 };
  size_t size = strlen(text), end = size;
  if (size > SHOWN) {
    end = SHOWN;
    while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80) end--;  // not inside a character
  }
  sp_text part = {0};
  sp_text_append(&part, text, end);
  sp_visible_add(out, part.data);
  sp_text_free(&part);
  if (end < size) sp_text_add(out, "…");
}

void sp_visible_print(const char *text) {
  sp_text shown = {0};
  add(&shown, text, true, true);
  fputs(sp_text_string(&shown), stdout);
  sp_text_free(&shown);
}

__attribute__((format(printf, 2, 0))) static void format_list(sp_text *out, const char *format, va_list arguments) {
  sp_text line = {0};
  sp_text_add_list(&line, format, arguments);
  sp_visible_add(out, sp_text_string(&line));
  sp_text_free(&line);
}

void sp_visible_format(sp_text *out, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  format_list(out, format, arguments);
  va_end(arguments);
}

void sp_visible_line(const char *format, ...) {
  sp_text shown = {0};
  va_list arguments;
  va_start(arguments, format);
  format_list(&shown, format, arguments);
  va_end(arguments);
  puts(sp_text_string(&shown));
  sp_text_free(&shown);
}
