// SPDX-License-Identifier: Apache-2.0
// The watchdog between nodes: waiting for a rank of another node that makes progress is not a hang. A limit of 0 means no
// watchdog. tests/fault/ tests that it ends a run that hangs.
#include "supervise/watchdog.h"

#include <mpi.h>
#include <stdio.h>
#include <unistd.h>

#include "base/files.h"
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
  MPI_Barrier(comm.world);
  return comm.rank != 0 || sp_directory_remove(path) == SP_OK ? 0 : -1;
}

static void a_rank_that_gets_on_holds_off_those_of_other_nodes(void **state) {
  (void)state;
  enum { LIMIT = 6, SECONDS = 8, BEATS = 40 };
  if (comm.size != 2) return;  // it takes its time
  sp_watchdog *watchdog;
  assert_ok(sp_watchdog_open(&comm, path, LIMIT, &watchdog));
  for (int i = 0; comm.rank == 1 && i < BEATS; i++) {
    sp_beat(sp_watchdog_pulse(watchdog), SP_PHASE_EVALUATION);
    usleep(SECONDS * 1000000 / BEATS);
  }
  MPI_Barrier(comm.world);
  sp_watchdog_close(watchdog);
  char file[400];
  snprintf(file, sizeof file, "%s/watchdog/node-0001", path);
  assert_true(sp_file_exists(file));
}

static void it_may_be_left_out(void **state) {
  (void)state;
  sp_watchdog *none;
  assert_ok(sp_watchdog_open(&comm, path, 0, &none));
  assert_null(none);
  assert_null(sp_watchdog_pulse(none));
  sp_beat(NULL, SP_PHASE_DATA);
  sp_beat_step(NULL, 1);
  sp_watchdog_close(none);
}

static void beats_count_and_tell_the_phase(void **state) {
  (void)state;
  sp_watchdog *watchdog;
  assert_ok(sp_watchdog_open(&comm, path, (double)NAN, &watchdog));
  sp_pulse *pulse = sp_watchdog_pulse(watchdog);
  assert_int_equal(pulse->beat, SP_PHASE_LOADING);
  sp_beat(pulse, SP_PHASE_SAVING);
  assert_int_equal(pulse->beat, 16 + SP_PHASE_SAVING);
  sp_beat(pulse, SP_PHASE_SAVING);
  sp_beat_step(pulse, 7);
  assert_int_equal(pulse->beat, 32 + SP_PHASE_SAVING);
  assert_int_equal(pulse->step, 7);
  sp_watchdog_close(watchdog);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  if (sp_comm_open_nodes(MPI_COMM_WORLD, 1, &comm) != SP_OK) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_rank_that_gets_on_holds_off_those_of_other_nodes),
      cmocka_unit_test(it_may_be_left_out),
      cmocka_unit_test(beats_count_and_tell_the_phase),
  };
  int failed = cmocka_run_group_tests(tests, make_path, remove_path);
  sp_comm_close(&comm);
  MPI_Finalize();
  return failed;
}
