// SPDX-License-Identifier: Apache-2.0
// Running a command: command line, ranks, messages and exit status.
#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/log.h"
#include "comm/launch.h"
#include "config/names.h"

static void print_help(const sp_usage *usage, const sp_flag_group *groups, int count) {
  sp_text text = {0};
  sp_text_add(&text, "usage: %s\n\n%s\n\n", usage->synopsis, usage->details);
  sp_flags_help(&text, groups, count);
  sp_text_add(&text, "\nExample:\n  %s\n", usage->example);
  fputs(text.data, stdout);
  sp_text_free(&text);
}

int sp_command_end_output(int code) {
  static bool ended;
  bool written_before = !ferror(stdout);
  errno = 0;
  if (ended || (fflush(stdout) == 0 && written_before)) return code;
  ended = true;
  if (errno != EPIPE) sp_error("cannot write to standard output%s%s", errno ? ": " : "", errno ? strerror(errno) : "");
  return code == 0 ? 1 : code;
}

/// Report the outcome of a command; returns the exit status of the program.
static int finish(const sp_usage *usage, sp_status status) {
  if (status == SP_STOPPED) {
    sp_info("%s", sp_error_message());
  } else if (status == SP_ERR_USAGE) {
    sp_error("%s: %s; see shardprop %s --help", usage->command, sp_error_message(), usage->command);
  } else if (status != SP_OK) {
    sp_error("%s", sp_error_message());
  }
  return sp_command_end_output(sp_exit_code(status));
}

/// Fill the groups and print the help if it was asked for. *answered: nothing is left to do.
static sp_status read_arguments(const sp_usage *usage, const sp_flag_group *groups, int count, int argc, char **argv,
                                sp_arena *arena, bool *answered) {
  sp_general_flags general;
  *answered = false;
  SP_TRY(sp_flags_parse(argc, argv, groups, count, arena, &general));
  if (general.help) print_help(usage, groups, count);
  if (general.quiet) sp_log_set_level(SP_LOG_WARNING);
  *answered = general.help;
  return SP_OK;
}

int sp_command_alone(const sp_usage *usage, const sp_flag_group *groups, int count, int argc, char **argv,
                     sp_status (*run)(const void *given), const void *given) {
  bool answered;
  sp_arena *arena = sp_arena_create();
  sp_status status = read_arguments(usage, groups, count, argc, argv, arena, &answered);
  if (status == SP_OK && !answered) status = run(given);
  int code = finish(usage, status);
  sp_arena_free(arena);
  return code;
}

/// `arguments` is the status of reading the command line; rank 0 alone reports its failure, too.
static int run_on_ranks(const sp_usage *usage, sp_status arguments,
                        sp_status (*run)(const sp_comm *comm, const void *given), const void *given) {
  sp_comm comm;
  bool first;
  sp_launch launch = sp_launch_read();
  if (arguments != SP_OK && !launch.launcher) return finish(usage, arguments);  // alone: no rank to agree with
  sp_launch_mpi();
  sp_interrupt_remove_unfinished();  // again, because UCX, which Open MPI may load, installs its own SIGHUP handler
  sp_status status = sp_comm_open(MPI_COMM_WORLD, &comm);
  if (status != SP_OK) sp_comm_abort(finish(usage, status));
  status = sp_launch_check(&launch, comm.size, &first);
  if (comm.rank != 0 || !first) sp_log_set_level(SP_LOG_SILENT);
  if (status == SP_OK) status = arguments == SP_OK ? run(&comm, given) : arguments;
  int code = finish(usage, status);  // before MPI_Finalize: a launcher ends all ranks when the first one exits
  sp_comm_close(&comm);
  MPI_Finalize();
  return code;
}

int sp_command_on_ranks(const sp_usage *usage, const sp_flag_group *groups, int count, int argc, char **argv,
                        sp_status (*run)(const sp_comm *comm, const void *given), const void *given) {
  bool answered;
  sp_arena *arena = sp_arena_create();
  sp_status status = read_arguments(usage, groups, count, argc, argv, arena, &answered);
  int code = answered ? 0 : run_on_ranks(usage, status, run, given);
  sp_arena_free(arena);
  return code;
}

sp_status sp_unknown_name(const char *what, const char *name, const char *const *names, int64_t count) {
  const char *nearest = sp_nearest_name(name, names, count);
  if (nearest) return sp_fail(SP_ERR_USAGE, "unknown %s '%s' (did you mean '%s'?)", what, name, nearest);
  sp_text known = {0};
  for (int64_t i = 0; i < count; i++) sp_text_add(&known, "%s%s", i ? ", " : "", names[i]);
  sp_status status = sp_fail(SP_ERR_USAGE, "unknown %s '%s': expected one of %s", what, name, known.data);
  sp_text_free(&known);
  return status;
}

sp_status sp_unknown_variant(const char *what, const char *name, const sp_variant *const *variants) {
  enum { MOST = 128 };
  const char *names[MOST];
  int64_t count = 0;
  for (; variants[count] && count < MOST; count++) names[count] = variants[count]->name;
  return sp_unknown_name(what, name, names, count);
}
