// The commands: one file each, one line in the list of main.c.
// May include: everything.
#ifndef SP_CLI_COMMAND_H
#define SP_CLI_COMMAND_H

#include <getopt.h>

#include "comm/comm.h"
#include "shardprop/status.h"

/// Run a command: argv[0] is its name. Returns what the program exits with.
typedef int (*sp_command)(int argc, char **argv);

int sp_command_train(int argc, char **argv);
int sp_command_eval(int argc, char **argv);
int sp_command_plan(int argc, char **argv);
int sp_command_inspect(int argc, char **argv);
int sp_command_help(int argc, char **argv);

/// What several commands share: `--set key=value`, `--quiet`, one name, and MPI.
typedef struct sp_arguments {
  const char *name;  ///< the one positional argument
  const char *overrides[256];
  int override_count;
  bool help;
  const char *value[8];  ///< of the command's own options, by their index; "" for one without a value
} sp_arguments;

/// A command's own option.
typedef struct sp_flag {
  const char *name;
  char letter;  ///< 0: none
  bool takes_value;
} sp_flag;

/// Parse `argv`. Errors: SP_ERR_USAGE.
sp_status sp_arguments_read(int argc, char **argv, const sp_flag *flags, int flag_count, sp_arguments *out);

/// Run `body` on all ranks between MPI_Init and MPI_Finalize; rank 0 speaks, and says what went wrong at the end.
/// Returns what the program exits with.
int sp_with_mpi(sp_status (*body)(const sp_comm *comm, const sp_arguments *arguments), const sp_arguments *arguments);

/// Say what is wrong with a command line; returns 2.
int sp_usage_error(const char *command);

#endif
