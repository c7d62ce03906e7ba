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
    snprintf(shown, LONGEST, code < 0x80 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x", code);
  }
  return size > 0 ? size : 1;
}

/// Returns the end of a part of a message: it ends before ": ", which separates names from what is said of them, or at
/// the end of a line.
static const char *part_end(const char *text) {
  while (*text && *text != '\n' && !(text[0] == ':' && text[1] == ' ')) text++;
  return text;
}

static size_t shown_length(const char *text, const char *end, bool lines) {
  char shown[LONGEST];
  size_t length = 0;
  while (text < end) {
    text += show(text, lines, false, shown);
    length += strlen(shown);
  }
  return length;
}

/// A destination of limited size.
typedef struct buffer {
  char *out;
  size_t used, size;
  bool full;
} buffer;

static void put(buffer *to, const char *shown) {
  size_t length = strlen(shown);
  to->full = to->full || to->used + length >= to->size;
  if (to->full) return;
  memcpy(to->out + to->used, shown, length);
  to->used += length;
}

/// Copy a part. Of a long one, leave out the middle. Returns the end of the part.
static const char *copy_part(const char *text, bool lines, buffer *to) {
  enum { LONG = 1200, KEPT = 500 };  // bytes
  char shown[LONGEST];
  const char *end = part_end(text);
  size_t length = shown_length(text, end, lines), left = length;
  while (text < end && !to->full) {
    if (length > LONG && left > KEPT && left <= length - KEPT) {
      put(to, "…");
      while (left > KEPT) {
        text += show(text, lines, false, shown);
        left -= strlen(shown);
      }
      length = left;
    }
    text += show(text, lines, false, shown);
    put(to, shown);
    left -= strlen(shown);
  }
  return end;
}

void sp_visible_copy(const char *text, bool lines, char *out, size_t size) {
  char shown[LONGEST];
  buffer to = {.out = out, .size = size};
  while (*text && !to.full) {
    text = copy_part(text, lines, &to);
    if (!*text) break;
    text += show(text, lines, false, shown);  // the colon or the line break
    put(&to, shown);
  }
  out[to.used] = '\0';
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
