// SPDX-License-Identifier: Apache-2.0
// Layers that need the whole batch: the same bits however many ranks and nodes there are and however they exchange, with
// accumulation, a short last batch, lanes without rows and batches of one row; the statistics are those of the batch, and a
// skipped step does not move them; audits repeat a lane.
#include <hdf5.h>
#include <math.h>
#include <unistd.h>

#include "check.h"
#include "compute/elementwise.h"
#include "config/names.h"
#include "import/import_format.h"
#include "model/prediction.h"
#include "train/training.h"

enum { ROWS = 203 };

static const char config_text[] =
    "data:\n"
    "  train: {file: data.h5, features: /train/features, targets: /train/targets}\n"
    "model:\n"
    "  layers: [{batch_norm: {name: first}}, {dense: {units: 400}}, {residual: [{batch_norm: {scale: false}}, relu,\n"
    "           {dense: {units: 400}}]}, {dense: {units: 60}}, {batch_norm: {over: lane}}, tanh, {dense: {units: 3}}]\n"
    "  loss: softmax_cross_entropy\n"
    "  metrics: [accuracy]\n"
    "optimizer: {sgd: {lr: 0.1, momentum: 0.5}}\n"
    "exchange: {bucket_mb: 0.015625}\n"
    "train: {batch_size: 40, lanes: 8, pin: none}\n";

static MPI_Comm world;

static int set_up(void **state) {
  (void)state;
  char place[] = "/tmp/shardprop-batch-norm.XXXXXX";
  int rank;
  MPI_Comm_rank(world, &rank);
  if (rank == 0 && (!mkdtemp(place) || chdir(place) != 0)) return 1;
  MPI_Bcast(place, sizeof place, MPI_CHAR, 0, world);
  if (chdir(place) != 0) return 1;
  if (rank == 0) {
    const sp_import_format *format = (const sp_import_format *)sp_variant_find(sp_import_formats, "synthetic");
    sp_import_synthetic_options options = {.rows = ROWS, .features = 10, .classes = 3, .seed = 1, .noise = 1};
    sp_import_output output = {.output = "data.h5"};
    assert_ok(sp_import_run(format, &options, &output, NULL));
  }
  MPI_Barrier(world);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  int rank;
  char place[200];
  MPI_Comm_rank(world, &rank);
  MPI_Barrier(world);
  if (rank == 0 && (unlink("data.h5") != 0 || !getcwd(place, sizeof place) || rmdir(place) != 0)) return 1;
  return 0;
}

/// What an epoch and a step of the next one leave.
typedef struct result {
  int64_t values;
  double *parameters;
  double sums[2];   // of the epoch: loss, accuracy
  double mean[10];  // running, of the first layer
  double variance[10];
} result;

static int64_t offset_of(const sp_parameter_table *table, const char *name) {
  for (int64_t i = 0; i < table->tensors; i++) {
    if (strcmp(table->tensor[i].name, name) == 0) return table->tensor[i].offset;
  }
  fail_msg("there is no %s", name);
  return -1;
}

static void make_step(sp_trainer *t) {
  sp_step_outcome outcome;
  assert_ok(sp_trainer_audit(t));
  assert_ok(sp_train_step_make(&t->step, &(sp_step_wishes){0}, &outcome));
}

