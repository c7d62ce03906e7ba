// SPDX-License-Identifier: Apache-2.0
// The commands, one file each, and how one runs: its command line, its ranks, what it says and exits with.
#ifndef SP_CLI_COMMAND_H
#define SP_CLI_COMMAND_H

#include "cli/flags.h"
#include "comm/comm.h"
#include "shardprop/status.h"

// --- to add a command: a file command_NAME.c, and a line in command_list.h ----------------------------------------

typedef struct sp_command {
  sp_variant variant;                 ///< name, and one line of help
  int (*run)(int argc, char **argv);  ///< argv[0] is the name; returns the exit status of the program
} sp_command;

#define SP_COMMAND(name) extern const sp_command sp_command_##name;
#include "cli/command_list.h"
#undef SP_COMMAND

// --- how a command runs -------------------------------------------------------------------------------------------

/// Rows of the options that most commands have; the offsets are of a const char * and an sp_strings.
#define SP_CONFIG_ARGUMENT(at)                                                               \
  {                                                                                          \
    .name = "config", .kind = SP_OPTION_STRING, .offset = at, .flags = SP_OPTION_POSITIONAL, \
    .help = "the configuration, a YAML file"                                                 \
  }
#define SP_SET_OPTION(at)                                                                         \
  {                                                                                               \
    .name = "set", .letter = 's', .kind = SP_OPTION_STRINGS, .offset = at, .unit = "key=value",   \
    .flags = SP_OPTION_OPTIONAL, .help = "override the configuration; may be given several times" \
  }

/// What --help says around the options; `details` and `example` may have several lines.
typedef struct sp_usage {
  const char *command;  ///< "train", "import csv"
  const char *synopsis;
  const char *details;
  const char *example;
} sp_usage;

/// Fill the groups from argv, answer --help on stdout, else call `run`. What goes wrong is said on stderr.
/// `given` is what the groups fill, or whatever else `run` needs. Returns what the program exits with.
int sp_command_alone(const sp_usage *usage, const sp_flag_group *groups, int count, int argc, char **argv,
                     sp_status (*run)(const void *given), const void *given);

/// The same with `run` on all ranks, between MPI_Init and MPI_Finalize; only rank 0 speaks. --help needs no MPI.
int sp_command_on_ranks(const sp_usage *usage, const sp_flag_group *groups, int count, int argc, char **argv,
                        sp_status (*run)(const sp_comm *comm, const void *given), const void *given);

/// Flush standard output and return the exit status of the program: `code`, or 1 instead of 0 when writing failed. The
/// failure is reported, except a pipe that its reader has closed.
int sp_command_end_output(int code);

/// SP_ERR_USAGE: "unknown layer 'dens' (did you mean 'dense'?)", or "…: there are " and all names.
sp_status sp_unknown_name(const char *what, const char *name, const char *const *names, int64_t count);
sp_status sp_unknown_variant(const char *what, const char *name, const sp_variant *const *variants);

#endif
