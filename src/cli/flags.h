// SPDX-License-Identifier: Apache-2.0
// Command-line flags from option tables: what describes an option in YAML binds and explains `--name VALUE` as well.
#ifndef SP_CLI_FLAGS_H
#define SP_CLI_FLAGS_H

#include <stdbool.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/options.h"

/// A table and the struct it fills. BOOL, INT, REAL, STRING, STRINGS, CHOICE and INTERVAL can stand on a command line;
/// the option `train_images` is the flag --train-images, a BOOL takes no value, STRINGS may be given several times.
typedef struct sp_flag_group {
  const char *title;  ///< for help
  const sp_option *table;
  void *out;
} sp_flag_group;

/// The flags of every command.
typedef struct sp_general_flags {
  bool quiet, help;
} sp_general_flags;

/// Fill the structs from their defaults and argv[1 …] (getopt_long: argv is permuted). Nothing behind --help is checked.
/// What is filled in belongs to the arena or to argv.
/// Errors: SP_ERR_USAGE for unknown, missing and wrong flags and values.
sp_status sp_flags_parse(int argc, char **argv, const sp_flag_group *groups, int count, sp_arena *arena,
                         sp_general_flags *general);

/// Help for people: two columns, a flag and what it does; the general flags at the end.
void sp_flags_help(sp_text *out, const sp_flag_group *groups, int count);

#endif
