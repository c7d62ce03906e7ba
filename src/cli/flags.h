// Command-line flags from option tables: what describes an option in YAML binds and explains `--name VALUE` as well.
// May include: base, config.
#ifndef SP_CLI_FLAGS_H
#define SP_CLI_FLAGS_H

#include <stdbool.h>

#include "base/memory.h"
#include "config/options.h"

/// A table and the struct it fills. BOOL, INT, REAL, STRING, STRINGS and CHOICE can stand on a command line; the option
/// `train_images` is the flag --train-images, `output` also -o.
typedef struct sp_flag_group {
  const char *title;  ///< for help
  const sp_option *table;
  void *out;
} sp_flag_group;

/// Fill the structs from their defaults and argv[1 …] (getopt_long: argv is permuted). `*help` tells that --help or -h
/// was given: nothing else is checked then. What stands without a flag is given to the option called `positional`, or
/// refused when that is NULL. What is filled in belongs to the arena or to argv.
/// Errors: SP_ERR_USAGE for unknown, missing and wrong flags and values.
sp_status sp_flags_parse(int argc, char **argv, const sp_flag_group *groups, int count, const char *positional,
                         sp_arena *arena, bool *help);

/// Help for people: two columns, a flag and what it does.
void sp_flags_help(sp_text *out, const sp_flag_group *groups, int count);

/// Append a paragraph whose lines are at most 100 columns wide, each after the first indented by `indent`; `column` is
/// where the text begins.
void sp_flags_wrap(sp_text *out, const char *paragraph, int indent, int column);

#endif
