// Command-line flags from option tables.
// May include: base, config.
#include "cli/flags.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_FLAG = 256, MAX_FLAGS = 64 };

typedef struct flag {
  const sp_option *option;
  void *member;
  const char *name;  // with dashes
  bool given;
} flag;

// --- values -------------------------------------------------------------------------------------------------------

static bool in_range(const char *range, double value) {  // "[0, 1)", with inf for no bound
  if (!range) return true;
  char *end;
  double low = strtod(range + 1, &end), high = strtod(end + 1, &end);
  bool above = range[0] == '(' ? value > low : value >= low, below = *end == ')' ? value < high : value <= high;
  return above && (below || (isinf(high) && value <= high));
}

static sp_status wrong_value(const flag *f, const char *kind, const char *text) {
  const char *range = f->option->range;
  return sp_fail(SP_ERR_USAGE, "--%s: expected %s%s%s, got '%s'", f->name, kind, range ? " in " : "",
                 range ? range : "", text);
}

static sp_status set_int(const flag *f, const char *text) {
  char *end;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (end == text || *end || errno || !in_range(f->option->range, (double)value)) {
    return wrong_value(f, "an integer", text);
  }
  *(int64_t *)f->member = value;
  return SP_OK;
}

static sp_status set_real(const flag *f, const char *text) {
  char *end;
  double value = strtod(text, &end);
  if (end == text || *end || !isfinite(value) || !in_range(f->option->range, value)) {
    return wrong_value(f, "a number", text);
  }
  *(double *)f->member = value;
  return SP_OK;
}

static sp_status set_choice(const flag *f, const char *text) {
  size_t length = strlen(text);
  int index = 0;
  for (const char *word = f->option->range; *word; index++) {
    size_t size = strcspn(word, "|");
    if (size == length && memcmp(word, text, size) == 0) {
      *(int *)f->member = index;
      return SP_OK;
    }
    word += size + (word[size] == '|');
  }
  return sp_fail(SP_ERR_USAGE, "--%s: expected %s, got '%s'", f->name, f->option->range, text);
}

static void append_string(const flag *f, const char *text, sp_arena *arena) {
  sp_strings *strings = f->member;
  const char **item = sp_arena_allocate(arena, (size_t)(strings->count + 1) * sizeof *item);
  for (int64_t i = 0; i < strings->count; i++) item[i] = strings->item[i];
  item[strings->count] = text;
  *strings = (sp_strings){item, strings->count + 1};
}

static sp_status set(const flag *f, const char *text, sp_arena *arena) {
  switch (f->option->kind) {
    case SP_OPTION_BOOL: *(bool *)f->member = strcmp(text, "true") == 0; return SP_OK;
    case SP_OPTION_INT: return set_int(f, text);
    case SP_OPTION_REAL: return set_real(f, text);
    case SP_OPTION_STRING: *(const char **)f->member = text; return SP_OK;
    case SP_OPTION_STRINGS: append_string(f, text, arena); return SP_OK;
    case SP_OPTION_CHOICE: return set_choice(f, text);
    default: return sp_fail(SP_ERR_USAGE, "--%s: cannot be given on a command line", f->name);
  }
}

// --- parsing ------------------------------------------------------------------------------------------------------

static const char *dashed(const char *name, sp_arena *arena) {
  char *copy = sp_arena_copy(arena, name, strlen(name));
  for (char *c = copy; *c; c++) {
    if (*c == '_') *c = '-';
  }
  return copy;
}

static int list_flags(const sp_flag_group *groups, int count, sp_arena *arena, flag *flags) {
  int n = 0;
  for (int g = 0; g < count; g++) {
    for (const sp_option *option = groups[g].table; option->name && n < MAX_FLAGS; option++) {
      flags[n++] = (flag){option, (char *)groups[g].out + option->offset, dashed(option->name, arena), false};
    }
  }
  return n;
}

static sp_status set_defaults(const flag *flags, int count, sp_arena *arena) {
  for (int i = 0; i < count; i++) {
    if (flags[i].option->preset) SP_TRY(set(&flags[i], flags[i].option->preset, arena));
  }
  return SP_OK;
}

static flag *find_flag(flag *flags, int count, const char *name) {
  for (int i = 0; i < count; i++) {
    if (name && strcmp(flags[i].option->name, name) == 0) return &flags[i];
  }
  return NULL;
}

static sp_status take(flag *f, const char *text, sp_arena *arena) {
  if (f->given && f->option->kind != SP_OPTION_STRINGS && f->option->kind != SP_OPTION_BOOL) {
    return sp_fail(SP_ERR_USAGE, "--%s: given twice", f->name);
  }
  f->given = true;
  return set(f, text ? text : "true", arena);
}

static sp_status unknown_flag(const char *text, const flag *flags, int count) {
  const char *names[MAX_FLAGS];
  for (int i = 0; i < count; i++) names[i] = flags[i].name;
  const char *nearest = sp_nearest_name(text + strspn(text, "-"), names, count);
  if (!nearest) return sp_fail(SP_ERR_USAGE, "'%s' is no option of this command", text);
  return sp_fail(SP_ERR_USAGE, "'%s' is no option of this command (did you mean --%s?)", text, nearest);
}

