// SPDX-License-Identifier: Apache-2.0
// Starts MPI, and checks that the launcher and MPI agree.
#include "comm/launch.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/ticker.h"
#include "comm/comm.h"

// --- environment of the launcher -----------------------------------------------------------------------------------

/// The environment variables in which launchers pass the number of processes and the number of this process. A launcher
/// precedes those that may have started it: where mpirun uses srun, Slurm's variables are those of Open MPI's daemons.
static const struct {
  const char *name, *count, *number;
} launchers[] = {
    {"Open MPI's mpirun", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
    {"a launcher that speaks PMI (mpiexec of MPICH or Intel MPI, or srun --mpi=pmi2)", "PMI_SIZE", "PMI_RANK"},
    {"srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"},
    {"srun", "SLURM_NTASKS", "SLURM_PROCID"}};
enum { LAUNCHERS = sizeof launchers / sizeof *launchers, SRUN = 2, JOB = 3 };

/// Returns a number from the environment; -1 if there is none.
static long number_of(const char *name) {
  const char *text = getenv(name);
  char *end;
  long value = text ? strtol(text, &end, 10) : -1;
  return text && end > text && !*end ? value : -1;
}

/// A command typed in a shell of `srun --pty` is not a task of the step; the shell is.
static bool is_typed(void) { return isatty(STDIN_FILENO) && number_of("SLURM_TASK_PID") != (long)getpid(); }

/// SLURM_NTASKS is also set in a batch script, which is process 0 of no step, or of a step with a special number.
static bool is_task(void) {
  const long first_special = 0xFFFFFF00;
  long step = number_of("SLURM_STEP_ID");
  return number_of("SLURM_PROCID") > 0 || (step >= 0 && step < first_special);
}

sp_launch sp_launch_read(void) {
  int at = 0;
  while (at < LAUNCHERS && number_of(launchers[at].count) < 0) at++;
  if (at == LAUNCHERS || (at >= SRUN && is_typed()) || (at == JOB && !is_task())) return (sp_launch){0};
  return (sp_launch){launchers[at].name, launchers[at].count, number_of(launchers[at].count),
                     number_of(launchers[at].number), getenv("PMIX_RANK") != NULL};
}

sp_status sp_launch_check(const sp_launch *launch, int processes, bool *first) {
  *first = true;
  if (processes > 1 || !launch->launcher || launch->count < 2) return SP_OK;
  char library[MPI_MAX_LIBRARY_VERSION_STRING];
  int length;
  MPI_Get_library_version(library, &length);
  library[strcspn(library, ",\r\n")] = '\0';
  *first = launch->number <= 0;
  bool without_pmix = strcmp(launch->launcher, launchers[SRUN].name) == 0 && !launch->pmix;
  return sp_fail(
      SP_ERR_USAGE,
      "%s started %ld processes, but MPI (%s) does not connect them, so each would work alone on the same files: "
      "start them with %sthe mpirun of that MPI (if the processes are meant to be independent, use env -u %s)",
      launch->launcher, launch->count, library,
      without_pmix ? "`srun --mpi=pmix`, if MPI was built with PMIx, or with " : "", launch->variable);
}

// --- the start ----------------------------------------------------------------------------------------------------

enum { TIMEOUT = 600 };  // seconds; tens of thousands of ranks take minutes
static const char variable[] = "SHARDPROP_START_TIMEOUT";

typedef struct start {
  long limit, seconds;
} start;

static void on_second(void *context) {
  start *s = context;
  if (++s->seconds < s->limit) return;
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  sp_error(
      "MPI_Init has not returned after %ld s in process %ld on %s: another process may have died or may hang in "
      "MPI_Init, or a host may be unreachable; start again (%s sets the time limit in seconds)",
      s->limit, (long)getpid(), host, variable);
  _exit(SP_EXIT_HUNG);
}

/// Set parameters of Open MPI so that messages in both directions use the full bandwidth of a link. Parameters that the
/// user has set are kept. Other MPIs do not read these names.
static void prefer_settings(void) {
  // Over TCP, Open MPI sends a large message after the receiver has answered, and the answer waits behind the data that
  // the receiver is sending, so messages in both directions get half of the bandwidth. Measured at 1 Gbit/s: 61 MB/s of
  // 119 in each direction. So use plain sends, without a handshake for messages of up to 1 MiB and a header.
  setenv("OMPI_MCA_btl_tcp_flags", "send", 0);
  setenv("OMPI_MCA_btl_tcp_eager_limit", "1114112", 0);
  // Open MPI 5 asks the kernel for routes to decide which addresses reach each other. On a host with an IPv6 address it
  // does not find the route from the host to itself: it warns, and fails if /dev/shm is too small for its shared
  // memory. With this setting it decides by the addresses, as Open MPI 4 does.
  setenv("OMPI_MCA_reachable", "weighted", 0);
}

void sp_launch_mpi(void) {
  start s = {.limit = number_of(variable)};
  sp_ticker *ticker = NULL;
  int threads;
  if (s.limit < 0) {
    if (getenv(variable))
      sp_warn("%s: expected a whole number of seconds, got '%s'; using %d", variable, getenv(variable), TIMEOUT);
    s.limit = TIMEOUT;
  }
  prefer_settings();
  if (s.limit > 0 && sp_ticker_start(1, on_second, &s, &ticker) != SP_OK) sp_warn("%s", sp_error_message());
  MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &threads);
  sp_ticker_stop(ticker);
}
