// SPDX-License-Identifier: Apache-2.0
// Command-line flags from option tables.
#include "cli/flags.h"

#include <ctype.h>
#include <getopt.h>
#include <string.h>

#include "config/names.h"
#include "config/read.h"

enum { FIRST_FLAG = 256, MAX_FLAGS = 64, COLUMN = 30, WIDTH = 100 };

typedef struct flag {
  const sp_option *option;
  void *member;
  const char *name;  // with dashes
  bool given;
} flag;

#define AT(member) offsetof(sp_general_flags, member)
static const sp_option general_options[] = {{.name = "quiet",
                                             .letter = 'q',
                                             .kind = SP_OPTION_BOOL,
                                             .offset = AT(quiet),
                                             .preset = "false",
                                             .help = "print warnings and errors only"},
                                            {.name = "help",
                                             .letter = 'h',
                                             .kind = SP_OPTION_BOOL,
                                             .offset = AT(help),
                                             .preset = "false",
                                             .help = "print this help"},
                                            {0}};

// --- the flags of a command ---------------------------------------------------------------------------------------

static const char *dashed(const char *name, sp_arena *arena) {
  char *copy = sp_arena_copy(arena, name, strlen(name));
  for (char *c = copy; *c; c++) {
    if (*c == '_') *c = '-';
  }
  return copy;
}

static int list_flags(const sp_flag_group *group, sp_arena *arena, flag *flags, int count) {
  for (const sp_option *option = group->table; option->name && count < MAX_FLAGS; option++) {
    flags[count++] = (flag){option, (char *)group->out + option->offset, dashed(option->name, arena), false};
  }
  return count;
}

static bool is_positional(const flag *f) { return f->option->flags & SP_OPTION_POSITIONAL; }

/// Return the flag that getopt_long reports as `code`, or NULL.
static flag *flag_of(int code, flag *flags, int count) {
  for (int i = 0; i < count; i++) {
    if (code == FIRST_FLAG + i || (flags[i].option->letter && code == flags[i].option->letter)) return &flags[i];
  }
  return NULL;
}

// --- values -------------------------------------------------------------------------------------------------------

static void append_string(sp_strings *strings, const char *text, sp_arena *arena) {
  const char **item = sp_arena_allocate(arena, (size_t)(strings->count + 1) * sizeof *item);
  for (int64_t i = 0; i < strings->count; i++) item[i] = strings->item[i];
  item[strings->count] = text;
  *strings = (sp_strings){item, strings->count + 1};
}

static sp_status set_defaults(const flag *flags, int count) {
  for (int i = 0; i < count; i++) {
    if (flags[i].option->kind == SP_OPTION_STRINGS) {
      *(sp_strings *)flags[i].member = (sp_strings){0};
    } else {
      SP_TRY(
          sp_context(sp_option_read(flags[i].option, flags[i].option->preset, flags[i].member), "--%s", flags[i].name));
    }
  }
  return SP_OK;
}

static sp_status take(flag *f, const char *text, sp_arena *arena) {
  if (f->option->kind == SP_OPTION_STRINGS) {
    append_string(f->member, text, arena);
  } else if (f->given && f->option->kind != SP_OPTION_BOOL) {
    return sp_fail(SP_ERR_USAGE, "--%s: given twice", f->name);
  } else {
    const char *value = f->option->kind == SP_OPTION_BOOL ? "true" : text;
    SP_TRY(sp_context(sp_option_read(f->option, value, f->member), is_positional(f) ? "%s" : "--%s", f->name));
  }
  f->given = true;
  return SP_OK;
}

// --- parsing ------------------------------------------------------------------------------------------------------

static sp_status unknown_flag(const char *text, const flag *flags, int count, sp_arena *arena) {
  const char *names[MAX_FLAGS], *name = text + strspn(text, "-");
  int known = 0;
  for (int i = 0; i < count; i++) {
    if (!is_positional(&flags[i])) names[known++] = flags[i].name;
  }
  const char *nearest = sp_nearest_name(sp_arena_copy(arena, name, strcspn(name, "=")), names, known);
  if (!nearest) return sp_fail(SP_ERR_USAGE, "unknown option '%s'", text);
  return sp_fail(SP_ERR_USAGE, "unknown option '%s' (did you mean --%s?)", text, nearest);
}

/// Return the error for which getopt_long returned ':' or '?'. optopt is the code of a known flag, or the letter.
static sp_status refuse(int code, char **argv, flag *flags, int count, sp_arena *arena) {
  const flag *known = flag_of(optopt, flags, count);
  if (known && code == ':') return sp_fail(SP_ERR_USAGE, "--%s: needs a value", known->name);
  if (known) return sp_fail(SP_ERR_USAGE, "--%s: takes no value", known->name);
  if (optopt) return sp_fail(SP_ERR_USAGE, "unknown option '-%c'", optopt);
  return unknown_flag(argv[optind - 1], flags, count, arena);
}

