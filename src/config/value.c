// SPDX-License-Identifier: Apache-2.0
// Checks a scalar against its option.
#include "config/value.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/visible.h"
#include "config/names.h"
#include "config/tree.h"

// --- syntax of plain scalars ---------------------------------------------------------------------------------------

static size_t digits(const char *text) { return strspn(text, "0123456789"); }

bool sp_is_number(const char *text) {
  if (*text == '+' || *text == '-') text++;
  size_t whole = digits(text), fraction = 0;
  text += whole;
  if (*text == '.') {
    fraction = digits(++text);
    text += fraction;
  }
  if (whole + fraction == 0) return false;
  if (*text == 'e' || *text == 'E') {
    text++;
    if (*text == '+' || *text == '-') text++;
    if (digits(text) == 0) return false;
    text += digits(text);
  }
  return *text == '\0';
}

static bool is_one_of(const char *text, const char *const *words) {
  for (; *words; words++) {
    if (strcasecmp(text, *words) == 0) return true;
  }
  return false;
}

static bool is_true(const char *text) { return is_one_of(text, (const char *const[]){"true", "yes", "on", NULL}); }

bool sp_is_bool(const char *text) {
  return is_true(text) || is_one_of(text, (const char *const[]){"false", "no", "off", NULL});
}

bool sp_is_null(const char *text) { return is_one_of(text, (const char *const[]){"", "~", "null", NULL}); }

// --- ranges --------------------------------------------------------------------------------------------------------

void sp_number_range_split(const char *text, sp_number_range *range) {
  range->words = 0;
  range->numbers = NULL;
  if (!text) return;
  snprintf(range->storage, sizeof range->storage, "%s", text);
  char *rest = NULL;
  for (char *part = strtok_r(range->storage, "|", &rest); part; part = strtok_r(NULL, "|", &rest)) {
    if (*part == '[' || *part == '(') {
      range->numbers = part;
    } else if (range->words < (int)(sizeof range->word / sizeof *range->word)) {
      range->word[range->words++] = part;
    }
  }
}

static int find_word(const sp_number_range *range, const char *text) {
  for (int i = 0; i < range->words; i++) {
    if (strcmp(range->word[i], text) == 0) return i;
  }
  return -1;
}

/// Multiply by 10^power. Returns false on overflow.
static bool scale(uint64_t *value, int64_t power) {
  for (; power > 0; power--) {
    if (__builtin_mul_overflow(*value, (uint64_t)10, value)) return false;
  }
  return true;
}

/// Parse a number that is an integer: "128", "1e6", "2.50e1". Returns false if it is not an integer or needs more than
/// 64 bits.
static bool parse_integer(const char *text, int64_t *out) {
  if (!sp_is_number(text)) return false;
  bool negative = *text == '-', fraction = false;
  uint64_t value = 0;
  int64_t zeros = 0, power = 0;  // the number so far is value * 10^(zeros + power)
  for (text += strcspn(text, "0123456789."); *text && *text != 'e' && *text != 'E'; text++) {
    if (*text == '.') {
      fraction = true;
      continue;
    }
    if (fraction) power--;
    if (*text == '0') {
      zeros++;
      continue;
    }
    if (value > 0 && !scale(&value, zeros)) return false;
    zeros = 0;
    if (!scale(&value, 1) || __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value)) return false;
  }
  if (*text) {
    long exponent = strtol(text + 1, NULL, 10);
    power += exponent > INT_MAX ? INT_MAX : exponent < INT_MIN ? INT_MIN : exponent;
  }
  if (value > 0 && (zeros + power < 0 || !scale(&value, zeros + power))) return false;
  if (value > (uint64_t)INT64_MAX) return false;
  *out = negative ? -(int64_t)value : (int64_t)value;
  return true;
}

static bool parse_real(const char *text, double *out) {
  if (!sp_is_number(text)) return false;
  *out = strtod(text, NULL);
  return isfinite(*out);
}

/// Split "[1, inf)" into its bounds. A square bracket includes the bound.
static void split_numbers(const char *numbers, char low[64], char high[64], bool *low_open, bool *high_open) {
  *low_open = numbers[0] == '(';
  *high_open = numbers[strlen(numbers) - 1] == ')';
  if (sscanf(numbers + 1, " %63[^, ] , %63[^]) ]", low, high) != 2) {
    fprintf(stderr, "shardprop: error: range '%s' of an option table is malformed\n", numbers);
    abort();
  }
}

