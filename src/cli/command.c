// Arguments and MPI for the commands that train and score.
// May include: everything.
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

enum { FIRST_FLAG = 1000, MOST_FLAGS = 8, MOST_OVERRIDES = 256 };

static int flag_of(int code, const sp_flag *flags, int flag_count) {
  for (int i = 0; i < flag_count; i++) {
    if (code == FIRST_FLAG + i || (flags[i].letter && code == flags[i].letter)) return i;
  }
  return -1;
}

sp_status sp_arguments_read(int argc, char **argv, const sp_flag *flags, int flag_count, sp_arguments *out) {
  struct option options[MOST_FLAGS + 4] = {{"set", required_argument, NULL, 's'},
                                           {"quiet", no_argument, NULL, 'q'},
                                           {"help", no_argument, NULL, 'h'}};
  char letters[2 * MOST_FLAGS + 8] = ":s:qh";
  for (int i = 0; i < flag_count; i++) {
    int argument = flags[i].takes_value ? required_argument : no_argument;
    options[3 + i] = (struct option){flags[i].name, argument, NULL, FIRST_FLAG + i};
    if (flags[i].letter) {
      const char letter[] = {flags[i].letter, flags[i].takes_value ? ':' : '\0', '\0'};
      strcat(letters, letter);
    }
  }
  sp_arguments arguments = {0};
  optind = 1;
  for (int code; (code = getopt_long(argc, argv, letters, options, NULL)) != -1;) {
    int flag = flag_of(code, flags, flag_count);
    if (flag >= 0) {
      arguments.value[flag] = optarg ? optarg : "";
    } else if (code == 's' && arguments.override_count < MOST_OVERRIDES) {
      arguments.overrides[arguments.override_count++] = optarg;
    } else if (code == 's') {
      return sp_fail(SP_ERR_USAGE, "more than %d --set", MOST_OVERRIDES);
    } else if (code == 'q') {
      sp_log_set_level(SP_LOG_WARNING);
    } else if (code == 'h') {
      arguments.help = true;
    } else {
      return sp_fail(SP_ERR_USAGE, code == ':' ? "option '%s' needs a value" : "unknown option '%s'", argv[optind - 1]);
    }
  }
  if (!arguments.help && optind == argc) return sp_fail(SP_ERR_USAGE, "a name is missing");
  if (optind + 1 < argc) return sp_fail(SP_ERR_USAGE, "'%s' is one argument too many", argv[optind + 1]);
  if (optind < argc) arguments.name = argv[optind];
  *out = arguments;
  return SP_OK;
}

int sp_usage_error(const char *command) {
  sp_error("%s: %s (see shardprop %s --help)", command, sp_error_message(), command);
  return sp_exit_code(SP_ERR_USAGE);
}

int sp_with_mpi(sp_status (*body)(const sp_comm *, const sp_arguments *), const sp_arguments *arguments) {
  sp_comm comm;
  MPI_Init(NULL, NULL);
  sp_status status = sp_comm_open(MPI_COMM_WORLD, &comm);
  if (status != SP_OK) {
    sp_error("%s", sp_error_message());
    sp_comm_abort(sp_exit_code(status));
  }
  sp_log_level level = sp_log_get_level();
  if (comm.rank != 0) sp_log_set_level(SP_LOG_SILENT);
  status = body(&comm, arguments);
  if (status == SP_STOPPED) sp_info("%s", sp_error_message());
  if (status != SP_OK && status != SP_STOPPED) sp_error("%s", sp_error_message());
  sp_log_set_level(level);
  sp_comm_close(&comm);
  MPI_Finalize();
  return sp_exit_code(status);
}
