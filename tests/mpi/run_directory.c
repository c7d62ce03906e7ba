// SPDX-License-Identifier: Apache-2.0
// The run directory: one job at a time, also when it is removed under the one that has it.
#include "supervise/run_directory.h"

#include <mpi.h>
#include <stdio.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "check.h"

static sp_comm comm;
static char path[300];

static int make_path(void **state) {
  (void)state;
  const char *base = getenv("TMPDIR");
  snprintf(path, sizeof path, "%s/shardprop-XXXXXX", base ? base : "/tmp");
  int made = comm.rank != 0 || mkdtemp(path) != NULL;
  MPI_Bcast(path, sizeof path, MPI_CHAR, 0, comm.world);
  return made ? 0 : -1;
}

static int remove_path(void **state) {
  (void)state;
  return comm.rank != 0 || sp_directory_remove(path) == SP_OK ? 0 : -1;
}

static sp_status take(sp_run_directory *out) {
  sp_run_directory directory;
  SP_TRY(sp_run_directory_open(&comm, path, &directory));
  sp_status status = sp_run_directory_take(&comm, &directory);
  if (status == SP_OK) {
    *out = directory;
  } else {
    sp_run_directory_close(&directory);
  }
  return status;
}

static void a_second_job_is_refused_on_all_ranks(void **state) {
  (void)state;
  sp_run_directory first = {0}, second = {0};
  assert_ok(take(&first));
  assert_fails(take(&second), SP_ERR_BUSY, "is in use by another job (process ");
  sp_run_directory_close(&first);
  MPI_Barrier(comm.world);
  assert_ok(take(&second));
  sp_run_directory_close(&second);
}

static void one_that_was_removed_is_made_anew(void **state) {
  (void)state;
  sp_run_directory mine = {0}, other = {0};
  assert_ok(take(&mine));
  if (comm.rank == 0) {
    assert_ok(sp_run_directory_hold(&mine));
    assert_ok(sp_directory_remove(path));
    sp_log_set_level(SP_LOG_SILENT);
    assert_ok(sp_run_directory_hold(&mine));
    sp_log_set_level(SP_LOG_INFO);
    assert_true(sp_file_exists(mine.checkpoints));
  }
  assert_fails(take(&other), SP_ERR_BUSY, "is in use by another job");
  sp_run_directory_close(&mine);
}

static void one_that_is_anothers_by_now_is_left_alone(void **state) {
  (void)state;
  sp_run_directory mine = {0}, other = {0};
  assert_ok(take(&mine));
  if (comm.rank == 0) assert_ok(sp_directory_remove(path));
  assert_ok(take(&other));
  if (comm.rank == 0) {
    assert_fails(sp_run_directory_hold(&mine), SP_ERR_BUSY, "the run directory was removed during the run: ");
    assert_ok(sp_run_directory_hold(&other));
  }
  sp_run_directory_close(&mine);
  sp_run_directory_close(&other);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  if (sp_comm_open(MPI_COMM_WORLD, &comm) != SP_OK) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_second_job_is_refused_on_all_ranks),
      cmocka_unit_test(one_that_was_removed_is_made_anew),
      cmocka_unit_test(one_that_is_anothers_by_now_is_left_alone),
  };
  int failed = cmocka_run_group_tests(tests, make_path, remove_path);
  sp_comm_close(&comm);
  MPI_Finalize();
  return failed;
}