static bool integer_in(int64_t value, const char *numbers) {
  if (!numbers) return true;
  char low[64], high[64];
  bool low_open, high_open;
  int64_t bound;
  split_numbers(numbers, low, high, &low_open, &high_open);
  if (parse_integer(low, &bound) && (value < bound || (low_open && value == bound))) return false;
  return !(parse_integer(high, &bound) && (value > bound || (high_open && value == bound)));  // "inf" is no bound
}

static bool real_in(double value, const char *numbers) {
  if (!numbers) return true;
  char low[64], high[64];
  bool low_open, high_open;
  split_numbers(numbers, low, high, &low_open, &high_open);
  double bottom = strtod(low, NULL), top = strtod(high, NULL);
  return (low_open ? value > bottom : value >= bottom) && (high_open ? value < top : value <= top);
}

// --- values --------------------------------------------------------------------------------------------------------

/// Parse "500 steps": a number, a space, and a unit in singular or plural.
static bool parse_interval(const char *text, bool quoted, sp_interval *out) {
  static const char *const units[][2] = {{"step", "steps"}, {"epoch", "epochs"}, {"minute", "minutes"}};
  size_t size = strcspn(text, " ");
  char number[64];
  if (size >= sizeof number || (quoted && !text[size])) return false;
  memcpy(number, text, size);
  number[size] = '\0';
  const char *unit = text[size] ? text + size + strspn(text + size, " ") : "steps";
  double value;
  int64_t whole;
  for (int i = 0; i < 3; i++) {
    if (strcmp(unit, units[i][0]) != 0 && strcmp(unit, units[i][1]) != 0) continue;
    if (!parse_real(number, &value) || value <= 0 || (i != SP_MINUTES && !parse_integer(number, &whole))) return false;
    out->value = value;
    out->unit = (unsigned)i;
    return true;
  }
  return false;
}

bool sp_value_parse(const sp_option *option, const sp_yaml_node *node, sp_value *value) {
  if (node->kind != SP_YAML_SCALAR) return false;
  const char *text = node->text;
  sp_number_range range;
  sp_number_range_split(option->range, &range);
  int word = find_word(&range, text);
  switch (option->kind) {
    case SP_OPTION_BOOL: value->truth = is_true(text); return !node->quoted && sp_is_bool(text);
    case SP_OPTION_INT:
      value->integer = SP_AUTO;
      return word >= 0 ||
             (!node->quoted && parse_integer(text, &value->integer) && integer_in(value->integer, range.numbers));
    case SP_OPTION_REAL:
      value->real = word >= 0 && strcmp(text, "inf") == 0 ? (double)INFINITY : (double)NAN;
      return word >= 0 || (!node->quoted && parse_real(text, &value->real) && real_in(value->real, range.numbers));
    case SP_OPTION_CHOICE: value->choice = word; return word >= 0;
    case SP_OPTION_STRING: value->string = text; return true;
    case SP_OPTION_INTERVAL:
      value->interval = (sp_interval){0};
      return word >= 0 || parse_interval(text, node->quoted, &value->interval);
    default: return false;
  }
}

bool sp_value_is_word(const sp_option *option, const sp_yaml_node *node, int *word) {
  sp_number_range range;
  if (node->kind != SP_YAML_SCALAR) return false;
  sp_number_range_split(option->range, &range);
  int found = find_word(&range, node->text);
  if (found >= 0) *word = found;
  return found >= 0;
}

sp_value sp_value_unset(sp_option_kind kind) {
  switch (kind) {
    case SP_OPTION_INT: return (sp_value){.integer = SP_AUTO};
    case SP_OPTION_REAL: return (sp_value){.real = (double)NAN};
    case SP_OPTION_CHOICE: return (sp_value){.choice = -1};
    default: return (sp_value){.interval = {0}};
  }
}

