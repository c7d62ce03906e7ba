// SPDX-License-Identifier: Apache-2.0
// The distribution of cores to ranks: on this machine, and on machines that hwloc simulates.
#define _GNU_SOURCE  // sched_setaffinity
#include "comm/pin.h"

#include <mpi.h>
#include <sched.h>

#include "check.h"

static cpu_set_t everything;
static sp_comm comm;

static cpu_set_t mine(void) {
  cpu_set_t set;
  assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
  return set;
}

static int give_back(void **state) {
  (void)state;
  return sched_setaffinity(0, sizeof everything, &everything);
}

/// How many ranks may use each of the processors.
static void count_users(int users[CPU_SETSIZE]) {
  cpu_set_t set = mine();
  for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) users[cpu] = CPU_ISSET(cpu, &set);
  MPI_Allreduce(MPI_IN_PLACE, users, CPU_SETSIZE, MPI_INT, MPI_SUM, comm.world);
}

static void every_processor_is_one_rank_s(void **state) {
  (void)state;
  sp_pin pin;
  int users[CPU_SETSIZE];
  sp_pin_begin(&comm, true, &pin);
  if (strstr(pin.text, ": bound")) skip();  // the test as a whole
  bool pinned = strstr(pin.text, ": pinned") != NULL;
  count_users(users);
  for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    assert_int_equal(users[cpu], !CPU_ISSET(cpu, &everything) ? 0 : pinned ? 1 : comm.size);
  }
  if (comm.size > CPU_COUNT(&everything)) assert_non_null(strstr(pin.text, "more ranks than cores"));
  if (comm.size == 1) assert_non_null(strstr(pin.text, "no other rank"));
  if (comm.size == 2 && CPU_COUNT(&everything) == 2) assert_true(pinned || strstr(pin.text, "any of 1 core"));
  sp_pin_end(&pin);
  cpu_set_t after = mine();
  assert_true(CPU_EQUAL(&after, &everything));
  sp_pin_end(&pin);  // once more does nothing
}

static void nothing_is_done_when_it_may_not_be(void **state) {
  (void)state;
  sp_pin pin;
  sp_pin_begin(&comm, false, &pin);
  cpu_set_t after = mine();
  assert_true(CPU_EQUAL(&after, &everything));
  assert_null(strstr(pin.text, ": pinned"));
  sp_pin_end(&pin);
}

static void whoever_bound_a_rank_decides_for_all(void **state) {
  (void)state;
  if (CPU_COUNT(&everything) < 2) skip();
  size_t first = 0;
  while (!CPU_ISSET(first, &everything)) first++;
  cpu_set_t before = everything;
  if (comm.rank == comm.size - 1) {
    CPU_ZERO(&before);
    CPU_SET(first, &before);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
  }
  sp_pin pin;
  sp_pin_begin(&comm, true, &pin);
  cpu_set_t after = mine();
  assert_true(CPU_EQUAL(&after, &before));
  assert_non_null(strstr(pin.text, "bound before the program started"));
  sp_pin_end(&pin);
  after = mine();
  assert_true(CPU_EQUAL(&after, &before));
}

static void cores_count_and_not_their_threads(void **state) {  // of a machine of 2 x 4 cores, 2 threads each
  (void)state;
  static const char *const expected[] = {
      [1] = "1 rank on this node, any of 8 cores: not pinned, ",
      [2] = "2 ranks on this node, 4 cores each: pinned by ",
      [3] = "3 ranks on this node, 2 to 3 cores each: pinned by ",
      [4] = "4 ranks on this node, 2 cores each: pinned by ",
      [7] = "7 ranks on this node, 1 to 2 cores each: pinned by ",
  };
  sp_pin pin;
  unsetenv("HWLOC_COMPONENTS");  // would count before it
  setenv("HWLOC_SYNTHETIC", "numa:2 core:4 pu:2", 1);
  sp_pin_begin(&comm, true, &pin);
  unsetenv("HWLOC_SYNTHETIC");
  if (comm.size <= 7 && expected[comm.size]) {
    assert_int_equal(strncmp(pin.text, expected[comm.size], strlen(expected[comm.size])), 0);
  }
  sp_pin_end(&pin);

  setenv("HWLOC_SYNTHETIC", "core:1 pu:8", 1);
  sp_pin_begin(&comm, true, &pin);
  unsetenv("HWLOC_SYNTHETIC");
  assert_non_null(strstr(pin.text, comm.size == 1 ? "no other rank" : "more ranks than cores"));
  sp_pin_end(&pin);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  if (sched_getaffinity(0, sizeof everything, &everything) != 0) MPI_Abort(MPI_COMM_WORLD, 1);
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &comm));
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(every_processor_is_one_rank_s, give_back),
      cmocka_unit_test_teardown(nothing_is_done_when_it_may_not_be, give_back),
      cmocka_unit_test_teardown(whoever_bound_a_rank_decides_for_all, give_back),
      cmocka_unit_test(cores_count_and_not_their_threads),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  sp_comm_close(&comm);
  MPI_Finalize();
  return failed;
}