static sp_status take_all(int argc, char **argv, flag *flags, int count, sp_arena *arena, bool *help) {
  struct option known[MAX_FLAGS + 2] = {{"help", no_argument, NULL, 'h'}};
  for (int i = 0; i < count; i++) {
    int argument = flags[i].option->kind == SP_OPTION_BOOL ? no_argument : required_argument;
    known[i + 1] = (struct option){flags[i].name, argument, NULL, FIRST_FLAG + i};
  }
  optind = 0;  // start anew, also after another table
  opterr = 0;
  for (int code; (code = getopt_long(argc, argv, ":ho:", known, NULL)) != -1;) {
    flag *output = find_flag(flags, count, "output");
    if (code == 'h') {
      *help = true;
      return SP_OK;
    }
    if (code == 'o' && output) {
      SP_TRY(take(output, optarg, arena));
    } else if (code == ':') {
      return sp_fail(SP_ERR_USAGE, "%s: expected a value behind it", argv[optind - 1]);
    } else if (code < FIRST_FLAG) {
      return unknown_flag(argv[optind - 1], flags, count);
    } else {
      SP_TRY(take(&flags[code - FIRST_FLAG], optarg, arena));
    }
  }
  return SP_OK;
}

sp_status sp_flags_parse(int argc, char **argv, const sp_flag_group *groups, int count, const char *positional,
                         sp_arena *arena, bool *help) {
  flag flags[MAX_FLAGS];
  int n = list_flags(groups, count, arena, flags);
  *help = false;
  SP_TRY(set_defaults(flags, n, arena));
  SP_TRY(take_all(argc, argv, flags, n, arena, help));
  if (*help) return SP_OK;
  flag *bare = find_flag(flags, n, positional);
  for (int i = optind; i < argc; i++) {
    if (!bare) return sp_fail(SP_ERR_USAGE, "found '%s', expected an option", argv[i]);
    if (bare->given) return sp_fail(SP_ERR_USAGE, "found '%s', expected one %s only", argv[i], bare->name);
    SP_TRY(take(bare, argv[i], arena));
  }
  for (int i = 0; i < n; i++) {
    bool needed = !flags[i].option->preset && !(flags[i].option->flags & SP_OPTION_OPTIONAL);
    if (!needed || flags[i].given) continue;
    return sp_fail(SP_ERR_USAGE, &flags[i] == bare ? "no %s is given" : "--%s is missing", flags[i].name);
  }
  return SP_OK;
}

// --- help ---------------------------------------------------------------------------------------------------------

void sp_flags_wrap(sp_text *out, const char *paragraph, int indent, int column) {
  enum { WIDTH = 100 };
  for (const char *word = paragraph; *word;) {
    int length = (int)strcspn(word, " ");
    if (column > indent && column + 1 + length > WIDTH) {
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

static void add_value(sp_text *out, const sp_option *option) {
  if (option->kind == SP_OPTION_CHOICE) {
    sp_text_add(out, " %s", option->range);
  } else if (option->kind != SP_OPTION_BOOL) {
    sp_text_append(out, " ", 1);
    const char *unit = option->unit ? option->unit : option->kind == SP_OPTION_INT ? "n" : "x";
    bool upper = true;  // what stands behind a '=' in brackets is to be typed as it is
    for (const char *c = unit; *c; c++) {
      if (*c == '[') upper = false;
      char letter = upper ? (char)toupper((unsigned char)*c) : *c;
      sp_text_append(out, &letter, 1);
    }
  }
}

static void add_option(sp_text *out, const sp_option *option, sp_arena *arena) {
  enum { COLUMN = 30 };
  sp_text left = {0}, right = {0};
  bool output = strcmp(option->name, "output") == 0;
  sp_text_add(&left, "  %s--%s", output ? "-o, " : "", dashed(option->name, arena));
  add_value(&left, option);
  sp_text_add(&right, "%s", option->help);
  if (option->preset && option->kind != SP_OPTION_BOOL) sp_text_add(&right, " (default: %s)", option->preset);
  int length = (int)left.size;
  sp_text_append(out, left.data, left.size);
  if (length > COLUMN - 2) {
    sp_text_add(out, "\n%*s", COLUMN, "");
  } else {
    sp_text_add(out, "%*s", COLUMN - length, "");
  }
  sp_flags_wrap(out, right.data, COLUMN, COLUMN);
  sp_text_free(&right);
  sp_text_free(&left);
}

void sp_flags_help(sp_text *out, const sp_flag_group *groups, int count) {
  sp_arena *arena = sp_arena_create();
  for (int g = 0; g < count; g++) {
    sp_text_add(out, "%s%s:\n", g > 0 ? "\n" : "", groups[g].title);
    for (const sp_option *option = groups[g].table; option->name; option++) add_option(out, option, arena);
  }
  sp_arena_free(arena);
}
