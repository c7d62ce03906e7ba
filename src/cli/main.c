// SPDX-License-Identifier: Apache-2.0
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
#include "compute/cpu.h"
#include "config/names.h"
#include "hdf5/hdf5_file.h"

static const sp_variant *const commands[] = {
#define SP_COMMAND(name) &sp_command_##name.variant,
#include "cli/command_list.h"
#undef SP_COMMAND
    NULL};

static void usage(FILE *out) {
  fputs("shardprop " SP_VERSION ": distributed data-parallel training for CPU clusters\n\nusage:\n", out);
  for (const sp_variant *const *command = commands; *command; command++) {
    fprintf(out, "  shardprop %-16s %s\n", (*command)->name, (*command)->help);
  }
  fputs(
      "\n`shardprop COMMAND --help` explains a command, `shardprop help` the configuration file.\n\n"
      "Exit status:\n"
      "  0      success\n"
      "  1      failure\n"
      "  2      wrong usage or configuration\n"
      "  75     stopped on request after saving a checkpoint; start the run again to continue\n"
      "  76     ended by the watchdog; start the run again to continue\n"
      "  128+N  signal N, after a crash in the library of an objective\n\n"
      "Example:\n"
      "  mpirun -n 2 shardprop train configs/fashion_mnist.yaml\n",
      out);
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
  const sp_variant *command = sp_variant_find(commands, argv[1]);
  if (command) return ((const sp_command *)(const void *)command)->run(argc - 1, argv + 1);
  sp_status status = sp_unknown_variant("command", argv[1], commands);
  sp_error("%s; see shardprop --help", sp_error_message());
  return sp_exit_code(status);
}

/// Open the standard files that the caller has closed, so that no file opened later gets the number of one of them.
static void open_standard_files(void) {
  for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
    if (fcntl(i, F_GETFD) < 0 && open("/dev/null", i == STDOUT_FILENO ? O_RDONLY : O_RDWR) < 0) return;
  }
}

int main(int argc, char **argv) {
  sp_locale_enter();  // holds even if the library of an objective sets another locale
  open_standard_files();
  sp_interrupt_write_errors();
  sp_interrupt_remove_unfinished();
  sp_hdf5_start();
  sp_crash_report();
  sp_status status = sp_cpu_check();
  if (status != SP_OK) {
    sp_error("%s", sp_error_message());
    return sp_exit_code(status);
  }
  return sp_command_end_output(run(argc, argv));
}
