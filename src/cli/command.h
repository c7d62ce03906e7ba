// SPDX-License-Identifier: Apache-2.0
// The commands, one file each, and the code that runs one: command line, ranks, messages and exit status.
#ifndef SP_CLI_COMMAND_H
#define SP_CLI_COMMAND_H

#include "cli/flags.h"
#include "comm/comm.h"
#include "shardprop/status.h"

// --- to add a command: add a file command_NAME.c and a line in command_list.h -------------------------------------

typedef struct sp_command {
  sp_variant variant;                 ///< name, and one line of help
  int (*run)(int argc, char **argv);  ///< argv[0] is the name; returns the exit status of the program
} sp_command;

#define SP_COMMAND(name) extern const sp_command sp_command_##name;
#include "cli/command_list.h"
#undef SP_COMMAND

// --- running a command --------------------------------------------------------------------------------------------

/// Table rows of the options that most commands share. `at` is the offset of a const char * (CONFIG) or an sp_strings.
#define SP_CONFIG_ARGUMENT(at)                                                               \
  {                                                                                          \
    .name = "config", .kind = SP_OPTION_STRING, .offset = at, .flags = SP_OPTION_POSITIONAL, \
    .help = "YAML file with the configuration"                                               \
  }
#define SP_SET_OPTION(at)                                                                           \
  {                                                                                                 \
    .name = "set", .letter = 's', .kind = SP_OPTION_STRINGS, .offset = at, .unit = "key=value",     \
    .flags = SP_OPTION_OPTIONAL, .help = "override an option of the configuration; may be repeated" \
  }

/// The text of --help around the list of options. `details` and `example` may have several lines.
typedef struct sp_usage {
  const char *command;  ///< "train", "import csv"
  const char *synopsis;
  const char *details;
  const char *example;
} sp_usage;

/// Fill the groups from argv, then print the help on stdout if --help was given, otherwise call `run`. Errors are
/// reported on stderr. `given` is passed to `run`; usually it is the struct that the groups fill. Returns the exit
/// status of the program.
int sp_command_alone(const sp_usage *usage, const sp_flag_group *groups, int count, int argc, char **argv,
                     sp_status (*run)(const void *given), const void *given);

/// The same with `run` called on all ranks, between MPI_Init and MPI_Finalize. Only rank 0 prints messages. --help works
/// without MPI.
int sp_command_on_ranks(const sp_usage *usage, const sp_flag_group *groups, int count, int argc, char **argv,
                        sp_status (*run)(const sp_comm *comm, const void *given), const void *given);

/// Flush standard output and return the exit status of the program: `code`, or 1 instead of 0 if writing failed. A
/// failure is reported unless the reader has closed the pipe.
int sp_command_end_output(int code);

/// Return SP_ERR_USAGE: "unknown layer 'dens' (did you mean 'dense'?)", or "…: expected one of" and all names.
sp_status sp_unknown_name(const char *what, const char *name, const char *const *names, int64_t count);
sp_status sp_unknown_variant(const char *what, const char *name, const sp_variant *const *variants);

#endif
