// SPDX-License-Identifier: Apache-2.0
// The moving average of the parameters on ranks: it is what its definition says after every update, evaluation uses it,
// and leaves the training as it was, also when it fails.
#include <hdf5.h>
#include <unistd.h>

#include "base/memory.h"
#include "check.h"
#include "config/names.h"
#include "import/import_format.h"
#include "train/training.h"

static const char config_text[] =
    "data:\n"
    "  train: {file: data.h5, features: /train/features, targets: /train/targets}\n"
    "  validation: {file: other.h5, features: /train/features, targets: /train/targets}\n"
    "  cache: none\n"
    "model:\n"
    "  layers: [{dense: {units: 200}}, relu, {dense: {units: 30}}, tanh, {dense: {units: 3}}]\n"
    "  loss: softmax_cross_entropy\n"
    "  metrics: [accuracy]\n"
    "optimizer: {rmsprop: {lr: 0.01, momentum: 0.5}}\n"
    "train: {batch_size: 40, lanes: 9, pin: none}\n";

/// Create a trainer on nodes of this many ranks.
typedef struct bed {
  sp_comm comm;
  sp_run_config config;
  sp_trainer *trainer;
} bed;

/// What is tried: ranks on a node, and how they exchange.
typedef struct way {
  int per_node;
  const char *path, *wire, *precision;
} way;

static const way ways[] = {
    {100, "exchange.path=window", "exchange.wire=full", "train.precision=float64"},
    {1, "exchange.path=window", "exchange.wire=full", "train.precision=float64"},
    {2, "exchange.path=window", "exchange.wire=full", "train.precision=float32"},
    {2, "exchange.path=window", "exchange.wire=bfloat16", "train.precision=float32"},
    {100, "exchange.path=mpi", "exchange.wire=full", "train.precision=float64"},
};
enum { WAYS = sizeof ways / sizeof *ways };

static char place[] = "/tmp/shardprop-average.XXXXXX";
static sp_comm world;

static void open_bed(const way *w, const char *first, const char *second, bed *out) {
  const char *overrides[] = {w->path, w->wire, w->precision, first, second};
  assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, w->per_node, &out->comm));
  assert_ok(sp_run_config_read(config_text, strlen(config_text), "average.yaml", overrides, 5, &out->config));
  assert_ok(sp_trainer_create(&out->comm, &out->config, SP_FEED_TRAINING, &out->trainer));
  assert_ok(sp_trainer_initialise(out->trainer));
}

static void close_bed(bed *b) {
  MPI_Barrier(b->comm.world);
  sp_trainer_free(b->trainer);
  sp_run_config_free(&b->config);
  sp_comm_close(&b->comm);
}

static void import_rows(const char *path, int64_t seed) {
  const sp_import_format *format = (const sp_import_format *)sp_variant_find(sp_import_formats, "synthetic");
  sp_import_synthetic_options options = {.rows = 500, .features = 10, .classes = 3, .seed = seed, .noise = 1};
  sp_import_output output = {.output = path};
  assert_ok(sp_import_run(format, &options, &output, NULL));
}

static void step(sp_trainer *t) {
  sp_step_outcome outcome;
  assert_ok(sp_train_step_make(&t->step, &(sp_step_wishes){0}, &outcome));
  assert_ok(sp_train_step_settle(&t->step));
}

static size_t vector_bytes(const sp_trainer *t) {
  return (size_t)sp_parameter_values(t->model.state.table) * sp_dtype_size(t->model.state.precision);
}

static void *copy_of_parameters(const sp_trainer *t) {
  void *copy;
  assert_ok(sp_allocate((int64_t)vector_bytes(t), 1, "parameters", &copy));
  memcpy(copy, t->model.state.parameters, vector_bytes(t));
  MPI_Barrier(t->model.comm->world);
  return copy;
}

/// The whole average, on every rank.
static void *copy_of_average(sp_trainer *t) {
  sp_model_state_swap_average(&t->model);
  void *copy = copy_of_parameters(t);
  sp_model_state_swap_average(&t->model);
  return copy;
}

