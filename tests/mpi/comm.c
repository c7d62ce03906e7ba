// SPDX-License-Identifier: Apache-2.0
// The communicator, its nodes, agreement on errors and shared memory, on any number of ranks.
#include "comm/comm.h"

#include <mpi.h>

#include "check.h"
#include "comm/window.h"

static void nodes_are_contiguous(void **state) {
  (void)state;
  int size;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  for (int ranks_per_node = 1; ranks_per_node <= size; ranks_per_node++) {
    sp_comm comm;
    assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, ranks_per_node, &comm));
    assert_int_equal(comm.size, size);
    assert_int_equal(comm.node_count, (size + ranks_per_node - 1) / ranks_per_node);
    assert_int_equal(comm.node_index, comm.rank / ranks_per_node);
    assert_int_equal(comm.node_rank, comm.rank % ranks_per_node);
    int last = size - comm.node_index * ranks_per_node;
    assert_int_equal(comm.node_size, last < ranks_per_node ? last : ranks_per_node);
    sp_comm_close(&comm);
  }
}

static void ranks_of_a_node_follow_each_other(void **state) {  // when the parent deals them out the other way round
  (void)state;
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Comm reversed;
  MPI_Comm_split(MPI_COMM_WORLD, 0, -rank, &reversed);
  sp_comm comm;
  assert_ok(sp_comm_open_nodes(reversed, 2, &comm));
  assert_int_equal(comm.rank, size - 1 - rank);
  int first = comm.rank;
  MPI_Bcast(&first, 1, MPI_INT, 0, comm.node);
  assert_int_equal(comm.rank, first + comm.node_rank);
  sp_comm_close(&comm);
  MPI_Comm_free(&reversed);
}

static void all_get_the_first_failure(void **state) {
  (void)state;
  sp_comm comm;
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &comm));
  assert_int_equal(sp_comm_agree(&comm, SP_OK), SP_OK);
  for (int bad = 0; bad < comm.size; bad++) {
    sp_status mine = comm.rank == bad       ? sp_fail(SP_ERR_DATA, "file of rank %d is bad", bad)
                     : comm.rank == bad + 1 ? sp_fail(SP_ERR_IO, "something else")
                                            : SP_OK;
    char expected[100];
    snprintf(expected, sizeof expected, "file of rank %d is bad", bad);
    assert_fails(sp_comm_agree(&comm, mine), SP_ERR_DATA, expected);
    snprintf(expected, sizeof expected, "rank %d on host ", bad);
    assert_int_equal(strncmp(sp_error_message(), expected, strlen(expected)) == 0, comm.size > 1);
    assert_non_null(strstr(sp_error_place(), "comm.c:"));  // this file
  }
  sp_status mine = sp_fail(SP_ERR_CONFIG, "the same on all");
  assert_fails(sp_comm_agree(&comm, mine), SP_ERR_CONFIG, "the same on all");
  assert_string_equal(sp_error_message(), "the same on all");
  sp_comm_close(&comm);
}

static void text_reaches_all(void **state) {
  (void)state;
  sp_comm comm;
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &comm));
  static const char *const texts[] = {"", "run: {name: a}\n"};
  for (int i = 0; i < 2; i++) {
    char *text = comm.rank == 0 ? strdup(texts[i]) : NULL;
    size_t size = comm.rank == 0 ? strlen(texts[i]) : 99;
    assert_ok(sp_comm_broadcast_text(&comm, &text, &size));
    assert_int_equal(size, strlen(texts[i]));
    assert_string_equal(text, texts[i]);
    free(text);
  }
  sp_comm_close(&comm);
}

static void windows_are_shared_by_a_node(void **state) {
  (void)state;
  for (int ranks_per_node = 1; ranks_per_node <= 4; ranks_per_node++) {
    sp_comm comm;
    sp_window window = {0};
    enum { COUNT = 10000 };
    assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, ranks_per_node, &comm));
    assert_ok(sp_window_open(&comm, COUNT * (int64_t)sizeof(int), "a test", &window));
    int *value = window.memory;
    assert_int_equal((uintptr_t)value % 64, 0);
    for (int i = 0; i < COUNT; i++) assert_int_equal(value[i], 0);
    sp_window_sync(&comm);
    for (int i = comm.node_rank; i < COUNT; i += comm.node_size) value[i] = 1000000 * comm.node_index + i;
    sp_window_sync(&comm);
    for (int i = 0; i < COUNT; i++) assert_int_equal(value[i], 1000000 * comm.node_index + i);
    sp_window_close(&window);
    assert_null(window.memory);
    sp_window_close(&window);  // once more does nothing

    assert_ok(sp_window_open(&comm, 0, "nothing", &window));
    sp_window_close(&window);
    sp_comm_close(&comm);
  }
}

static void the_first_ranks_work_while_the_others_wait(void **state) {
  (void)state;
  for (int ranks_per_node = 1; ranks_per_node <= 3; ranks_per_node++) {
    sp_comm all, first;
    assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, ranks_per_node, &all));
    for (int count = 1; count <= all.size; count++) {
      assert_ok(sp_comm_open_first(&all, count, &first));
      bool waits = all.rank >= count;
      assert_int_equal(first.rank, waits ? -1 : all.rank);
      assert_int_equal(first.size, waits ? 0 : count);
      if (!waits) {
        int left = count - all.node_index * ranks_per_node;
        assert_int_equal(first.node_index, all.node_index);
        assert_int_equal(first.node_rank, all.node_rank);
        assert_int_equal(first.node_size, left < ranks_per_node ? left : ranks_per_node);
        assert_int_equal(first.node_count, (count + ranks_per_node - 1) / ranks_per_node);
      }
      assert_ok(sp_comm_await(&all, waits, SP_OK));
      sp_status failed = waits ? SP_OK : sp_fail(SP_ERR_DATA, "bad file");
      assert_fails(sp_comm_await(&all, waits, failed), SP_ERR_DATA, "bad file");
      assert_string_equal(sp_error_message(), "bad file");
      sp_comm_close(&first);
    }
    sp_comm_close(&all);
  }
}

static void too_large_a_window_is_refused_on_all(void **state) {
  (void)state;
  sp_comm comm;
  sp_window window = {0};
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &comm));
  assert_fails(sp_window_open(&comm, INT64_MAX, "cache of the data", &window), SP_ERR_MEMORY, "cache of the data: ");
  assert_non_null(strstr(sp_error_message(), "available"));
  assert_null(window.memory);
  sp_comm_close(&comm);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nodes_are_contiguous),
      cmocka_unit_test(ranks_of_a_node_follow_each_other),
      cmocka_unit_test(all_get_the_first_failure),
      cmocka_unit_test(text_reaches_all),
      cmocka_unit_test(windows_are_shared_by_a_node),
      cmocka_unit_test(too_large_a_window_is_refused_on_all),
      cmocka_unit_test(the_first_ranks_work_while_the_others_wait),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  MPI_Finalize();
  return failed;
}
