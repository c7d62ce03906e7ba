// SPDX-License-Identifier: Apache-2.0
// Gradients of several mini-batches added up for one update: what one large batch gives, and the same bits however many ranks
// and nodes there are and however they exchange; with a short last batch, and with parts that have no rows.
#include <unistd.h>

#include "check.h"
#include "config/names.h"
#include "import/import_format.h"
#include "model/prediction.h"
#include "train/training.h"

enum { ROWS = 410 };

static const char config_text[] =
    "data:\n"
    "  train: {file: data.h5, features: /train/features, targets: /train/targets}\n"
    "  transform: [standardize]\n"
    "model:\n"
    "  layers: [{dense: {units: 400}}, relu, {dense: {units: 60}}, tanh, {dense: {units: 3}}]\n"
    "  loss: softmax_cross_entropy\n"
    "  metrics: [accuracy]\n"
    "optimizer: {sgd: {lr: 0.1, momentum: 0.5}}\n"
    "exchange: {bucket_mb: 0.015625}\n"
    "train: {batch_size: 40, lanes: 8, pin: none}\n";

static MPI_Comm world;

static int set_up(void **state) {
  (void)state;
  char place[] = "/tmp/shardprop-accumulate.XXXXXX";
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
  int64_t steps, values;
  double *parameters;
  double sums[2];  // of the epoch: loss, accuracy
} result;

/// Train on these ranks with overrides, the last of which is NULL.
static result train(const sp_comm *comm, const char *const *overrides) {
  sp_run_config config;
  sp_trainer *t;
  sp_step_outcome outcome;
  int count = 0;
  while (overrides[count]) count++;
  assert_ok(sp_run_config_read(config_text, strlen(config_text), "accumulate.yaml", overrides, count, &config));
  assert_ok(sp_trainer_create(comm, &config, SP_FEED_TRAINING, &t));
  assert_ok(sp_trainer_initialise(t));
  result r = {.steps = sp_order_steps(&t->source.order), .values = sp_parameter_values(t->model.state.table)};
  int64_t rows = 0;
  for (int64_t step = 0; step < r.steps; step++) {
    assert_ok(sp_train_step_make(&t->step, &(sp_step_wishes){0}, &outcome));
    rows += outcome.rows;
  }
  assert_int_equal(rows, ROWS);
  assert_ok(sp_train_step_settle(&t->step));
  memcpy(r.sums, t->model.state.progress.epoch_sums, sizeof r.sums);
  sp_model_state_next_epoch(&t->model);
  assert_ok(sp_train_step_make(&t->step, &(sp_step_wishes){0}, &outcome));
  assert_ok(sp_train_step_settle(&t->step));
  r.parameters = malloc((size_t)r.values * sizeof *r.parameters);
  for (int64_t i = 0; i < r.values; i++)
    r.parameters[i] = sp_value_at(t->model.state.precision, t->model.state.parameters, i);
  MPI_Barrier(comm->world);  // others may still be reading where all write
  sp_trainer_free(t);
  sp_run_config_free(&config);
  return r;
}

static result train_alone(const char *const *overrides) {
  sp_comm alone;
  assert_ok(sp_comm_open(MPI_COMM_SELF, &alone));
  result r = train(&alone, overrides);
  sp_comm_close(&alone);
  return r;
}

/// Largest difference over the largest value.
static double distance(const result *a, const result *b) {
  double difference = 0, largest = 0;
  assert_int_equal(a->values, b->values);
  for (int64_t i = 0; i < a->values; i++) {
    difference = fmax(difference, fabs(a->parameters[i] - b->parameters[i]));
    largest = fmax(largest, fabs(b->parameters[i]));
  }
  return difference / largest;
}

// float64, where the order of additions is all that differs. Steps of 120 rows, and one of 50; of 200, and one of 10, which is
// less than a mini-batch; of 56, and one of 18, of which some lanes have two rows for three parts; of all rows. Clipping is of
// the mean over all of them.
static void many_mini_batches_are_one_large_batch(void **state) {
  (void)state;
  int ranks;
  MPI_Comm_size(world, &ranks);
  if (ranks > 1) skip();  // each would do the same
  static const char *const cases[][3] = {
      {"train.batch_size=40", "optimizer.accumulate=3", "train.batch_size=120"},
      {"train.batch_size=40", "optimizer.accumulate=5", "train.batch_size=200"},
      {"train.batch_size=8", "optimizer.accumulate=7", "train.batch_size=56"},
      {"train.batch_size=9", "optimizer.accumulate=65536", "train.batch_size=589824"}};
  static const char real[] = "train.precision=float64";
  for (int i = 0; i < 5; i++) {
    const char *size = cases[i % 4][0], *count = cases[i % 4][1], *all = cases[i % 4][2];
    const char *clip = i < 4 ? "optimizer.clip_norm=none" : "optimizer.clip_norm=0.1";
    result many = train_alone((const char *const[]){real, clip, size, count, NULL});
    result one = train_alone((const char *const[]){real, clip, all, NULL});
    result short_of = train_alone((const char *const[]){real, clip, size, NULL});
    assert_int_equal(many.steps, one.steps);
    assert_near(distance(&many, &one), 0, 1e-12);
    assert_near(many.sums[0], one.sums[0], 1e-12 * one.sums[0]);
    assert_true(many.sums[1] == one.sums[1]);
    assert_true(distance(&short_of, &one) > 1e-3);  // as a single mini-batch would: the tolerance tells them apart
    free(many.parameters);
    free(one.parameters);
    free(short_of.parameters);
  }
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
  static const char *const cases[][3] = {{"train.batch_size=40", "optimizer.accumulate=3", "optimizer.clip_norm=none"},
                                         {"train.batch_size=8", "optimizer.accumulate=7", "optimizer.clip_norm=none"},
                                         {"train.batch_size=8", "optimizer.accumulate=7", "optimizer.clip_norm=0.1"}};
  for (int i = 0; i < 3; i++) {
    result expected = train_alone((const char *const[]){cases[i][0], cases[i][1], cases[i][2], NULL});
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
      sp_comm nodes;
      assert_ok(sp_comm_open_nodes(world, ways[w].ranks_per_node, &nodes));
      result got = train(&nodes, (const char *const[]){cases[i][0], cases[i][1], cases[i][2], ways[w].exchange, NULL});
      sp_comm_close(&nodes);
      assert_memory_equal(got.parameters, expected.parameters, (size_t)got.values * sizeof *got.parameters);
      assert_memory_equal(got.sums, expected.sums, sizeof got.sums);
      free(got.parameters);
    }
    free(expected.parameters);
  }
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  world = MPI_COMM_WORLD;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(many_mini_batches_are_one_large_batch),
      cmocka_unit_test(the_same_bits_on_any_ranks_and_nodes),
  };
  int failed = cmocka_run_group_tests(tests, set_up, tear_down);
  MPI_Finalize();
  return failed;
}