static double value_of(const sp_trainer *t, const void *values, int64_t i) {
  return t->model.state.precision == SP_FLOAT64 ? ((const double *)values)[i] : (double)((const float *)values)[i];
}

// Compared from one update to the next, so that in float32 they differ by one rounding at most.
static void it_follows_every_update(void **state) {
  (void)state;
  for (int w = 0; w < WAYS; w++) {
    if (strstr(ways[w].wire, "bfloat16")) continue;  // there it follows what is exact, and others have it rounded
    bed b;
    open_bed(&ways[w], "optimizer.average=0.8", "run.seed=1", &b);
    sp_trainer *t = b.trainer;
    assert_int_equal(t->model.state.slots, 3);
    assert_string_equal(t->model.state.slot_name[2], "average");
    int64_t n = sp_parameter_values(t->model.state.table);
    double tolerance = t->model.state.precision == SP_FLOAT64 ? 1e-14 : 1e-7;
    void *before = copy_of_average(t);
    assert_memory_equal(before, t->model.state.parameters, vector_bytes(t));
    for (int i = 0; i < 3; i++) {
      step(t);
      void *after = copy_of_average(t);
      double moved = 0;
      for (int64_t k = 0; k < n; k++) {
        double expected = 0.8 * value_of(t, before, k) + 0.2 * value_of(t, t->model.state.parameters, k);
        assert_near(value_of(t, after, k), expected, tolerance);
        moved += fabs(value_of(t, after, k) - value_of(t, before, k));
      }
      assert_true(moved > 0.01);
      free(before);
      before = after;
    }
    free(before);
    close_bed(&b);
  }
}

static void evaluation_leaves_the_training_as_it_is(void **state) {
  (void)state;
  for (int w = 0; w < WAYS; w++) {
    bed with, without;
    sp_scores scores;
    open_bed(&ways[w], "optimizer.average=0.9", "run.seed=1", &with);
    open_bed(&ways[w], "optimizer.average=none", "run.seed=1", &without);
    assert_null(without.trainer->model.average.values);
    for (int i = 0; i < 3; i++) {
      step(with.trainer);
      step(without.trainer);
      void *average = copy_of_average(with.trainer);
      assert_ok(sp_evaluator_score_average(&with.trainer->evaluator, &with.trainer->feed.validation_rows, &scores));
      void *again = copy_of_average(with.trainer);
      assert_memory_equal(average, again, vector_bytes(with.trainer));
      assert_memory_equal(with.trainer->model.state.parameters, without.trainer->model.state.parameters,
                          vector_bytes(with.trainer));
      free(average);
      free(again);
    }
    close_bed(&without);
    close_bed(&with);
  }
}

/// As a user would write it with h5py: /parameters/<tensor> in natural shapes.
static void write_parameters(const sp_trainer *t, const void *values, const char *path) {
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), links = H5Pcreate(H5P_LINK_CREATE);
  hid_t type = t->model.state.precision == SP_FLOAT64 ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT;
  H5Pset_create_intermediate_group(links, 1);
  for (int64_t i = 0; i < t->model.state.table->tensors; i++) {
    const sp_tensor *tensor = &t->model.state.table->tensor[i];
    char name[128];
    hsize_t extent[SP_MAX_RANK];
    for (int k = 0; k < tensor->shape.rank; k++) extent[k] = (hsize_t)tensor->shape.extent[k];
    snprintf(name, sizeof name, "/parameters/%s", tensor->name);
    hid_t space = H5Screate_simple(tensor->shape.rank, extent, NULL);
    hid_t set = H5Dcreate2(file, name, type, space, links, H5P_DEFAULT, H5P_DEFAULT);
    const char *first = (const char *)values + (size_t)tensor->offset * sp_dtype_size(t->model.state.precision);
    assert_true(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, first) >= 0);
    H5Dclose(set);
    H5Sclose(space);
  }
  H5Pclose(links);
  assert_true(H5Fclose(file) >= 0);
}

