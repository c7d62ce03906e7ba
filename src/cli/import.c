// shardprop import: other formats into an HDF5 data set.
// May include: base, config, data.
#include "cli/import.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/flags.h"
#include "data/import.h"

// --- signals ------------------------------------------------------------------------------------------------------

// A handler reaches nothing else. While the import runs, a signal only asks for its end.
static volatile sig_atomic_t caught;

static void catch_signal(int number) { caught = number; }

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = sizeof signals / sizeof *signals };

static void catch_signals(struct sigaction before[SIGNALS]) {
  struct sigaction action = {.sa_handler = catch_signal};  // no SA_RESTART: a read that waits ends, too
  sigemptyset(&action.sa_mask);
  caught = 0;
  for (int i = 0; i < SIGNALS; i++) {
    sigaction(signals[i], NULL, &before[i]);
    if (before[i].sa_handler != SIG_IGN) sigaction(signals[i], &action, NULL);  // nohup stays in force
  }
  signal(SIGXFSZ, SIG_IGN);  // a file that grows too large is an error of the write
}

static void release_signals(const struct sigaction before[SIGNALS]) {
  for (int i = 0; i < SIGNALS; i++) sigaction(signals[i], &before[i], NULL);
}

// --- help ---------------------------------------------------------------------------------------------------------

static void print_formats(FILE *file) {
  fputs("Usage: shardprop import FORMAT … -o FILE\n\n"
        "Makes an HDF5 data set that `shardprop train` reads.\n\nFormats:\n", file);
  for (const sp_variant *const *format = sp_import_formats; *format; format++) {
    fprintf(file, "  %-12s%s\n", (*format)->name, (*format)->help);
  }
  fputs("\n`shardprop import FORMAT --help` explains each. For example:\n", file);
  for (const sp_variant *const *format = sp_import_formats; *format; format++) {
    fprintf(file, "  %s\n", ((const sp_import_format *)*format)->example);
  }
}

static void print_help(const sp_import_format *format, const sp_flag_group *groups, int count) {
  sp_text text = {0};
  sp_text_add(&text, "Usage: shardprop import %s %s [options] -o FILE\n\n%s\n\n", format->variant.name, format->usage,
              format->details);
  sp_flags_help(&text, groups, count);
  sp_text_add(&text, "\nExample:\n  %s\n", format->example);
  fputs(text.data, stdout);
  sp_text_free(&text);
}

// --- the command --------------------------------------------------------------------------------------------------

static const char *command_line(int argc, char **argv, sp_arena *arena) {
  sp_text text = {0};
  sp_text_add(&text, "shardprop");
  for (int i = 0; i < argc; i++) {
    bool plain = *argv[i] && !strpbrk(argv[i], " \t\n'\"\\$&|;<>()*?[]{}~#`!");
    sp_text_add(&text, plain ? " %s" : " '%s'", argv[i]);
  }
  const char *copy = sp_arena_copy(arena, text.data, text.size);
  sp_text_free(&text);
  return copy;
}

static sp_status import(const sp_import_format *format, int argc, char **argv, sp_arena *arena) {
  sp_import_output output = {0};
  void *options = sp_arena_allocate(arena, format->variant.options_size);
  const sp_flag_group groups[] = {{"Options", format->variant.options, options},
                                  {"Output", sp_import_output_options, &output}};
  const char *command = command_line(argc, argv, arena);  // before its words are permuted
  bool help;
  SP_TRY(sp_flags_parse(argc - 1, argv + 1, groups, 2, format->positional, arena, &help));
  if (help) {
    print_help(format, groups, 2);
    return SP_OK;
  }
  struct sigaction before[SIGNALS];
  catch_signals(before);
  sp_status status = sp_import_run(format, options, &output, command, &caught);
  release_signals(before);
  if (caught) {
    if (status != SP_OK) sp_error("%s", sp_error_message());
    raise(caught);
  }
  return status;
}

int sp_command_import(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "";
  if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
    print_formats(stdout);
    return 0;
  }
  for (const sp_variant *const *format = sp_import_formats; *format; format++) {
    if (strcmp((*format)->name, name) != 0) continue;
    sp_arena *arena = sp_arena_create();
    sp_status status = import((const sp_import_format *)*format, argc, argv, arena);
    sp_arena_free(arena);
    if (status == SP_ERR_USAGE) {
      sp_error("import %s: %s (shardprop import %s --help)", name, sp_error_message(), name);
    } else if (status != SP_OK) {
      sp_error("%s", sp_error_message());
    }
    return sp_exit_code(status);
  }
  if (*name) {
    sp_error("import: found '%s', expected a format: idx, csv, npy or synthetic (shardprop import --help)", name);
  } else {
    print_formats(stderr);
  }
  return sp_exit_code(SP_ERR_USAGE);
}
