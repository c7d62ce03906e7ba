// SPDX-License-Identifier: Apache-2.0
// Quantities with units, written by people.
#include "base/units.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct unit {
  const char *name;
  double factor;
} unit;

static const unit rates[] = {{"bit", 0.125}, {"kbit", 125}, {"mbit", 125e3}, {"gbit", 125e6}, {"tbit", 125e9}, {"b", 1},
                             {"kb", 1e3},    {"mb", 1e6},   {"gb", 1e9},     {"tb", 1e12},    {NULL, 0}};
static const unit times[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {NULL, 0}};

/// Parse a number and the name of a unit, together of `length` characters.
static bool parse(const char *text, size_t length, const unit *units, double *out) {
  char *end;
  if (length == 0 || !(isdigit((unsigned char)*text) || *text == '.')) return false;
  double number = strtod(text, &end);
  while (*end == ' ') end++;
  size_t name = length - (size_t)(end - text);
  if ((size_t)(end - text) > length || !isfinite(number)) return false;
  for (; units->name; units++) {
    if (strlen(units->name) != name || strncasecmp(end, units->name, name) != 0) continue;
    *out = number * units->factor;
    return true;
  }
  return false;
}

bool sp_parse_rate(const char *text, double *out) {
  size_t length = strlen(text);
  double rate;
  if (length > 2 && strcasecmp(text + length - 2, "/s") == 0) length -= 2;
  if (!parse(text, length, rates, &rate) || !(rate > 0)) return false;
  *out = rate;
  return true;
}

bool sp_parse_seconds(const char *text, double *out) { return parse(text, strlen(text), times, out); }