/// Train on these ranks with overrides, the last of which is NULL; steps -1: an epoch and a step of the next.
static result train(const sp_comm *comm, int64_t steps, const char *const *overrides) {
  sp_run_config config;
  sp_trainer *t;
  int count = 0;
  while (overrides[count]) count++;
  assert_ok(sp_run_config_read(config_text, strlen(config_text), "norm.yaml", overrides, count, &config));
  assert_ok(sp_trainer_create(comm, &config, SP_FEED_TRAINING, &t));
  assert_ok(sp_trainer_initialise(t));
  const sp_parameter_table *table = t->model.state.table;
  int64_t epoch = sp_order_steps(&t->source.order);
  result r = {.values = sp_parameter_values(table)};
  for (int64_t step = 0; step < (steps < 0 ? epoch : steps); step++) make_step(t);
  assert_ok(sp_train_step_settle(&t->step));
  memcpy(r.sums, t->model.state.progress.epoch_sums, sizeof r.sums);
  if (steps < 0) {
    sp_model_state_next_epoch(&t->model);
    make_step(t);
    assert_ok(sp_train_step_settle(&t->step));
  }
  r.parameters = malloc((size_t)r.values * sizeof *r.parameters);
  for (int64_t i = 0; i < r.values; i++) {
    r.parameters[i] = sp_value_at(t->model.state.precision, t->model.state.parameters, i);
  }
  memcpy(r.mean, r.parameters + offset_of(table, "first/mean"), sizeof r.mean);
  memcpy(r.variance, r.parameters + offset_of(table, "first/variance"), sizeof r.variance);
  MPI_Barrier(comm->world);  // others may still be reading where all write
  sp_trainer_free(t);
  sp_run_config_free(&config);
  return r;
}

static result train_alone(int64_t steps, const char *const *overrides) {
  sp_comm alone;
  assert_ok(sp_comm_open(MPI_COMM_SELF, &alone));
  result r = train(&alone, steps, overrides);
  sp_comm_close(&alone);
  return r;
}

static void the_same_bits_on_any_ranks_and_nodes(void **state) {
  (void)state;
  static const struct {
    int ranks_per_node;
    const char *exchange;
  } ways[] = {{1 << 20, "exchange.path=window"},
              {1 << 20, "exchange.path=mpi"},
              {1, "exchange.path=window"},
              {2, "exchange.path=window"}};
  static const char *const cases[][4] = {
      {"train.batch_size=40", "optimizer.accumulate=1", "train.audit=2",
       "optimizer.clip_norm=none"},  // the last of 3 rows
      {"train.batch_size=8", "optimizer.accumulate=7", "train.on_nonfinite=skip", "optimizer.clip_norm=0.1"},
      {"train.batch_size=9", "optimizer.accumulate=65536", "train.audit=1", "optimizer.clip_value=0.01"},
      {"train.batch_size=101", "optimizer.accumulate=1", "train.audit=1", "optimizer.average=0.5"}};  // the last of 1
  for (int i = 0; i < 4; i++) {
    const char *const *c = cases[i];
    result expected = train_alone(-1, (const char *const[]){c[0], c[1], c[2], c[3], NULL});
    assert_true(sp_all_finite(SP_FLOAT64, expected.values, expected.parameters));
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
      sp_comm nodes;
      assert_ok(sp_comm_open_nodes(world, ways[w].ranks_per_node, &nodes));
      result got = train(&nodes, -1, (const char *const[]){c[0], c[1], c[2], c[3], ways[w].exchange, NULL});
      sp_comm_close(&nodes);
      assert_memory_equal(got.parameters, expected.parameters, (size_t)got.values * sizeof *got.parameters);
      assert_memory_equal(got.sums, expected.sums, sizeof got.sums);
      free(got.parameters);
    }
    free(expected.parameters);
  }
}

/// The mean and the unbiased variance of the features of all rows.
static void data_moments(double mean[10], double variance[10]) {
  float features[ROWS * 10];
  hid_t file = H5Fopen("data.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
  hid_t set = H5Dopen2(file, "/train/features", H5P_DEFAULT);
  assert_true(H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, features) >= 0);
  H5Dclose(set);
  H5Fclose(file);
  for (int j = 0; j < 10; j++) {
    mean[j] = variance[j] = 0;
    for (int i = 0; i < ROWS; i++) mean[j] += (double)features[i * 10 + j] / ROWS;
    for (int i = 0; i < ROWS; i++) variance[j] += pow((double)features[i * 10 + j] - mean[j], 2) / (ROWS - 1);
  }
}

