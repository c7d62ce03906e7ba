// What a cell of a table can hold.
// May include: base.
#include "data/cell.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *skip_digits(const char *at) { return at + strspn(at, "0123456789"); }

/// The end of a number that begins at `text`, or NULL.
static const char *number_end(const char *text) {
  const char *whole = text + (*text == '+' || *text == '-'), *whole_end = skip_digits(whole), *end = whole_end;
  if (*whole_end == '.') end = skip_digits(whole_end + 1);
  bool digits = whole_end > whole || end > whole_end + 1;
  if (!digits) return NULL;
  if (*end != 'e' && *end != 'E') return end;
  const char *exponent = end + 1;
  if (*exponent == '+' || *exponent == '-') exponent++;
  end = skip_digits(exponent);
  return end > exponent ? end : NULL;
}

sp_cell_kind sp_cell_number(const char *text, double *value) {
  text += strspn(text, " \t");
  const char *end = number_end(text);
  if (!end || end[strspn(end, " \t")] != '\0') return SP_CELL_WORD;
  double parsed = strtod(text, NULL);  // the program never leaves the C locale
  if (!isfinite(parsed)) return SP_CELL_TOO_LARGE;
  *value = parsed;
  return SP_CELL_NUMBER;
}

bool sp_cell_missing(const char *text) {
  static const char *const words[] = {"NA", "N/A", "NaN", "null", "None", "?"};
  if (text[strspn(text, " \t")] == '\0') return true;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (strcasecmp(text, words[i]) == 0) return true;
  }
  return false;
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
