// SPDX-License-Identifier: Apache-2.0
// Detecting whether every rank has a processor of its own, for several kinds of binding.
#define _GNU_SOURCE  // sched_setaffinity
#include "comm/cores.h"

#include <mpi.h>
#include <sched.h>

#include "check.h"

static cpu_set_t everything;

static sp_comm open_comm(void) {
  sp_comm comm;
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &comm));
  return comm;
}

/// Let this rank use the processors from `first` on, `count` of those that the program was given.
static void use(int first, int count) {
  cpu_set_t some;
  CPU_ZERO(&some);
  for (int cpu = 0, index = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET((size_t)cpu, &everything)) continue;
    if (index >= first && index < first + count) CPU_SET((size_t)cpu, &some);
    index++;
  }
  assert_int_equal(sched_setaffinity(0, sizeof some, &some), 0);
}

static int give_back(void **state) {
  (void)state;
  return sched_setaffinity(0, sizeof everything, &everything);
}

static void unbound_ranks_have_one_each_as_far_as_they_go(void **state) {
  (void)state;
  sp_comm comm = open_comm();
  assert_int_equal(sp_comm_has_core_each(&comm), comm.size <= CPU_COUNT(&everything));
  sp_comm_close(&comm);
}

static void ranks_that_share_one_have_not(void **state) {
  (void)state;
  sp_comm comm = open_comm();
  use(0, 1);
  assert_int_equal(sp_comm_has_core_each(&comm), comm.size == 1);
  sp_comm_close(&comm);
}

static void two_that_share_one_are_enough(void **state) {  // whatever the others have
  (void)state;
  sp_comm comm = open_comm();
  if (comm.rank < 2) use(0, 1);
  assert_int_equal(sp_comm_has_core_each(&comm), comm.size == 1);
  sp_comm_close(&comm);
}

static void one_on_its_own_leaves_the_others_the_rest(void **state) {
  (void)state;
  sp_comm comm = open_comm();
  if (comm.rank == comm.size - 1) use(0, 1);
  assert_int_equal(sp_comm_has_core_each(&comm), comm.size <= CPU_COUNT(&everything));
  sp_comm_close(&comm);
}

static void bound_ranks_have_one_each(void **state) {
  (void)state;
  sp_comm comm = open_comm();
  use(comm.rank % CPU_COUNT(&everything), 1);
  assert_int_equal(sp_comm_has_core_each(&comm), comm.size <= CPU_COUNT(&everything));
  sp_comm_close(&comm);
}

static void what_counts_is_the_machine(void **state) {  // not the nodes that a communicator is cut into
  (void)state;
  sp_comm comm;
  assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, 1, &comm));
  use(0, 1);
  assert_int_equal(sp_comm_has_core_each(&comm), comm.size == 1);
  sp_comm_close(&comm);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  if (sched_getaffinity(0, sizeof everything, &everything) != 0) MPI_Abort(MPI_COMM_WORLD, 1);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unbound_ranks_have_one_each_as_far_as_they_go),
      cmocka_unit_test_teardown(ranks_that_share_one_have_not, give_back),
      cmocka_unit_test_teardown(two_that_share_one_are_enough, give_back),
      cmocka_unit_test_teardown(one_on_its_own_leaves_the_others_the_rest, give_back),
      cmocka_unit_test_teardown(bound_ranks_have_one_each, give_back),
      cmocka_unit_test_teardown(what_counts_is_the_machine, give_back),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  MPI_Finalize();
  return failed;
}
