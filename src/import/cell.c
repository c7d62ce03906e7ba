// SPDX-License-Identifier: Apache-2.0
// The contents of a table cell.
#include "import/cell.h"

#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *skip_digits(const char *at) { return at + strspn(at, "0123456789"); }

/// Returns the end of a number that begins at `text`, or NULL.
static const char *number_end(const char *text, char decimal) {
  const char *whole = text + (*text == '+' || *text == '-'), *whole_end = skip_digits(whole), *end = whole_end;
  if (*whole_end == decimal) end = skip_digits(whole_end + 1);
  bool digits = whole_end > whole || end > whole_end + 1;
  if (!digits) return NULL;
  if (*end != 'e' && *end != 'E') return end;
  const char *exponent = end + 1;
  if (*exponent == '+' || *exponent == '-') exponent++;
  end = skip_digits(exponent);
  return end > exponent ? end : NULL;
}

sp_cell_kind sp_cell_number(const char *text, char decimal, double *value) {
  char pointed[512];
  text += strspn(text, " \t");
  const char *end = number_end(text, decimal);
  if (!end || end[strspn(end, " \t")] != '\0') return SP_CELL_WORD;
  if (decimal != '.') {
    size_t size = (size_t)(end - text);
    if (size >= sizeof pointed) return SP_CELL_WORD;
    memcpy(pointed, text, size);
    pointed[size] = '\0';
    char *mark = strchr(pointed, decimal);
    if (mark) *mark = '.';
    text = pointed;
  }
  double parsed = strtod(text, NULL);  // the program always uses the C locale
  if (!isfinite(parsed)) return SP_CELL_TOO_LARGE;
  *value = parsed;
  return SP_CELL_NUMBER;
}

sp_cell_kind sp_cell_value(const char *text, char decimal, double *value) {
  sp_cell_kind kind = sp_cell_number(text, decimal, value);
  if (kind != SP_CELL_WORD) return kind;
  bool yes = strcasecmp(text, "true") == 0;
  if (!yes && strcasecmp(text, "false") != 0) return SP_CELL_WORD;
  *value = yes;
  return SP_CELL_NUMBER;
}

bool sp_cell_missing(const char *text) {
  static const char *const words[] = {"NA",      "N/A",      "#N/A", "#N/A N/A", "#NA",    "<NA>",
                                      "NaN",     "-NaN",     "null", "None",     "1.#IND", "-1.#IND",
                                      "1.#QNAN", "-1.#QNAN", "?",    ".",        "-"};
  if (isdigit((unsigned char)text[*text == '-']) && text[strspn(text, "-.1")] != '#')
    return false;  // the most frequent case
  if (text[strspn(text, " \t")] == '\0') return true;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (strcasecmp(text, words[i]) == 0) return true;
  }
  return false;
}

bool sp_cell_date(const char *text) {
  int marks = 0;
  if (!isdigit((unsigned char)*text)) return false;
  for (const char *at = text; *at; at++) {
    bool mark = strchr("-/:", *at) || (*at == '.' && at[strcspn(at + 1, ".") + 1]);
    marks += mark;
    if (!mark && !isdigit((unsigned char)*at) && !strchr(" .+TZ", *at)) return false;
  }
  return marks >= 2 || (marks == 1 && !strchr(text, '.'));
}

bool sp_cell_grouped(const char *text) {
  text += *text == '+' || *text == '-';
  return isdigit((unsigned char)*text) && !text[strspn(text, "0123456789.,' ")];
}

bool sp_cell_utf8(const char *text) {
  static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
  for (const unsigned char *at = (const unsigned char *)text; *at;) {
    int length = *at < 0x80 ? 1 : *at < 0xC0 ? 0 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : *at < 0xF8 ? 4 : 0;
    if (length == 0) return false;
    unsigned code = length == 1 ? *at : *at & (0x7Fu >> length);
    for (int i = 1; i < length; i++) {
      if ((at[i] & 0xC0) != 0x80) return false;
      code = code << 6 | (at[i] & 0x3Fu);
    }
    if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
    at += length;
  }
  return true;
}
