// SPDX-License-Identifier: Apache-2.0
// shardprop import: convert files of other formats to an HDF5 file.
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/command.h"
#include "config/names.h"
#include "import/import_format.h"

// --- the command --------------------------------------------------------------------------------------------------

typedef struct import_arguments {
  const sp_import_format *format;
  void *options;  // of the format
  sp_import_output output;
  const char *command;  // the command line, which the file records
} import_arguments;

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

static sp_status import(const void *context) {
  const import_arguments *given = context;
  return sp_import_run(given->format, given->options, &given->output, given->command);
}

static int import_format(const sp_import_format *format, int argc, char **argv) {
  sp_arena *arena = sp_arena_create();
  const char *name = format->variant.name;
  import_arguments given = {.format = format,
                            .options = sp_arena_allocate(arena, format->variant.options_size),
                            .command = command_line(argc, argv, arena)};
  const sp_usage usage = {
      .command = sp_arena_format(arena, "import %s", name),
      .synopsis = sp_arena_format(arena, "shardprop import %s %s [options] -o FILE", name, format->usage),
      .details = format->details,
      .example = format->example};
  const sp_flag_group groups[] = {{"Options", format->variant.options, given.options},
                                  {"Output", sp_import_output_options, &given.output}};
  int code = sp_command_alone(&usage, groups, 2, argc - 1, argv + 1, import, &given);
  sp_arena_free(arena);
  return code;
}

// --- the formats --------------------------------------------------------------------------------------------------

static void list_formats(FILE *file) {
  fputs(
      "usage: shardprop import FORMAT ... -o FILE\n\n"
      "Create an HDF5 file with data sets that `shardprop train` reads.\n\nFormats:\n",
      file);
  for (const sp_variant *const *format = sp_import_formats; *format; format++) {
    fprintf(file, "  %-12s%s\n", (*format)->name, (*format)->help);
  }
  fputs("\n`shardprop import FORMAT --help` explains a format.\n\nExamples:\n", file);
  for (const sp_variant *const *format = sp_import_formats; *format; format++) {
    fprintf(file, "  %s\n", ((const sp_import_format *)*format)->example);
  }
}

static int execute(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : NULL;
  bool help = name && (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0);
  if (!name || help) {
    list_formats(help ? stdout : stderr);
    return sp_exit_code(help ? SP_OK : SP_ERR_USAGE);
  }
  const sp_variant *format = sp_variant_find(sp_import_formats, name);
  if (format) return import_format((const sp_import_format *)format, argc, argv);
  sp_status status = sp_unknown_variant("format", name, sp_import_formats);
  sp_error("import: %s; see shardprop import --help", sp_error_message());
  return sp_exit_code(status);
}

const sp_command sp_command_import = {
    .variant = {"import", "create an HDF5 file from IDX, CSV or NumPy files, or with synthetic data"}, .run = execute};