// After one step over all rows with momentum 0.1, from 0 and 1. With accumulation they are the means of the parts, weighted
// by their rows: the mean is the same.
static void the_statistics_are_those_of_the_batch(void **state) {
  (void)state;
  static const char *const cases[][2] = {{"train.batch_size=203", "optimizer.accumulate=1"},
                                         {"train.batch_size=29", "optimizer.accumulate=7"}};
  double mean[10], variance[10];
  sp_comm comm;
  data_moments(mean, variance);
  assert_ok(sp_comm_open(world, &comm));
  for (int i = 0; i < 2; i++) {
    result r = train(&comm, 1, (const char *const[]){"train.precision=float64", cases[i][0], cases[i][1], NULL});
    for (int j = 0; j < 10; j++) {
      assert_near(r.mean[j], 0.1 * mean[j], 1e-13);
      if (i == 0) assert_near(r.variance[j], 0.9 + 0.1 * variance[j], 1e-13);
    }
    free(r.parameters);
  }
  sp_comm_close(&comm);
}

// 203 rows in steps of 101: the last step has one, which has no variance, and is normalised to 0.
static void a_single_row_keeps_the_variance(void **state) {
  (void)state;
  sp_comm comm;
  assert_ok(sp_comm_open(world, &comm));
  static const char *const options[] = {"train.precision=float64", "train.batch_size=101", NULL};
  result two = train(&comm, 2, options), three = train(&comm, 3, options);
  assert_memory_not_equal(two.mean, three.mean, sizeof two.mean);
  for (int j = 0; j < 10; j++) assert_near(two.variance[j], three.variance[j], 1e-14);
  free(two.parameters);
  free(three.parameters);
  sp_comm_close(&comm);
}

// Steps with an infinite learning rate in between are skipped: the statistics keep their values.
static void a_skipped_step_moves_nothing(void **state) {
  (void)state;
  sp_comm comm;
  assert_ok(sp_comm_open(world, &comm));
  static const char *const options[] = {"train.on_nonfinite=skip", NULL};
  sp_run_config config;
  sp_trainer *t;
  sp_step_outcome outcome;
  assert_ok(sp_run_config_read(config_text, strlen(config_text), "norm.yaml", options, 1, &config));
  assert_ok(sp_trainer_create(&comm, &config, SP_FEED_TRAINING, &t));
  assert_ok(sp_trainer_initialise(t));
  make_step(t);
  assert_ok(sp_train_step_settle(&t->step));
  int64_t values = sp_parameter_values(t->model.state.table);
  float *before = malloc((size_t)values * sizeof *before), *parameters = t->model.state.parameters;
  int64_t at = offset_of(t->model.state.table, "dense_1/weight");
  MPI_Barrier(comm.world);
  if (comm.node_rank == 0 || !t->model.state.parameters_shared) parameters[at] = (float)INFINITY;
  MPI_Barrier(comm.world);
  memcpy(before, parameters, (size_t)values * sizeof *before);
  sp_train_step_restart(&t->step);
  assert_ok(sp_train_step_make(&t->step, &(sp_step_wishes){0}, &outcome));
  assert_false(outcome.made);
  assert_ok(sp_train_step_settle(&t->step));
  assert_memory_equal(before, parameters, (size_t)values * sizeof *before);
  MPI_Barrier(comm.world);
  free(before);
  sp_trainer_free(t);
  sp_run_config_free(&config);
  sp_comm_close(&comm);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  world = MPI_COMM_WORLD;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_bits_on_any_ranks_and_nodes),
      cmocka_unit_test(the_statistics_are_those_of_the_batch),
      cmocka_unit_test(a_single_row_keeps_the_variance),
      cmocka_unit_test(a_skipped_step_moves_nothing),
  };
  int failed = cmocka_run_group_tests(tests, set_up, tear_down);
  MPI_Finalize();
  return failed;
}
