// SPDX-License-Identifier: Apache-2.0
// Command-line flags from option tables: the tables that describe YAML options also read and document `--name VALUE`.
#ifndef SP_CLI_FLAGS_H
#define SP_CLI_FLAGS_H

#include <stdbool.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/options.h"

/// A table and the struct it fills. The kinds BOOL, INT, REAL, STRING, STRINGS, CHOICE and INTERVAL are allowed on a
/// command line. The option `train_images` is the flag --train-images; a BOOL takes no value; STRINGS may be repeated.
typedef struct sp_flag_group {
  const char *title;  ///< heading in the help
  const sp_option *table;
  void *out;
} sp_flag_group;

/// The flags of every command.
typedef struct sp_general_flags {
  bool quiet, help;
} sp_general_flags;

/// Fill the structs from their defaults and argv[1 …]. Permutes argv (getopt_long). Arguments after --help are not
/// checked. The strings filled in are owned by the arena or by argv.
/// Errors: SP_ERR_USAGE for unknown, missing and wrong flags and values.
sp_status sp_flags_parse(int argc, char **argv, const sp_flag_group *groups, int count, sp_arena *arena,
                         sp_general_flags *general);

/// Append the help in two columns, a flag and its description; the general flags come last.
void sp_flags_help(sp_text *out, const sp_flag_group *groups, int count);

#endif
