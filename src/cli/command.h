// The commands, one file each, and how one runs: its command line, its ranks, what it says and exits with.
#ifndef SP_CLI_COMMAND_H
#define SP_CLI_COMMAND_H

#include "cli/flags.h"
#include "comm/comm.h"
#include "shardprop/status.h"

// Each runs a command, argv[0] being its name, and returns what the program exits with.
// To add one: a file like command_train.c, a line here, and a line in the list of main.c.
int sp_command_train(int argc, char **argv);
int sp_command_eval(int argc, char **argv);
int sp_command_predict(int argc, char **argv);
int sp_command_import(int argc, char **argv);
int sp_command_bench(int argc, char **argv);
int sp_command_plan(int argc, char **argv);
int sp_command_inspect(int argc, char **argv);
int sp_command_verify(int argc, char **argv);
int sp_command_diff(int argc, char **argv);
int sp_command_status(int argc, char **argv);
int sp_command_lr_find(int argc, char **argv);
int sp_command_plot(int argc, char **argv);
int sp_command_check_objective(int argc, char **argv);
int sp_command_help(int argc, char **argv);

/// Rows of the options that most commands have; the offsets are of a const char * and an sp_strings.
#define SP_CONFIG_ARGUMENT(at)                                                              \
  {.name = "config", .kind = SP_OPTION_STRING, .offset = at, .flags = SP_OPTION_POSITIONAL, \
   .help = "the configuration, a YAML file"}
#define SP_SET_OPTION(at)                                                                             \
  {.name = "set", .letter = 's', .kind = SP_OPTION_STRINGS, .offset = at, .unit = "key=value",        \
   .flags = SP_OPTION_OPTIONAL, .help = "override the configuration; may be given several times"}

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