static sp_status take_flags(int argc, char **argv, flag *flags, int count, sp_arena *arena, const bool *stop) {
  struct option known[MAX_FLAGS + 1] = {0}, *next = known;
  char letters[2 * MAX_FLAGS + 2] = ":", *letter = letters + 1;
  for (int i = 0; i < count; i++) {
    if (is_positional(&flags[i])) continue;
    bool bare = flags[i].option->kind == SP_OPTION_BOOL;
    *next++ = (struct option){flags[i].name, bare ? no_argument : required_argument, NULL, FIRST_FLAG + i};
    if (!flags[i].option->letter) continue;
    *letter++ = flags[i].option->letter;
    if (!bare) *letter++ = ':';
  }
  optind = 0;  // reset getopt_long, which may have read another table before
  opterr = 0;
  for (int code; !*stop && (code = getopt_long(argc, argv, letters, known, NULL)) != -1;) {
    if (code == ':' || code == '?') return refuse(code, argv, flags, count, arena);
    SP_TRY(take(flag_of(code, flags, count), optarg, arena));
  }
  return SP_OK;
}

/// Can the flag take a positional argument, or one more?
static bool is_open(const flag *f) { return is_positional(f) && (!f->given || f->option->kind == SP_OPTION_STRINGS); }

static sp_status take_positionals(int argc, char **argv, flag *flags, int count, sp_arena *arena) {
  int at = 0;
  for (int i = optind; i < argc; i++) {
    while (at < count && !is_open(&flags[at])) at++;
    if (at == count) return sp_fail(SP_ERR_USAGE, "found '%s', expected no more arguments", argv[i]);
    SP_TRY(take(&flags[at], argv[i], arena));
  }
  return SP_OK;
}

sp_status sp_flags_parse(int argc, char **argv, const sp_flag_group *groups, int count, sp_arena *arena,
                         sp_general_flags *general) {
  flag flags[MAX_FLAGS];
  int n = 0;
  for (int g = 0; g < count; g++) n = list_flags(&groups[g], arena, flags, n);
  n = list_flags(&(sp_flag_group){.table = general_options, .out = general}, arena, flags, n);
  SP_TRY(set_defaults(flags, n));
  SP_TRY(take_flags(argc, argv, flags, n, arena, &general->help));
  if (general->help) return SP_OK;
  SP_TRY(take_positionals(argc, argv, flags, n, arena));
  for (int i = 0; i < n; i++) {
    bool needed = !flags[i].option->preset && !(flags[i].option->flags & SP_OPTION_OPTIONAL);
    if (!needed || flags[i].given) continue;
    return sp_fail(SP_ERR_USAGE, is_positional(&flags[i]) ? "missing argument: %s" : "--%s is missing", flags[i].name);
  }
  return SP_OK;
}

// --- help ---------------------------------------------------------------------------------------------------------

/// Append the placeholder of the value: in capitals up to a '[', from where on the text is literal.
static void add_unit(sp_text *out, const char *unit) {
  bool upper = true;
  for (const char *c = unit; *c; c++) {
    if (*c == '[') upper = false;
    char letter = upper ? (char)toupper((unsigned char)*c) : *c;
    sp_text_append(out, &letter, 1);
  }
}

/// "full|chunks|none"
static void add_choices(sp_text *out, const char *range, sp_arena *arena) {
  for (const char *word = range; *word;) {
    size_t length = strcspn(word, "|");
    sp_name_add(out, sp_arena_copy(arena, word, length));
    word += length;
    if (*word) sp_text_append(out, word++, 1);
  }
}

static void add_value(sp_text *out, const sp_option *option, sp_arena *arena) {
  if (option->kind == SP_OPTION_CHOICE) {
    sp_text_append(out, " ", 1);
    add_choices(out, option->range, arena);
  } else if (option->kind != SP_OPTION_BOOL) {
    sp_text_append(out, " ", 1);
    add_unit(out, option->unit ? option->unit : option->kind == SP_OPTION_INT ? "n" : "x");
  }
}

static void add_option(sp_text *out, const sp_option *option, sp_arena *arena) {
  sp_text left = {0}, right = {0};
  if (option->flags & SP_OPTION_POSITIONAL) {
    sp_text_append(&left, "  ", 2);
    add_unit(&left, option->unit ? option->unit : option->name);
  } else {
    const char letter[] = {'-', option->letter, ',', '\0'};
    sp_text_add(&left, "  %-4s--%s", option->letter ? letter : "", dashed(option->name, arena));
    add_value(&left, option, arena);
  }
  sp_text_add(&right, "%s", option->help);
  if (option->preset && option->kind != SP_OPTION_BOOL) {
    sp_text_add(&right, " (default: ");
    sp_name_add(&right, option->preset);
    sp_text_add(&right, ")");
  }
  int length = (int)left.size;
  sp_text_append(out, left.data, left.size);
  if (length > COLUMN - 2) {
    sp_text_add(out, "\n%*s", COLUMN, "");
  } else {
    sp_text_add(out, "%*s", COLUMN - length, "");
  }
  sp_text_wrap(out, right.data, COLUMN, WIDTH);
  sp_text_free(&right);
  sp_text_free(&left);
}

void sp_flags_help(sp_text *out, const sp_flag_group *groups, int count) {
  const sp_flag_group general = {.title = "General", .table = general_options};
  sp_arena *arena = sp_arena_create();
  for (int g = 0; g <= count; g++) {
    const sp_flag_group *group = g < count ? &groups[g] : &general;
    sp_text_add(out, "%s%s:\n", g > 0 ? "\n" : "", group->title);
    for (const sp_option *option = group->table; option->name; option++) add_option(out, option, arena);
  }
  sp_arena_free(arena);
}
