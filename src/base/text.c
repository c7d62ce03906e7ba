// SPDX-License-Identifier: Apache-2.0
// A growing text buffer, and numbers formatted for people.
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void reserve(sp_text *text, size_t more) {
  if (text->capacity - text->size > more) return;
  size_t capacity = (text->size + more + 1) * 2;
  char *data = realloc(text->data, capacity);
  if (!data) sp_out_of_memory();
  text->data = data;
  text->capacity = capacity;
}

void sp_text_append(sp_text *text, const char *data, size_t size) {
  reserve(text, size);
  memcpy(text->data + text->size, data, size);
  text->size += size;
  text->data[text->size] = '\0';
}

void sp_text_add_list(sp_text *text, const char *format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  if (length >= 0) {
    reserve(text, (size_t)length);
    vsnprintf(text->data + text->size, (size_t)length + 1, format, again);
    text->size += (size_t)length;
  }
  va_end(again);
}

void sp_text_add(sp_text *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  sp_text_add_list(text, format, arguments);
  va_end(arguments);
}

size_t sp_text_character(const char *c) {
  const unsigned char *byte = (const unsigned char *)c;
  size_t size = byte[0] < 0x80   ? 1
                : byte[0] < 0xc2 ? 0
                : byte[0] < 0xe0 ? 2
                : byte[0] < 0xf0 ? 3
                : byte[0] < 0xf5 ? 4
                                 : 0;
  for (size_t i = 1; i < size; i++) {
    if ((byte[i] & 0xc0) != 0x80) return 0;
  }
  bool wrong = size == 3 ? (byte[0] == 0xe0 && byte[1] < 0xa0) || (byte[0] == 0xed && byte[1] > 0x9f)
                         : size == 4 && ((byte[0] == 0xf0 && byte[1] < 0x90) || (byte[0] == 0xf4 && byte[1] > 0x8f));
  return wrong ? 0 : size;
}

unsigned sp_text_code(const char *c, size_t size) {
  const unsigned char *byte = (const unsigned char *)c;
  unsigned code = size == 1 ? byte[0] : size == 2 ? byte[0] & 0x1fU : size == 3 ? byte[0] & 0x0fU : byte[0] & 0x07U;
  for (size_t i = 1; i < size; i++) code = code << 6 | (byte[i] & 0x3fU);
  return code;
}

bool sp_text_is_hidden(unsigned code) {
  static const struct {
    unsigned first, last;
  } hidden[] = {{0x0, 0x1f},      {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},     {0x61c, 0x61c},
                {0x115f, 0x1160}, {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},
                {0x2060, 0x206f}, {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
                {0xfff0, 0xfffb}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};
  size_t i = 0;
  while (code > hidden[i].last && i < sizeof hidden / sizeof *hidden - 1) i++;
  return code >= hidden[i].first && code <= hidden[i].last;
}

/// JSON has escapes of 16 bits only: a larger code point is a pair of them.
static void add_json_escape(sp_text *text, unsigned code) {
  if (code < 0x10000) {
    sp_text_add(text, "\\u%04x", code);
  } else {
    sp_text_add(text, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 0x3ff));
  }
}

void sp_text_add_json(sp_text *text, const char *string) {
  sp_text_append(text, "\"", 1);
  for (const char *c = string; *c;) {
    size_t size = sp_text_character(c);
    if (*c == '"' || *c == '\\') {
      sp_text_add(text, "\\%c", *c);
    } else if (size > 0 && sp_text_is_hidden(sp_text_code(c, size))) {
      add_json_escape(text, sp_text_code(c, size));
    } else if (size > 0) {
      sp_text_append(text, c, size);
    } else {
      sp_text_add(text, "\\ufffd");
    }
    c += size > 0 ? size : 1;
  }
  sp_text_append(text, "\"", 1);
}

void sp_text_add_json_number(sp_text *text, double value, int digits) {
  if (isfinite(value)) {
    sp_text_add(text, "%.*g", digits, value);
  } else {
    sp_text_add(text, "null");
  }
}

const char *sp_text_string(const sp_text *text) { return text->data ? text->data : ""; }

void sp_text_free(sp_text *text) {
  free(text->data);
  *text = (sp_text){0};
}

const char *sp_text_bytes(int64_t bytes, char *buffer) {
  static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  double value = (double)bytes;
  int unit = 0;
  while (value >= 1000 && unit < 6) {
    value /= 1000;
    unit++;
  }
  snprintf(buffer, 32, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return buffer;
}

const char *sp_text_duration(double seconds, char *buffer) {
  if (!isfinite(seconds) || seconds < 0 || seconds > 1e9) {
    snprintf(buffer, 32, "?");
    return buffer;
  }
  long s = lround(seconds);
  if (s >= 86400) {
    snprintf(buffer, 32, "%ld d %02ld:%02ld", s / 86400, s / 3600 % 24, s / 60 % 60);
  } else if (s >= 3600) {
    snprintf(buffer, 32, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  } else {
    snprintf(buffer, 32, "%ld:%02ld", s / 60, s % 60);
  }
  return buffer;
}

const char *sp_text_count(int64_t count, char *buffer) {
  char digits[24];
  int length = snprintf(digits, sizeof digits, "%lld", (long long)count);
  int start = digits[0] == '-' ? 1 : 0, out = 0;
  for (int i = 0; i < length; i++) {
    if (i > start && (length - i) % 3 == 0) buffer[out++] = ',';
    buffer[out++] = digits[i];
  }
  buffer[out] = '\0';
  return buffer;
}

static const char *plural_ending(const char *noun, size_t *kept) {
  const size_t length = *kept = strlen(noun);
  const char last = noun[length - 1], before = length > 1 ? noun[length - 2] : ' ';
  if (last == 'y' && !strchr("aeiou", before)) {
    --*kept;
    return "ies";
  }
  const bool hissing = last == 's' || last == 'x' || (last == 'h' && before == 's') ||
                       (length > 3 && strcmp(noun + length - 3, "tch") == 0);  // but not "epoch"
  return hissing ? "es" : "s";
}

const char *sp_text_counted(int64_t count, const char *noun, char *buffer) {
  char number[32];
  size_t kept;
  const char *ending = plural_ending(noun, &kept);
  sp_text_count(count, number);
  if (count == 1) {
    snprintf(buffer, SP_TEXT_COUNTED, "%s %.32s", number, noun);
  } else {
    snprintf(buffer, SP_TEXT_COUNTED, "%s %.*s%s", number, (int)(kept < 32 ? kept : 32), noun, ending);
  }
  return buffer;
}

const char *sp_text_score(double value, char *buffer) {
  double size = fabs(value);
  bool plain = !isfinite(value) || size == 0 || (size >= 0.001 && size < 1e7);
  snprintf(buffer, 32, plain ? "%.4f" : "%.4g", value);
  return buffer;
}

void sp_text_wrap(sp_text *out, const char *paragraph, int indent, int width) {
  int column = indent;
  for (const char *word = paragraph; *word;) {
    int length = (int)strcspn(word, " ");
    if (column > indent && column + 1 + length > width) {
      sp_text_add(out, "\n%*s", indent, "");
      column = indent;
    } else if (word > paragraph) {
      sp_text_append(out, " ", 1);
      column++;
    }
    sp_text_append(out, word, (size_t)length);
    column += length;
    word += length;
    word += *word == ' ';
  }
  sp_text_append(out, "\n", 1);
}
