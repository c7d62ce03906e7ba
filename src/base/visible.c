// Texts from outside as a terminal may show them.
#include "base/visible.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 12 };  // one character written out

/// The code point of a UTF-8 character of `size` bytes.
static unsigned code_of(const char *c, size_t size) {
  const unsigned char *byte = (const unsigned char *)c;
  unsigned code = size == 1 ? byte[0] : size == 2 ? byte[0] & 0x1fU : size == 3 ? byte[0] & 0x0fU : byte[0] & 0x07U;
  for (size_t i = 1; i < size; i++) code = code << 6 | (byte[i] & 0x3fU);
  return code;
}

static bool is_hidden(unsigned code) {
  bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  bool direction = code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
                   (code >= 0x2066 && code <= 0x2069);
  return control || direction || code == 0x2028 || code == 0x2029 || code == 0xfeff;
}

/// Write out one character; returns how many bytes of the text it has.
static size_t show(const char *c, bool lines, bool tabs, char shown[LONGEST]) {
  size_t size = sp_text_character(c);
  unsigned code = size > 0 ? code_of(c, size) : (unsigned char)*c;
  if (size == 0) {
    snprintf(shown, LONGEST, "\\x%02x", code);
  } else if (!is_hidden(code) || (code == '\n' && lines) || (code == '\t' && tabs)) {
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

void sp_visible_line(const char *format, ...) {
  sp_text line = {0}, shown = {0};
  va_list arguments;
  va_start(arguments, format);
  sp_text_add_list(&line, format, arguments);
  va_end(arguments);
  sp_visible_add(&shown, sp_text_string(&line));
  puts(sp_text_string(&shown));
  sp_text_free(&shown);
  sp_text_free(&line);
}
