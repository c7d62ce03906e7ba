// SPDX-License-Identifier: Apache-2.0
// An exchange and a saver allocate as much memory as they announce. The linker replaces the allocations of the library by
// the counters here.
#include <limits.h>

#include "base/memory.h"
#include "check.h"
#include "checkpoint/saver.h"
#include "comm/window.h"
#include "exchange/exchange.h"
#include "exchange/exchange_values.h"
#include "model/parameters.h"

enum { SMALL = 192 << 10 };  // bytes of a rank that need not be announced: lists of messages, blocks to work in

static sp_comm comm;
static int64_t allocated, shared;  // bytes of this rank, and of this node

sp_status __real_sp_allocate(int64_t count, size_t size, const char *what, void *out);
sp_status __wrap_sp_allocate(int64_t count, size_t size, const char *what, void *out);
sp_status __wrap_sp_allocate(int64_t count, size_t size, const char *what, void *out) {
  allocated += count * (int64_t)size;
  return __real_sp_allocate(count, size, what, out);
}

sp_status __real_sp_window_open(const sp_comm *nodes, int64_t bytes, const char *what, sp_window *window);
sp_status __wrap_sp_window_open(const sp_comm *nodes, int64_t bytes, const char *what, sp_window *window);
sp_status __wrap_sp_window_open(const sp_comm *nodes, int64_t bytes, const char *what, sp_window *window) {
  shared += bytes;
  return __real_sp_window_open(nodes, bytes, what, window);
}

static int64_t of_node(const sp_comm *nodes, int64_t mine) {
  int64_t sum;
  MPI_Allreduce(&mine, &sum, 1, MPI_INT64_T, MPI_SUM, nodes->node);
  return sum;
}

static bool no_update(void *context, sp_stretch s, void *parameters, sp_addends sum) {
  (void)context, (void)s, (void)parameters, (void)sum;
  return true;
}

static double no_measure(void *context, sp_stretch s, void *parameters, const void *sum) {
  (void)context, (void)s, (void)parameters, (void)sum;
  return 0;
}

static void check_exchange(int ranks_per_node, sp_exchange_path path, sp_exchange_wire wire, int64_t lanes,
                           int64_t reduce, bool each_lane) {
  enum { BLOCKS = 1100, ARRAYS = 2 };
  const sp_exchange_options options = {.path = path, .bucket_mb = 0.25, .wire = wire};
  sp_comm nodes;
  sp_exchange *x;
  sp_exchange_values values;
  sp_exchange_values_bytes said;
  sp_exchange_bytes bytes;
  assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, ranks_per_node, &nodes));
  sp_shards shards = {BLOCKS, nodes.rank, nodes.size};

  allocated = shared = 0;
  assert_ok(sp_exchange_values_memory(&options, &shards, SP_FLOAT32, ARRAYS, &said));
  assert_ok(sp_exchange_values_open(&nodes, &options, &shards, SP_FLOAT32, ARRAYS, &values));
  assert_int_equal(said.shared, values.shared);
  if (said.shared) {
    assert_int_equal(allocated, 0);
    assert_int_equal(shared, said.parameters + of_node(&nodes, said.shard));
  } else {
    assert_int_equal(allocated, said.parameters + said.shard);
    assert_int_equal(shared, 0);
  }

  sp_exchange_job job = {.lanes = lanes,
                         .precision = SP_FLOAT32,
                         .blocks = BLOCKS,
                         .control = 700,
                         .reduce = reduce,
                         .each_lane = each_lane,
                         .update = no_update,
                         .parameters = values.parameters,
                         .shared = values.shared,
                         .whole = true,
                         .measure = no_measure};
  allocated = shared = 0;
  assert_ok(sp_exchange_memory(&nodes, &options, &job, &bytes));
  assert_true(allocated < SMALL && shared == 0);
  allocated = 0;
  assert_ok(sp_exchange_create(&nodes, &options, &job, &x));
  int64_t taken = of_node(&nodes, allocated) + shared, announced = of_node(&nodes, bytes.gradients + bytes.buffers);
  assert_true(bytes.gradients >= BLOCKS * SP_BLOCK * (int64_t)sizeof(float));
  assert_true(announced <= taken);
  assert_true(taken - announced < nodes.node_size * SMALL);
  sp_exchange_free(x);
  MPI_Barrier(nodes.world);
  sp_exchange_values_close(&values);
  sp_comm_close(&nodes);
}

