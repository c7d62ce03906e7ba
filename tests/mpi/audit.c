// SPDX-License-Identifier: Apache-2.0
// The audit finds bits that differ and names the rank that has them. Without a difference it reports and changes nothing.
#include <unistd.h>

#include "base/memory.h"
#include "check.h"
#include "config/names.h"
#include "import/import_format.h"
#include "train/training.h"

static const char config_text[] =
    "data:\n"
    "  train: {file: data.h5, features: /train/features, targets: /train/targets}\n"
    "model:\n"
    "  layers: [{dense: {units: 200}}, relu, {dense: {units: 30}}, tanh, {dense: {units: 3}}]\n"
    "  loss: softmax_cross_entropy\n"
    "  metrics: [accuracy]\n"
    "train: {batch_size: 40, lanes: 9}\n";

/// Create a trainer on nodes of this many ranks.
typedef struct bed {
  sp_comm comm;
  sp_run_config config;
  sp_trainer *trainer;
} bed;

static char place[] = "/tmp/shardprop-audit.XXXXXX";
static sp_comm world;

static void open_bed(int ranks_per_node, const char *path, const char *audit, bed *out) {
  const char *overrides[] = {path, audit};
  assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, ranks_per_node, &out->comm));
  assert_ok(sp_run_config_read(config_text, strlen(config_text), "audit.yaml", overrides, 2, &out->config));
  assert_ok(sp_trainer_create(&out->comm, &out->config, SP_FEED_TRAINING, &out->trainer));
  assert_ok(sp_trainer_initialise(out->trainer));
}

static void close_bed(bed *b) {
  MPI_Barrier(b->comm.world);
  sp_trainer_free(b->trainer);
  sp_run_config_free(&b->config);
  sp_comm_close(&b->comm);
}

static void steps(sp_trainer *t, int count) {
  sp_step_outcome outcome;
  for (int i = 0; i < count; i++) {
    assert_ok(sp_trainer_audit(t));
    assert_ok(sp_train_step_make(&t->step, &(sp_step_wishes){0}, &outcome));
  }
  assert_ok(sp_train_step_settle(&t->step));
}

static void nothing_is_said_or_changed_where_all_is_well(void **state) {
  (void)state;
  for (int w = 0; w < 4; w++) {
    bed audited, plain;
    const char *path = w == 3 ? "exchange.path=mpi" : "exchange.path=window";
    open_bed(w == 0 ? 1 : w == 1 ? 2 : 100, path, "train.audit=2", &audited);
    open_bed(100, path, "train.audit=0", &plain);
    steps(audited.trainer, 10);
    steps(plain.trainer, 10);
    size_t bytes = (size_t)audited.trainer->model.shards.blocks * SP_BLOCK * sizeof(float);
    assert_memory_equal(audited.trainer->model.state.parameters, plain.trainer->model.state.parameters, bytes);
    close_bed(&plain);
    close_bed(&audited);
  }
}

/// All ranks get the same message. It names the faulty rank if several others agree with each other, otherwise all ranks.
static void check_verdict(sp_trainer *t, int voters, const char *first, const char *last, const char *what) {
  if (voters == 1) {
    assert_ok(sp_trainer_audit(t));
    return;
  }
  assert_fails(sp_trainer_audit(t), SP_ERR_DIVERGED, last);
  assert_non_null(strstr(sp_error_message(), what));
  assert_non_null(strstr(sp_error_message(), voters > 2 ? "against the majority" : "no majority"));
  assert_int_equal(strstr(sp_error_message(), first) != NULL, voters == 2);
}

static void flip_bit(const bed *b, bool mine) {
  if (mine) ((unsigned char *)b->trainer->model.state.parameters)[12345] ^= 0x10;
  MPI_Barrier(b->comm.world);
}

static void other_parameters_of_a_node_are_found(void **state) {
  (void)state;
  for (int per_node = 1; per_node <= 2; per_node++) {
    bed b;
    char first[32], last[32];
    open_bed(per_node, "exchange.path=window", "train.audit=1", &b);
    steps(b.trainer, 3);
    int nodes = b.comm.node_count;
    bool mine = b.comm.node_index == nodes - 1 && b.comm.node_rank == 0;
    snprintf(first, sizeof first, "node %d (host ", 0);
    snprintf(last, sizeof last, "node %d (host ", nodes - 1);
    flip_bit(&b, mine);
    check_verdict(b.trainer, nodes, first, last, "audit after step 3: the ranks no longer agree: parameters differ");
    flip_bit(&b, mine);
    assert_ok(sp_trainer_audit(b.trainer));
    close_bed(&b);
  }
}

static void another_copy_of_a_rank_is_found(void **state) {
  (void)state;
  bed b;
  char last[32];
  open_bed(100, "exchange.path=mpi", "train.audit=1", &b);
  if (b.comm.size > 1) {
    snprintf(last, sizeof last, "rank %d on host ", b.comm.size - 1);
    flip_bit(&b, b.comm.rank == b.comm.size - 1);
    check_verdict(b.trainer, b.comm.size, "rank 0 on host ", last, "parameters differ");
  }
  close_bed(&b);
}

// A rank that computes with other rows simulates one that computes wrong values.
static void a_rank_that_computes_otherwise_is_found(void **state) {
  (void)state;
  for (int per_node = 1; per_node <= 100; per_node += 99) {
    bed b;
    char last[32];
    open_bed(per_node, "exchange.path=auto", "train.audit=2", &b);
    steps(b.trainer, 2);
    snprintf(last, sizeof last, "rank %d on host ", b.comm.size - 1);
    if (b.comm.rank == b.comm.size - 1) b.trainer->source.order.seed ^= 1;
    check_verdict(b.trainer, b.comm.size, "rank 0 on host ", last, "gradients of lane 1 differ");
    if (b.comm.size > 1) assert_non_null(strstr(sp_error_message(), "checkpoints saved after step 0 may be wrong"));
    if (b.comm.rank == b.comm.size - 1) b.trainer->source.order.seed ^= 1;
    steps(b.trainer, 2);
    close_bed(&b);
  }
}

static int set_up(void **state) {
  (void)state;
  if (world.rank == 0 && (!mkdtemp(place) || chdir(place) != 0)) return 1;
  MPI_Bcast(place, sizeof place, MPI_CHAR, 0, world.world);
  if (chdir(place) != 0) return 1;
  if (world.rank == 0) {
    const sp_import_format *format = (const sp_import_format *)sp_variant_find(sp_import_formats, "synthetic");
    sp_import_synthetic_options options = {.rows = 1000, .features = 10, .classes = 3, .seed = 1, .noise = 1};
    sp_import_output output = {.output = "data.h5"};
    assert_ok(sp_import_run(format, &options, &output, NULL));
  }
  MPI_Barrier(world.world);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  MPI_Barrier(world.world);
  return world.rank == 0 && (unlink("data.h5") != 0 || rmdir(place) != 0);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &world));
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_said_or_changed_where_all_is_well),
      cmocka_unit_test(other_parameters_of_a_node_are_found),
      cmocka_unit_test(another_copy_of_a_rank_is_found),
      cmocka_unit_test(a_rank_that_computes_otherwise_is_found),
  };
  int failed = cmocka_run_group_tests(tests, set_up, tear_down);
  sp_comm_close(&world);
  MPI_Finalize();
  return failed;
}