bool sp_value_equal(sp_option_kind kind, const sp_value *a, const sp_value *b) {
  switch (kind) {
    case SP_OPTION_BOOL: return a->truth == b->truth;
    case SP_OPTION_INT: return a->integer == b->integer;
    case SP_OPTION_REAL: return a->real == b->real || (isnan(a->real) && isnan(b->real));
    case SP_OPTION_CHOICE: return a->choice == b->choice;
    case SP_OPTION_STRING: return strcmp(a->string, b->string) == 0;
    case SP_OPTION_INTERVAL: return a->interval.value == b->interval.value && a->interval.unit == b->interval.unit;
    default: return false;
  }
}

// --- messages ------------------------------------------------------------------------------------------------------

static const char *kind_text(sp_option_kind kind) {
  switch (kind) {
    case SP_OPTION_BOOL: return "true or false";
    case SP_OPTION_INT: return "an integer";
    case SP_OPTION_REAL: return "a number";
    case SP_OPTION_STRING: return "a string";
    case SP_OPTION_STRINGS: return "a string or a list of strings";
    case SP_OPTION_CHOICE: return "one of ";
    case SP_OPTION_SHAPE: return "a list of integers >= 1";
    case SP_OPTION_INTS: return "a list of integers";
    case SP_OPTION_NUMBERS: return "a list of numbers";
    case SP_OPTION_INTERVAL: return "an interval like '500 steps', '1 epoch' or '10 minutes'";
    case SP_OPTION_SECTION: return "a map";
    case SP_OPTION_VARIANT: return "one of ";
    case SP_OPTION_VARIANTS: return "a list";
    case SP_OPTION_SECTIONS: return "a list of maps";
    case SP_OPTION_MAP: return "a map of names and values";
    case SP_OPTION_ENTRIES: return "a map of names and values";
  }
  return "";
}

void sp_value_expected(const sp_option *option, sp_text *out) {
  sp_number_range range;
  sp_number_range_split(option->range, &range);
  bool words_first = option->kind != SP_OPTION_CHOICE;
  for (int i = 0; words_first && i < range.words; i++) {
    sp_text_add(out, "'%s'%s", range.word[i], i + 1 < range.words ? ", " : " or ");
  }
  if (option->flags & SP_OPTION_SHORT) {
    sp_value_expected(option->fields, out);
    sp_text_add(out, " or ");
  }
  sp_text_add(out, "%s", kind_text(option->kind));
  if (option->kind == SP_OPTION_CHOICE) sp_names_list(out, range.word, range.words);
  for (int i = 0; option->kind == SP_OPTION_VARIANT && option->variants[i]; i++) {
    sp_text_add(out, "%s%s", i ? ", " : "", option->variants[i]->name);
  }
  if (range.numbers) sp_text_add(out, " in %s", range.numbers);
}

void sp_value_found(const sp_yaml_node *node, sp_text *out) {
  switch (node->kind) {
    case SP_YAML_NULL: sp_text_add(out, "nothing"); return;
    case SP_YAML_LIST: sp_text_add(out, node->child ? "a list" : "an empty list"); return;
    case SP_YAML_MAP: sp_text_add(out, node->child ? "a map" : "an empty map"); return;
    case SP_YAML_SCALAR: break;
  }
  bool number = sp_is_number(node->text), bare = number && !node->quoted;
  bool typed = node->quoted && (number || sp_is_bool(node->text));
  sp_text_add(out, "%s%s", typed ? "the quoted text " : "", bare ? "" : "'");
  sp_visible_excerpt(out, node->text);
  if (!bare) sp_text_add(out, "'");
}

void sp_value_hint(const sp_option *option, const sp_yaml_node *scalar, sp_text *out) {
  sp_number_range range;
  sp_number_range_split(option->range, &range);
  bool too_large = option->kind == SP_OPTION_INT && !scalar->quoted && sp_is_number(scalar->text) &&
                   fabs(strtod(scalar->text, NULL)) >= 0x1p63;
  if (too_large) sp_text_add(out, " (does not fit in 64 bits)");
  if (!sp_is_number(scalar->text)) sp_names_hint(out, scalar->text, range.word, range.words);
}

void sp_value_refusal(const sp_option *option, const sp_yaml_node *node, sp_text *out) {
  sp_text_add(out, "expected ");
  sp_value_expected(option, out);
  sp_text_add(out, ", got ");
  sp_value_found(node, out);
  if (node->kind == SP_YAML_SCALAR) sp_value_hint(option, node, out);
}