static void its_scores_are_those_of_a_model_that_has_it_for_parameters(void **state) {
  (void)state;
  for (int w = 0; w < WAYS; w++) {
    bed b, other;
    sp_scores scores, last, expected;
    open_bed(&ways[w], "optimizer.average=0.9", "run.seed=1", &b);
    sp_trainer *t = b.trainer;
    for (int i = 0; i < 4; i++) step(t);
    void *average = copy_of_average(t);
    if (world.rank == 0) write_parameters(t, average, "average.h5");
    free(average);
    MPI_Barrier(world.world);
    assert_ok(sp_evaluator_score_average(&t->evaluator, &t->feed.validation_rows, &scores));
    assert_ok(sp_evaluator_score(&t->evaluator, &t->feed.validation_rows, &last));
    open_bed(&ways[w], "optimizer.average=none", "model.initial=average.h5", &other);
    assert_ok(sp_evaluator_score_average(&other.trainer->evaluator, &other.trainer->feed.validation_rows, &expected));
    assert_int_equal(scores.count, 2);
    assert_memory_equal(scores.value, expected.value, 2 * sizeof *scores.value);
    assert_true(scores.value[0] != last.value[0]);
    close_bed(&other);
    // And a run that begins with a file has its average begin there.
    open_bed(&ways[w], "optimizer.average=0.5", "model.initial=average.h5", &other);
    assert_ok(sp_evaluator_score_average(&other.trainer->evaluator, &other.trainer->feed.validation_rows, &scores));
    assert_memory_equal(scores.value, expected.value, 2 * sizeof *scores.value);
    close_bed(&other);
    close_bed(&b);
  }
}

// The last rank cannot read its rows: all ranks get the error, and all have their parameters back.
static void a_failure_on_one_rank_leaves_nobody_waiting(void **state) {
  (void)state;
  for (int w = 0; w < WAYS; w++) {
    bed b;
    sp_scores scores;
    MPI_Barrier(world.world);
    if (world.rank == 0) import_rows("whole.h5", 3);
    MPI_Barrier(world.world);
    open_bed(&ways[w], "optimizer.average=0.9", "data.validation.file=whole.h5", &b);
    sp_trainer *t = b.trainer;
    for (int i = 0; i < 3; i++) step(t);
    void *parameters = copy_of_parameters(t), *average = copy_of_average(t);
    sp_rows rows = world.rank == world.size - 1 ? t->feed.validation_rows : t->feed.train_rows;
    if (world.rank == 0) assert_int_equal(truncate("whole.h5", 4000), 0);
    MPI_Barrier(world.world);
    assert_fails(sp_evaluator_score_average(&t->evaluator, &rows, &scores), SP_ERR_DATA, "whole.h5");
    assert_memory_equal(t->model.state.parameters, parameters, vector_bytes(t));
    void *again = copy_of_average(t);
    assert_memory_equal(again, average, vector_bytes(t));
    step(t);
    free(parameters);
    free(average);
    free(again);
    close_bed(&b);
    if (world.rank == 0) assert_int_equal(unlink("whole.h5"), 0);
  }
}

static int set_up(void **state) {
  (void)state;
  if (world.rank == 0 && (!mkdtemp(place) || chdir(place) != 0)) return 1;
  MPI_Bcast(place, sizeof place, MPI_CHAR, 0, world.world);
  if (chdir(place) != 0) return 1;
  if (world.rank == 0) {
    import_rows("data.h5", 1);
    import_rows("other.h5", 2);
  }
  MPI_Barrier(world.world);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  MPI_Barrier(world.world);
  if (world.rank > 0) return 0;
  return unlink("data.h5") != 0 || unlink("other.h5") != 0 || unlink("average.h5") != 0 || rmdir(place) != 0;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &world));
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_follows_every_update),
      cmocka_unit_test(evaluation_leaves_the_training_as_it_is),
      cmocka_unit_test(its_scores_are_those_of_a_model_that_has_it_for_parameters),
      cmocka_unit_test(a_failure_on_one_rank_leaves_nobody_waiting),
  };
  int failed = cmocka_run_group_tests(tests, set_up, tear_down);
  sp_comm_close(&world);
  MPI_Finalize();
  return failed;
}