static void an_exchange_takes_what_it_says(void **state) {
  (void)state;
  const int64_t lanes[] = {8, 13, comm.size * 5};
  for (int i = 0; i < 3; i++) {
    check_exchange(INT_MAX, SP_PATH_AUTO, SP_WIRE_FULL, lanes[i], 0, false);
    check_exchange(INT_MAX, SP_PATH_MPI, SP_WIRE_FULL, lanes[i], 0, false);
    for (int ranks_per_node = 1; ranks_per_node < comm.size; ranks_per_node++) {
      if (comm.size % ranks_per_node != 0) continue;
      check_exchange(ranks_per_node, SP_PATH_WINDOW, SP_WIRE_FULL, lanes[i], 0, false);
      check_exchange(ranks_per_node, SP_PATH_WINDOW, SP_WIRE_BFLOAT16, lanes[i], 0, false);
    }
  }
}

// A gradient for every lane, and sums over the lanes in the middle of the passes.
static void an_exchange_for_each_lane_takes_what_it_says(void **state) {
  (void)state;
  check_exchange(INT_MAX, SP_PATH_AUTO, SP_WIRE_FULL, 9, 3000, true);
  check_exchange(INT_MAX, SP_PATH_MPI, SP_WIRE_FULL, 9, 3000, true);
  if (comm.size > 1) check_exchange(1, SP_PATH_WINDOW, SP_WIRE_FULL, 9, 3000, true);
  if (comm.size % 2 == 0 && comm.size > 2) check_exchange(2, SP_PATH_WINDOW, SP_WIRE_BFLOAT16, 9, 3000, true);
}

static void a_saver_takes_what_it_says(void **state) {
  (void)state;
  enum { BLOCKS = 300, SLOTS = 2 };
  sp_comm nodes;
  sp_saver *saver;
  sp_tensor tensor = {.name = "all", .shape = {1, {BLOCKS * SP_BLOCK}}, .count = BLOCKS * SP_BLOCK};
  sp_parameter_table table = {.tensors = 1, .tensor = &tensor, .blocks = BLOCKS};
  sp_state run = {.table = &table, .precision = SP_FLOAT64, .slots = SLOTS, .slot_name = {"a", "b"}};
  assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, 2, &nodes));
  sp_shards shards = {BLOCKS, nodes.rank, nodes.size};
  assert_ok(sp_saver_create(&nodes, &shards, &run, &(sp_saver_options){.directory = "none"}, &saver));
  allocated = shared = 0;
  assert_ok(sp_saver_reserve(saver));
  assert_int_equal(allocated, 0);
  assert_int_equal(shared, of_node(&nodes, sp_saver_memory(&shards, nodes.rank, 1, SP_FLOAT64, SLOTS)));
  assert_int_equal(shared, sp_saver_memory(&shards, nodes.rank - nodes.node_rank, nodes.node_size, SP_FLOAT64, SLOTS));
  assert_int_equal(sp_saver_bytes(saver), (1 + SLOTS) * BLOCKS * SP_BLOCK * (int64_t)sizeof(double));
  sp_saver_free(saver);
  sp_comm_close(&nodes);
}

int main(void) {
  MPI_Init(NULL, NULL);
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &comm));
  const struct CMUnitTest tests[] = {cmocka_unit_test(an_exchange_takes_what_it_says),
                                     cmocka_unit_test(an_exchange_for_each_lane_takes_what_it_says),
                                     cmocka_unit_test(a_saver_takes_what_it_says)};
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  sp_comm_close(&comm);
  MPI_Finalize();
  return failed;
}
