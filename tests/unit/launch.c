// SPDX-License-Identifier: Apache-2.0
// Launchers and MPI: processes that a launcher started together, but that MPI does not connect.
#include "comm/launch.h"

#include <errno.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static const char *const names[] = {"OMPI_COMM_WORLD_SIZE",
                                    "OMPI_COMM_WORLD_RANK",
                                    "PMI_SIZE",
                                    "PMI_RANK",
                                    "MPIRUN_NPROCS",
                                    "MPIRUN_RANK",
                                    "MV2_COMM_WORLD_SIZE",
                                    "MV2_COMM_WORLD_RANK",
                                    "MPI_LOCALNRANKS",
                                    "MPI_LOCALRANKID",
                                    "JSM_NAMESPACE_SIZE",
                                    "JSM_NAMESPACE_RANK",
                                    "FLUX_JOB_SIZE",
                                    "FLUX_TASK_RANK",
                                    "PALS_LOCAL_SIZE",
                                    "PALS_RANKID",
                                    "SLURM_STEP_NUM_TASKS",
                                    "SLURM_PROCID",
                                    "SLURM_TASK_PID",
                                    "PMIX_RANK",
                                    "SLURM_NTASKS",
                                    "SLURM_STEP_ID"};
enum { NAMES = sizeof names / sizeof *names };

/// The check in an environment of "NAME=value" and nothing else of launchers.
static sp_status check(int processes, const char *const *environment, bool *first) {
  for (int i = 0; i < NAMES; i++) unsetenv(names[i]);
  for (int i = 0; environment[i]; i++) {
    char name[64];
    const char *equals = strchr(environment[i], '=');
    snprintf(name, sizeof name, "%.*s", (int)(equals - environment[i]), environment[i]);
    setenv(name, equals + 1, 1);
  }
  sp_launch launch = sp_launch_read();
  for (int i = 0; i < NAMES; i++) unsetenv(names[i]);
  return sp_launch_check(&launch, processes, first);
}

#define ENVIRONMENT(...) \
  (const char *const[]) { __VA_ARGS__, NULL }

static void processes_that_mpi_does_not_connect(void **state) {
  (void)state;
  bool first;
  assert_fails(check(1, ENVIRONMENT("SLURM_STEP_NUM_TASKS=4", "SLURM_PROCID=0"), &first), SP_ERR_USAGE,
               "srun --mpi=pmix");
  assert_true(first);
  assert_fails(check(1, ENVIRONMENT("SLURM_STEP_NUM_TASKS=4", "SLURM_PROCID=3"), &first), SP_ERR_USAGE,
               "srun started 4 processes");
  assert_false(first);
  assert_fails(check(1, ENVIRONMENT("SLURM_STEP_NUM_TASKS=2", "SLURM_PROCID=1", "PMIX_RANK=1"), &first), SP_ERR_USAGE,
               "start them with the mpirun of that MPI");  // --mpi=pmix was given, and is of no use to this MPI
  assert_fails(check(1, ENVIRONMENT("OMPI_COMM_WORLD_SIZE=2", "OMPI_COMM_WORLD_RANK=1"), &first), SP_ERR_USAGE,
               "Open MPI's mpirun");
  assert_false(first);
  assert_fails(check(1, ENVIRONMENT("PMI_SIZE=3", "PMI_RANK=0"), &first), SP_ERR_USAGE, "env -u PMI_SIZE");
  assert_true(first);
  // without the step's own count, a process with a number or in an ordinary step is one of the job's tasks
  assert_fails(check(1, ENVIRONMENT("SLURM_NTASKS=2", "SLURM_PROCID=1"), &first), SP_ERR_USAGE,
               "srun started 2 processes");
  assert_false(first);
  assert_fails(check(1, ENVIRONMENT("SLURM_NTASKS=2", "SLURM_PROCID=0", "SLURM_STEP_ID=0"), &first), SP_ERR_USAGE,
               "env -u SLURM_NTASKS");
  assert_true(first);
  // mpirun in a job of one task a node: its variables count, not those of its daemons
  assert_fails(
      check(1, ENVIRONMENT("OMPI_COMM_WORLD_SIZE=8", "OMPI_COMM_WORLD_RANK=0", "SLURM_STEP_NUM_TASKS=1"), &first),
      SP_ERR_USAGE, "8 processes");
}

