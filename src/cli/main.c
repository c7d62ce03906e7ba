// The program: finds the command and runs it.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/interrupt.h"
#include "base/locale.h"
#include "base/log.h"
#include "cli/command.h"
#include "hdf5/hdf5_file.h"

static const struct {
  const char *name;
  int (*run)(int argc, char **argv);
  const char *help;
} commands[] = {
    {"train", sp_command_train, "train, or go on where the run stopped (under mpirun)"},
    {"eval", sp_command_eval, "score a run or a checkpoint on test rows"},
    {"predict", sp_command_predict, "write what a run's network gives for each row to a file"},
    {"import", sp_command_import, "make an HDF5 data set from IDX, CSV or NumPy files, or a synthetic one"},
    {"plan", sp_command_plan, "check a configuration; show the model, memory, messages and disk it takes"},
    {"bench", sp_command_bench, "measure a step beside what the machine can do (under mpirun)"},
    {"lr-find", sp_command_lr_find, "find a learning rate: losses while it rises, as a table and a picture (under mpirun)"},
    {"inspect", sp_command_inspect, "show what is in a data set, a run or a checkpoint"},
    {"verify", sp_command_verify, "check that checkpoints are whole, or tell what of them is damaged"},
    {"diff", sp_command_diff, "compare two checkpoints: the same bits, or what differs and by how much"},
    {"status", sp_command_status, "where a run stands: while it goes on, and after it ended or died"},
    {"plot", sp_command_plot, "draw curves of what runs have recorded: loss and metrics over steps or epochs"},
    {"check-objective", sp_command_check_objective, "compare the gradient of an objective with finite differences"},
    {"help", sp_command_help, "explain layers, losses, rules and every option"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void usage(FILE *out) {
  fputs("shardprop " SP_VERSION ": distributed data-parallel training for CPU clusters\n\nusage:\n", out);
  for (int i = 0; i < COMMANDS; i++) fprintf(out, "  shardprop %-16s %s\n", commands[i].name, commands[i].help);
  fputs("\nEach command has --help. Exit status: 0 done, 1 failed, 2 wrong usage or configuration,\n"
        "75 stopped on request with everything saved (start again to go on), 76 ended by its watchdog (start again);\n"
        "of a crash in the library of an objective, 128 and the signal's number.\n\n"
        "  mpirun -n 2 shardprop train configs/fashion_mnist.yaml\n", out);
}

static int unknown(const char *name) {
  const char *names[COMMANDS];
  for (int i = 0; i < COMMANDS; i++) names[i] = commands[i].name;
  sp_status status = sp_unknown_name("command", name, names, COMMANDS);
  sp_error("%s; see shardprop --help", sp_error_message());
  return sp_exit_code(status);
}

static int run(int argc, char **argv) {
  if (argc < 2) {
    usage(stderr);
    return sp_exit_code(SP_ERR_USAGE);
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    usage(stdout);
    return 0;
  }
  if (strcmp(argv[1], "--version") == 0) {
    puts("shardprop " SP_VERSION);
    return 0;
  }
  for (int i = 0; i < COMMANDS; i++) {
    if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
  }
  return unknown(argv[1]);
}

/// A file that is opened must never become standard output or standard error, which the caller may have closed.
static void open_standard_files(void) {
  for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
    if (fcntl(i, F_GETFD) < 0 && open("/dev/null", i == STDOUT_FILENO ? O_RDONLY : O_RDWR) < 0) return;
  }
}

int main(int argc, char **argv) {
  sp_locale_enter();  // also where the library of an objective sets another one
  open_standard_files();
  sp_interrupt_write_errors();
  sp_interrupt_remove_unfinished();
  sp_hdf5_start();
  sp_crash_tell();
  return sp_command_end_output(run(argc, argv));
}
