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
      "\nEach command has --help. Exit status: 0 done, 1 failed, 2 wrong usage or configuration,\n"
      "75 stopped on request with everything saved (start again to continue), 76 ended by its watchdog (start again);\n"
      "of a crash in the library of an objective, 128 and the signal's number.\n\n"
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
  sp_crash_report();
  return sp_command_end_output(run(argc, argv));
}