static void processes_of_other_launchers(void **state) {
  (void)state;
  bool first;
  assert_fails(check(1, ENVIRONMENT("FLUX_JOB_SIZE=4", "FLUX_TASK_RANK=3"), &first), SP_ERR_USAGE,
               "flux run started 4 processes");
  assert_false(first);
  assert_fails(check(1, ENVIRONMENT("JSM_NAMESPACE_SIZE=6", "JSM_NAMESPACE_RANK=0", "PMIX_RANK=0"), &first),
               SP_ERR_USAGE, "jsrun started 6 processes");
  assert_true(first);
  assert_fails(check(1, ENVIRONMENT("MPIRUN_NPROCS=2", "MPIRUN_RANK=1", "MV2_COMM_WORLD_SIZE=2"), &first), SP_ERR_USAGE,
               "env -u MPIRUN_NPROCS -u MV2_COMM_WORLD_SIZE)");
  assert_false(first);
  assert_fails(check(1, ENVIRONMENT("MV2_COMM_WORLD_SIZE=2", "MV2_COMM_WORLD_RANK=0"), &first), SP_ERR_USAGE,
               "MVAPICH's launcher started 2 processes");
  assert_fails(check(1, ENVIRONMENT("MPI_LOCALNRANKS=2", "MPI_LOCALRANKID=1"), &first), SP_ERR_USAGE,
               "mpiexec of MPICH or Intel MPI started at least 2 processes");
  assert_false(first);
  assert_fails(check(1, ENVIRONMENT("PMI_SIZE=2", "PMI_RANK=0", "MPI_LOCALNRANKS=2", "MPI_LOCALRANKID=0"), &first),
               SP_ERR_USAGE, "env -u PMI_SIZE -u MPI_LOCALNRANKS)");
  assert_fails(check(1, ENVIRONMENT("PALS_RANKID=0", "PALS_LOCAL_SIZE=12", "PMIX_RANK=0"), &first), SP_ERR_USAGE,
               "PALS started at least 12 processes");
  assert_true(first);
  // one process a node: the first process does not know of the others, so the second one reports them
  assert_ok(check(1, ENVIRONMENT("PALS_RANKID=0", "PALS_LOCAL_SIZE=1"), &first));
  assert_fails(check(1, ENVIRONMENT("PALS_RANKID=1", "PALS_LOCAL_SIZE=1"), &first), SP_ERR_USAGE,
               "env -u PALS_LOCAL_SIZE -u PALS_RANKID)");
  assert_true(first);
  assert_fails(check(1, ENVIRONMENT("PALS_RANKID=2", "PALS_LOCAL_SIZE=1"), &first), SP_ERR_USAGE,
               "at least 3 processes");
  assert_false(first);
  assert_ok(check(1, ENVIRONMENT("PMIX_RANK=0"), &first));
  assert_fails(check(1, ENVIRONMENT("PMIX_RANK=1"), &first), SP_ERR_USAGE,
               "a launcher that speaks PMIx started at least 2 processes");
  assert_true(first);
  // in a batch script, Slurm's variables are those of the job: they do not hide the launcher
  assert_fails(check(1, ENVIRONMENT("SLURM_NTASKS=4", "SLURM_PROCID=0", "PMIX_RANK=3"), &first), SP_ERR_USAGE,
               "PMIx started at least 4 processes");
  assert_false(first);
}

static void processes_that_are_alone(void **state) {
  (void)state;
  bool first;
  assert_ok(check(1, ENVIRONMENT(NULL), &first));
  assert_true(first);
  assert_ok(check(4, ENVIRONMENT("SLURM_STEP_NUM_TASKS=2", "SLURM_PROCID=1"), &first));  // mpirun over two nodes
  assert_true(first);
  assert_ok(check(1, ENVIRONMENT("SLURM_NTASKS=16", "SLURM_PROCID=0"), &first));  // in a batch script, or salloc
  assert_ok(check(1, ENVIRONMENT("SLURM_NTASKS=16", "SLURM_PROCID=0", "SLURM_STEP_ID=4294967291"), &first));
  assert_ok(check(1, ENVIRONMENT("SLURM_NTASKS=16", "SLURM_STEP_NUM_TASKS=1", "SLURM_PROCID=0"), &first));  // srun -n 1
  assert_ok(check(1, ENVIRONMENT("OMPI_COMM_WORLD_SIZE=1", "SLURM_STEP_NUM_TASKS=2", "SLURM_PROCID=1"),
                  &first));  // mpirun -n 1
  assert_ok(
      check(1, ENVIRONMENT("FLUX_JOB_SIZE=1", "FLUX_TASK_RANK=0", "SLURM_STEP_NUM_TASKS=2"), &first));  // flux run
  assert_ok(check(1, ENVIRONMENT("PMI_SIZE=1", "PMI_RANK=0", "SLURM_STEP_NUM_TASKS=2"), &first));
  assert_ok(check(1, ENVIRONMENT("SLURM_STEP_NUM_TASKS=many", "PMI_SIZE=", "OMPI_COMM_WORLD_SIZE=-3"), &first));
}

/// Open MPI's server for processes without a launcher, which nothing here needs, would be a child of this process.
static void no_server_is_started(void **state) {
  (void)state;
  for (int i = 0; i < NAMES; i++) unsetenv(names[i]);
  sp_launch_mpi();
  assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
  assert_int_equal(errno, ECHILD);
  MPI_Finalize();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(processes_that_mpi_does_not_connect),
      cmocka_unit_test(processes_of_other_launchers),
      cmocka_unit_test(processes_that_are_alone),
      cmocka_unit_test(no_server_is_started),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
