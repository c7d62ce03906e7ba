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
/// Sources: the documentation of Open MPI, Flux (flux-environment(7)) and Slurm; MPICH's Hydra; MVAPICH's mpispawn; and
/// jobs of jsrun and of HPE's PALS.
static const struct launcher {
  const char *name, *count, *number;  // count NULL: not passed, known only to be larger than `number`
  enum { ALL, OF_NODE, STEP, JOB } scope;
} launchers[] = {{"Open MPI's mpirun", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", ALL},
                 {"a launcher that speaks PMI (mpiexec of MPICH, Intel MPI or PALS, flux run, or srun --mpi=pmi2)",
                  "PMI_SIZE", "PMI_RANK", ALL},
                 {"MVAPICH's mpirun_rsh", "MPIRUN_NPROCS", "MPIRUN_RANK", ALL},
                 {"MVAPICH's launcher", "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK", ALL},
                 {"mpiexec of MPICH or Intel MPI", "MPI_LOCALNRANKS", "MPI_LOCALRANKID", OF_NODE},
                 {"jsrun", "JSM_NAMESPACE_SIZE", "JSM_NAMESPACE_RANK", ALL},
                 {"flux run", "FLUX_JOB_SIZE", "FLUX_TASK_RANK", ALL},
                 {"mpiexec or aprun of PALS", "PALS_LOCAL_SIZE", "PALS_RANKID", OF_NODE},
                 {"mpiexec or aprun of PALS", NULL, "PALS_RANKID", ALL},
                 {"srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", STEP},
                 {"srun", "SLURM_NTASKS", "SLURM_PROCID", JOB},
                 {"a launcher that speaks PMIx", NULL, "PMIX_RANK", ALL}};
enum { LAUNCHERS = sizeof launchers / sizeof *launchers };

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

/// Returns the number of processes that a launcher started, or a lower limit of it; -1 if it did not start this process.
static long count_of(const struct launcher *l) {
  long number = number_of(l->number);
  if (l->scope >= STEP && (is_typed() || (l->scope == JOB && !is_task()))) return -1;
  if (l->count && l->scope != OF_NODE) return number_of(l->count);
  long count = l->count ? number_of(l->count) : -1;  // of this node: other nodes may have processes with larger numbers
  return l->count && count < 0 ? -1 : number > 0 && number + 1 > count ? number + 1 : count;
}

/// Write options for env(1) that remove the variables of all launchers that started several processes.
static void list_variables(char *out, size_t size) {
  *out = '\0';
  for (const struct launcher *l = launchers; l < launchers + LAUNCHERS; l++) {
    size_t length = strlen(out);
    if (count_of(l) > 1) snprintf(out + length, size - length, " -u %s", l->count ? l->count : l->number);
  }
}

sp_launch sp_launch_read(void) {
  const struct launcher *l = launchers;
  while (l < launchers + LAUNCHERS && count_of(l) < 0) l++;
  if (l == launchers + LAUNCHERS) return (sp_launch){0};
  long number = number_of(l->number);
  bool first_knows = l->count && (l->scope != OF_NODE || number_of(l->count) > 1);
  sp_launch launch = {.launcher = l->name,
                      .count = count_of(l),
                      .at_least = !l->count || l->scope == OF_NODE,
                      .first = number <= (first_knows ? 0 : 1),
                      .needs_pmix = l->scope >= STEP && !getenv("PMIX_RANK")};
  list_variables(launch.variables, sizeof launch.variables);
  return launch;
}

sp_status sp_launch_check(const sp_launch *launch, int processes, bool *first) {
  *first = true;
  if (processes > 1 || !launch->launcher || launch->count < 2) return SP_OK;
  char library[MPI_MAX_LIBRARY_VERSION_STRING];
  int length;
  MPI_Get_library_version(library, &length);
  library[strcspn(library, ",\r\n")] = '\0';
  *first = launch->first;
  return sp_fail(
      SP_ERR_USAGE,
      "%s started %s%ld processes, but MPI (%s) does not connect them, so each would work alone on the same files: "
      "start them with %sthe mpirun of that MPI (if the processes are meant to be independent, use env%s)",
      launch->launcher, launch->at_least ? "at least " : "", launch->count, library,
      launch->needs_pmix ? "`srun --mpi=pmix`, if MPI was built with PMIx, or with " : "", launch->variables);
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
  // A process without a launcher would start a server (orted) that MPI_Comm_spawn needs and shardprop does not. Besides,
  // MPI_Finalize of Open MPI 4.1 unloads its plug-in for messages from the server before it ends the thread that handles
  // them: on a busy machine the program printed its results and then ended with SIGSEGV.
  setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
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
