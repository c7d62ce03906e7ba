// SPDX-License-Identifier: Apache-2.0
// The public functions that communicate, as other programs call them: several trainings in one process, and training
// loops outside the library.
#include <signal.h>
#include <unistd.h>

#include "check.h"
#include "config/names.h"
#include "import/import_format.h"
#include "shardprop/checkpoint.h"
#include "shardprop/config.h"
#include "shardprop/dataset.h"
#include "shardprop/model.h"
#include "shardprop/optimizer.h"
#include "shardprop/trainer.h"

static int rank, size;

// --- trainings ----------------------------------------------------------------------------------------------------

static const char text[] =
    "run: {name: library, directory: run}\n"
    "data: {train: {file: data.h5, features: /train/features, targets: /train/targets}, validation: {fraction: 0.2}}\n"
    "model: {layers: [{dense: {units: 20}}, relu, {dense: {units: 3}}], loss: softmax_cross_entropy, metrics: "
    "[accuracy]}\n"
    "train: {batch_size: 40, lanes: 8, epochs: 2}\n"
    "checkpoint: {every: 1 epoch}\n";

static int place_tests(void **state) {
  (void)state;
  char place[] = "/tmp/shardprop-library.XXXXXX";
  if (rank == 0 && (!mkdtemp(place) || chdir(place) != 0)) return 1;
  MPI_Bcast(place, sizeof place, MPI_CHAR, 0, MPI_COMM_WORLD);
  if (chdir(place) != 0) return 1;
  if (rank == 0) {
    const sp_import_format *format = (const sp_import_format *)sp_variant_find(sp_import_formats, "synthetic");
    sp_import_synthetic_options options = {.rows = 500, .features = 10, .classes = 3, .seed = 1, .noise = 1};
    sp_import_output output = {.output = "data.h5"};
    assert_ok(sp_import_run(format, &options, &output, NULL));
  }
  MPI_Barrier(MPI_COMM_WORLD);
  return 0;
}

static int leave_place(void **state) {
  (void)state;
  char place[200], command[256];
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank != 0) return 0;
  if (!getcwd(place, sizeof place) || chdir("/") != 0) return 1;
  snprintf(command, sizeof command, "rm -rf '%s'", place);
  return system(command);
}

typedef struct told {
  int64_t steps, epochs, checkpoints, last_saved;
  double loss, accuracy;
  sp_training *training;
  double bias[3];
} told;

static bool on_step(void *context, const sp_training_event *event) {
  told *t = context;
  t->steps++;
  assert_int_equal(event->scores, 2);
  assert_null(event->validation);
  return true;
}

static bool on_epoch(void *context, const sp_training_event *event) {
  told *t = context;
  t->epochs++;
  assert_string_equal(event->score_name[0], "loss");
  assert_string_equal(event->score_name[1], "accuracy");
  assert_non_null(event->validation);
  t->loss = event->score[0];
  t->accuracy = event->validation[1];
  assert_ok(sp_training_read(t->training, "dense_2/bias", t->bias, 3));
  return true;
}

static bool on_checkpoint(void *context, const sp_training_event *event) {
  told *t = context;
  t->checkpoints++;
  t->last_saved = event->saved_step;
  return true;
}

static void open_training(MPI_Comm comm, const char *override, told *t) {
  sp_training_options options = {.text = rank == 0 ? text : "",
                                 .overrides = &override,
                                 .count = override ? 1 : 0,
                                 .on_step = on_step,
                                 .on_epoch = on_epoch,
                                 .on_checkpoint = on_checkpoint,
                                 .context = t,
                                 .quiet = true};
  *t = (told){0};
  assert_ok(sp_training_open(comm, &options, &t->training));
}

static void on_signal(int number) { (void)number; }

static void it_trains_stops_and_goes_on_in_one_process(void **state) {
  (void)state;
  MPI_Comm comm;
  MPI_Errhandler handler;
  told t;
  double bias[3];
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
  signal(SIGTERM, on_signal);

  open_training(comm, NULL, &t);
  if (rank == size - 1) sp_training_request_stop(t.training);  // one rank is enough
  assert_fails(sp_training_run(t.training), SP_STOPPED, "requested by the program");
  assert_fails(sp_training_run(t.training), SP_ERR_USAGE, "open it again");
  assert_int_equal(sp_training_step(t.training), 1);
  sp_training_close(t.training);
  if (rank == 0) assert_int_equal(t.steps, 1);

  open_training(comm, NULL, &t);
  assert_int_equal(sp_training_step(t.training), 1);
  assert_ok(sp_training_run(t.training));
  assert_int_equal(sp_training_step(t.training), 20);
  assert_string_equal(sp_training_tensor(t.training, 0), "dense_1/weight");
  assert_null(sp_training_tensor(t.training, 4));
  assert_ok(sp_training_read(t.training, "dense_2/bias", bias, 3));
  assert_true(bias[0] != 0);
  assert_fails(sp_training_read(t.training, "dense_2/bias", bias, 4), SP_ERR_USAGE, "has 3 values");
  assert_fails(sp_training_read(t.training, "dense_9/bias", bias, 3), SP_ERR_USAGE, "dense_9/bias");
  if (rank == 0) {
    assert_int_equal(t.steps, 19);
    assert_int_equal(t.epochs, 2);
    assert_true(t.checkpoints >= 1 && t.last_saved == 20);
    assert_true(isfinite(t.loss) && t.accuracy > 0.5);
    assert_memory_equal(bias, t.bias, sizeof bias);
  } else {
    assert_int_equal(t.steps + t.epochs + t.checkpoints, 0);
  }
  sp_training_close(t.training);

  struct sigaction action;
  sigaction(SIGTERM, NULL, &action);
  assert_true(action.sa_handler == on_signal);
  signal(SIGTERM, SIG_DFL);
  MPI_Comm_get_errhandler(comm, &handler);
  assert_true(handler == MPI_ERRORS_RETURN);
  MPI_Comm_free(&comm);
}

static void its_checkpoint_can_be_read(void **state) {
  (void)state;
  sp_training_options options = {.text = text, .quiet = true};
  sp_training *training;
  sp_checkpoint *checkpoint = NULL;
  double trained[60], saved[60];
  int64_t count = 0;
  assert_ok(sp_training_open(MPI_COMM_WORLD, &options, &training));  // it is complete: the last checkpoint is loaded
  assert_ok(sp_training_read(training, "dense_2/weight", trained, 60));
  assert_ok(sp_checkpoint_open("run/checkpoints/last", &checkpoint));
  assert_int_equal(sp_checkpoint_step(checkpoint), 20);
  assert_int_equal(sp_checkpoint_epoch(checkpoint), 2);
  assert_non_null(strstr(sp_checkpoint_path(checkpoint), "run/checkpoints/"));
  assert_non_null(strstr(sp_checkpoint_config(checkpoint), "batch_size: 40"));
  assert_string_equal(sp_checkpoint_tensor(checkpoint, 2, &count), "dense_2/weight");
  assert_int_equal(count, 60);
  assert_null(sp_checkpoint_tensor(checkpoint, 4, NULL));
  assert_ok(sp_checkpoint_read(checkpoint, NULL, "dense_2/weight", saved, 60));
  assert_memory_equal(saved, trained, sizeof saved);
  assert_ok(sp_checkpoint_read(checkpoint, "square_avg", "dense_2/weight", saved, 60));
  for (int i = 0; i < 60; i++) assert_true(saved[i] > 0);
  assert_fails(sp_checkpoint_read(checkpoint, "square", "dense_2/weight", saved, 60), SP_ERR_USAGE, "square_avg");
  assert_fails(sp_checkpoint_read(checkpoint, NULL, "dense_2/weight", saved, 6), SP_ERR_USAGE, "has 60 values");
  assert_ok(sp_checkpoint_check(checkpoint));
  sp_checkpoint_close(checkpoint);
  sp_training_close(training);
  checkpoint = NULL;
  assert_fails(sp_checkpoint_open("nowhere", &checkpoint), SP_ERR_USAGE, "nowhere");
  assert_null(checkpoint);
}

static void a_configuration_is_resolved(void **state) {
  (void)state;
  sp_config *config = NULL, *again;
  const char *override = "train.epochs=7";
  assert_ok(sp_config_parse(text, "mine.yaml", &override, 1, &config));
  assert_string_equal(sp_config_directory(config), "run");
  assert_non_null(strstr(sp_config_text(config), "epochs: 7"));
  assert_non_null(strstr(sp_config_text(config), "decay: 0.9"));  // a default
  assert_ok(sp_config_parse(sp_config_text(config), "again", NULL, 0, &again));
  assert_string_equal(sp_config_text(config), sp_config_text(again));
  sp_config_free(config);
  sp_config_free(again);
  config = NULL;
  override = "train.epohcs=7";
  assert_fails(sp_config_parse(text, "mine.yaml", &override, 1, &config), SP_ERR_CONFIG, "epochs");
  assert_fails(sp_config_read("nothing.yaml", NULL, 0, &config), SP_ERR_IO, "nothing.yaml");
  assert_null(config);
}

/// A training loop of one's own: data, model and optimizer from the library, steps on whole batches.
static void a_loop_of_ones_own_learns(void **state) {
  (void)state;
  enum { ROWS = 400, FEATURES = 10 };
  static double features[ROWS * FEATURES];
  static int32_t targets[ROWS];
  const void *const column[] = {features, targets};
  int64_t row[ROWS], first, count;
  double loss, before, *parameters, *gradient;
  const char *const overrides[] = {"train.precision=float64", "data.transform=[standardize]"};
  sp_config *config;
  sp_data *data = NULL;
  sp_model *model = NULL;
  sp_optimizer *optimizer;
  assert_ok(sp_config_parse(text, "loop.yaml", overrides, 2, &config));
  assert_fails(sp_data_open(MPI_COMM_WORLD, config, SP_DATA_TEST, &data), SP_ERR_USAGE, "data.test");
  assert_null(data);
  assert_ok(sp_data_open(MPI_COMM_WORLD, config, SP_DATA_TRAIN, &data));
  assert_int_equal(sp_data_rows(data), ROWS);
  assert_int_equal(sp_data_columns(data), 2);
  assert_string_equal(sp_data_column_name(data, 1), "targets");
  assert_null(sp_data_column_name(data, 2));
  assert_int_equal(sp_data_column_values(data, 0), FEATURES);
  assert_int_equal(sp_data_column_values(data, 1), 1);
  assert_int_equal(sp_data_column_values(data, -1), 0);
  assert_ok(sp_model_create(config, data, &model));
  assert_string_equal(sp_model_tensor(model, 2, &first, &count), "dense_2/weight");
  assert_int_equal(count, 60);
  assert_null(sp_model_tensor(model, 4, NULL, NULL));

  for (int i = 0; i < ROWS; i++) row[i] = i;
  assert_ok(sp_data_gather(data, row, ROWS, (void *[]){features, targets}));
  double mean = 0;
  for (int i = 0; i < ROWS; i++) mean += features[i * FEATURES] / ROWS;
  assert_near(mean, 0, 1e-12);  // standardized
  row[0] = ROWS;
  assert_fails(sp_data_gather(data, row, 1, (void *[]){features, NULL}), SP_ERR_USAGE, "row 400");

  int64_t n = sp_model_values(model);
  parameters = calloc((size_t)n, sizeof *parameters);
  gradient = calloc((size_t)n, sizeof *gradient);
  assert_ok(sp_model_initialise(model, parameters));
  assert_ok(sp_model_gradient(model, parameters, column, ROWS, &before, gradient));
  double step = 1e-5, up, down, *p = &parameters[first + 7];
  *p += step;
  assert_ok(sp_model_gradient(model, parameters, column, ROWS, &up, NULL));
  *p -= 2 * step;
  assert_ok(sp_model_gradient(model, parameters, column, ROWS, &down, NULL));
  *p += step;
  assert_near((up - down) / (2 * step), gradient[first + 7], 1e-8);
  assert_true(fabs(gradient[first + 7]) > 1e-5);
  assert_fails(sp_model_gradient(model, parameters, column, 0, &loss, gradient), SP_ERR_USAGE, "one row");
  for (int i = 0; i < 3; i++) {
    const int32_t kept = targets[ROWS - 1];
    targets[ROWS - 1] = (const int32_t[]){3, -1, INT32_MIN}[i];
    assert_fails(sp_model_gradient(model, parameters, column, ROWS, &loss, gradient), SP_ERR_USAGE, "expected 0 to 2");
    assert_fails(sp_model_gradient(model, parameters, column, ROWS, &loss, NULL), SP_ERR_USAGE, "class");
    targets[ROWS - 1] = kept;
  }
  assert_fails(sp_data_gather(data, row, -1, (void *[]){features, NULL}), SP_ERR_USAGE, "got -1");

  assert_ok(sp_optimizer_create(MPI_COMM_WORLD, "rmsprop: {lr: 0.01}", SP_REAL64, n, &optimizer));
  for (int i = 0; i < 50; i++) {
    assert_ok(sp_model_gradient(model, parameters, column, ROWS, &loss, gradient));
    assert_ok(sp_optimizer_step(optimizer, parameters, gradient));
  }
  assert_true(loss < before / 2);
  static double output[ROWS * 3];
  int right = 0;
  assert_int_equal(sp_model_outputs(model), 3);
  assert_ok(sp_model_predict(model, parameters, column, ROWS, output));
  for (int i = 0; i < ROWS; i++) {
    const double *o = &output[3 * i];
    right += targets[i] == (o[0] >= o[1] && o[0] >= o[2] ? 0 : o[1] >= o[2] ? 1 : 2);
  }
  assert_true(right > ROWS * 3 / 4);
  sp_optimizer_free(optimizer);
  sp_model_free(model);
  sp_data_close(data);
  sp_config_free(config);
  free(parameters);
  free(gradient);
}

/// The same bits as the trainer's, with whole epochs of batches in the order of the file. There is a column of weights, which
/// the loss may use.
static void loop_is_the_trainer(const char *loss_override, const char *directory) {
  enum { ROWS = 400, FEATURES = 10, BATCH = 40, EPOCHS = 2, EPOCH_STEPS = ROWS / BATCH };
  static double features[BATCH * FEATURES], trained[60], variances[20];
  static int32_t targets[BATCH];
  static double weights[BATCH];
  const void *const column[] = {features, targets, weights};
  int64_t row[BATCH], first, variance;
  double loss, *parameters, *gradient;
  int clipped = 0;
  const char *const overrides[] = {
      "train={batch_size: 40, epochs: 2, lanes: 1, precision: float64}",
      "data.shuffle=none",
      directory,
      "optimizer={rmsprop: {lr: 0.01, momentum: 0.5}, schedule: {one_cycle: ~, warmup: 3 steps}, l1: 0.001, "
      "clip_norm: 0.5}",
      "model.layers=[{dense: {units: 20}}, batch_norm, relu, {dropout: 0.1}, {dense: {units: 3}}]",
      loss_override,
      "data.train.columns={weight: /train/targets}"};
  sp_config *config;
  sp_data *data;
  sp_model *model;
  sp_optimizer *optimizer;
  if (rank == 0) {
    sp_training_options options = {.text = text, .overrides = overrides, .count = 7, .quiet = true};
    sp_training *training;
    assert_ok(sp_training_open(MPI_COMM_SELF, &options, &training));
    assert_ok(sp_training_run(training));
    assert_int_equal(sp_training_step(training), EPOCHS * EPOCH_STEPS);
    assert_ok(sp_training_read(training, "dense_2/weight", trained, 60));
    assert_ok(sp_training_read(training, "batch_norm_1/variance", variances, 20));
    sp_training_close(training);
  }
  MPI_Bcast(trained, 60, MPI_DOUBLE, 0, MPI_COMM_WORLD);
  MPI_Bcast(variances, 20, MPI_DOUBLE, 0, MPI_COMM_WORLD);

  assert_ok(sp_config_parse(text, "own.yaml", overrides, 7, &config));
  assert_ok(sp_data_open(MPI_COMM_WORLD, config, SP_DATA_TRAIN, &data));
  assert_ok(sp_model_create(config, data, &model));
  assert_string_equal(sp_model_tensor(model, 4, &first, NULL), "dense_2/weight");
  assert_string_equal(sp_model_tensor(model, 7, &variance, NULL), "batch_norm_1/variance");
  int64_t n = sp_model_values(model), to_train = sp_model_trained(model);
  assert_true(first < to_train && to_train < variance);
  parameters = calloc((size_t)n, sizeof *parameters);
  gradient = calloc((size_t)n, sizeof *gradient);
  assert_ok(sp_model_initialise(model, parameters));
  assert_ok(sp_optimizer_create(MPI_COMM_WORLD, strchr(overrides[3], '=') + 1, SP_REAL64, to_train, &optimizer));
  assert_ok(sp_optimizer_set_length(optimizer, EPOCH_STEPS, EPOCHS * EPOCH_STEPS));
  for (int step = 0; step < EPOCHS * EPOCH_STEPS; step++) {
    for (int i = 0; i < BATCH; i++) row[i] = step % EPOCH_STEPS * BATCH + i;
    assert_ok(sp_data_gather(data, row, BATCH, (void *[]){features, targets, weights}));
    sp_model_set_step(model, step, row);
    assert_ok(sp_model_gradient(model, parameters, column, BATCH, &loss, gradient));
    assert_ok(sp_optimizer_step(optimizer, parameters, gradient));
    sp_model_observe(model, parameters, gradient);
    clipped += sp_optimizer_gradient_norm(optimizer) > 0.5;
  }
  assert_true(clipped > 0 && clipped < EPOCHS * EPOCH_STEPS);
  assert_memory_equal(parameters + first, trained, sizeof trained);
  assert_memory_equal(parameters + variance, variances, sizeof variances);
  memset(weights, 0, sizeof weights);
  bool weighted = strstr(loss_override, "weight: weight");
  sp_status status = sp_model_gradient(model, parameters, column, BATCH, &loss, NULL);
  assert_int_equal(status, weighted ? SP_ERR_USAGE : SP_OK);
  if (weighted) assert_non_null(strstr(sp_error_message(), "the sum of the weights of 40 rows is 0, expected more"));
  sp_optimizer_free(optimizer);
  sp_model_free(model);
  sp_data_close(data);
  sp_config_free(config);
  free(parameters);
  free(gradient);
}

static void a_loop_of_ones_own_is_the_trainer(void **state) {
  (void)state;
  loop_is_the_trainer("model.loss=softmax_cross_entropy", "run.directory=own");
  loop_is_the_trainer("model.loss={softmax_cross_entropy: {weight: weight, class_weights: balanced}}",
                      "run.directory=weighted");
}

/// Features that an embedding does not have are refused, not computed with.
static void features_are_checked(void **state) {
  (void)state;
  enum { FEATURES = 10 };
  const char *const overrides[] = {
      "model.layers=[{embedding: {vocabulary: 5, width: 2}}, flatten, {dense: {units: 3}}]",
      "train={batch_size: 40, epochs: 2, precision: float64}", "data.transform=[]"};
  const double features[2 * FEATURES] = {0, 1, 2, 3, 4, 4, 3, 2, 1, 0, 0, 1, 2, 3, 4, 4, 5, 2, 1, 0};
  const int32_t targets[2] = {0, 1};
  const void *const column[] = {features, targets};
  double loss, output[6];
  sp_config *config;
  sp_data *data;
  sp_model *model;
  assert_ok(sp_config_parse(text, "own.yaml", overrides, 3, &config));
  assert_ok(sp_data_open(MPI_COMM_WORLD, config, SP_DATA_TRAIN, &data));
  assert_ok(sp_model_create(config, data, &model));
  double *parameters = calloc((size_t)sp_model_values(model), sizeof *parameters);
  static const char wrong[] = "model: row 1: embedding_1: value 6 of the input: expected an integer from 0 to 4, got 5";
  assert_ok(sp_model_predict(model, parameters, column, 1, output));
  assert_ok(sp_model_gradient(model, parameters, column, 1, &loss, NULL));
  assert_fails(sp_model_predict(model, parameters, column, 2, output), SP_ERR_DATA, wrong);
  assert_fails(sp_model_gradient(model, parameters, column, 2, &loss, NULL), SP_ERR_DATA, wrong);
  sp_model_free(model);
  sp_data_close(data);
  sp_config_free(config);
  free(parameters);
}

/// A plug-in's loss and gradient, without data; it predicts nothing.
static void an_objective_is_a_model(void **state) {
  (void)state;
  const char bowl[] =
      "data: {rows: 6}\n"
      "model: {objective: {library: " SP_EXAMPLES "/bowl.so, options: {a: 2, b: 3, x: 5, y: -1}}}\n";
  const char *const other[] = {"model.objective={library: " SP_EXAMPLES "/linear_regression.so}"};
  sp_config *config, *with_data;
  sp_data *data;
  sp_model *model = NULL;
  enum { MOST = 4096 };
  static float p[MOST], gradient[MOST];
  float output;
  int64_t first, count;
  double loss;
  assert_ok(sp_config_parse(bowl, "bowl.yaml", NULL, 0, &config));
  assert_ok(sp_data_open(MPI_COMM_WORLD, config, SP_DATA_TRAIN, &data));
  assert_int_equal(sp_data_rows(data), 6);
  assert_int_equal(sp_data_columns(data), 0);
  assert_null(sp_data_column_name(data, 0));
  assert_int_equal(sp_data_column_values(data, 0), 0);
  assert_ok(sp_model_create(config, data, &model));
  assert_true(sp_model_values(model) <= MOST);
  assert_string_equal(sp_model_tensor(model, 0, &first, &count), "bowl/place");
  assert_int_equal(count, 2);
  assert_ok(sp_model_initialise(model, p));
  assert_ok(sp_model_gradient(model, p, NULL, 6, &loss, gradient));
  assert_near(loss, 2 * 25 + 3, 0);
  assert_near(gradient[first], 20, 0);
  assert_near(gradient[first + 1], -6, 0);
  p[first] = 1;
  assert_ok(sp_model_gradient(model, p, NULL, 1, &loss, NULL));
  assert_near(loss, 5, 0);
  p[first] = INFINITY;
  assert_fails(sp_model_gradient(model, p, NULL, 1, &loss, NULL), SP_ERR_NONFINITE, "not finite");
  assert_int_equal(sp_model_outputs(model), 0);
  assert_fails(sp_model_predict(model, p, NULL, 1, &output), SP_ERR_USAGE, "predicts nothing");
  sp_model_free(model);
  model = NULL;
  assert_ok(sp_config_parse(bowl, "bowl.yaml", other, 1, &with_data));
  assert_fails(sp_model_create(with_data, data, &model), SP_ERR_CONFIG,
               "expected rows of one feature and one target, got 0 and 0");
  assert_null(model);
  sp_data_close(data);
  sp_config_free(config);
  sp_config_free(with_data);
}

/// Rows with only the column that the network reads are predicted, but not scored.
static void rows_without_targets_are_predicted(void **state) {
  (void)state;
  enum { ROWS = 5, FEATURES = 10, CLASSES = 3 };
  const char *const overrides[] = {"data.train.columns={pixels: /train/features}", "model.inputs={pixels: ~}",
                                   "data.test={file: data.h5, columns: {pixels: /train/features}}"};
  static float pixels[ROWS * FEATURES], output[ROWS * CLASSES];
  const int64_t row[ROWS] = {499, 0, 1, 2, 3};
  const void *const column[] = {NULL, NULL, pixels};
  sp_config *config;
  sp_data *data;
  sp_model *model;
  double loss = 7;
  assert_ok(sp_config_parse(text, "pixels.yaml", overrides, 3, &config));
  assert_ok(sp_data_open(MPI_COMM_WORLD, config, SP_DATA_TEST, &data));
  assert_int_equal(sp_data_columns(data), 3);
  assert_string_equal(sp_data_column_name(data, 2), "pixels");
  assert_int_equal(sp_data_column_values(data, 0), 0);
  assert_int_equal(sp_data_column_values(data, 2), FEATURES);
  assert_ok(sp_model_create(config, data, &model));
  assert_ok(sp_data_gather(data, row, ROWS, (void *[]){NULL, NULL, pixels}));
  float *parameters = calloc((size_t)sp_model_values(model), sizeof *parameters);
  assert_ok(sp_model_initialise(model, parameters));
  assert_ok(sp_model_predict(model, parameters, column, ROWS, output));
  assert_true(output[0] != output[CLASSES]);
  assert_fails(sp_model_gradient(model, parameters, column, ROWS, &loss, NULL), SP_ERR_USAGE,
               "rows with the column targets");
  assert_true(loss == 7);
  free(parameters);
  sp_model_free(model);
  sp_data_close(data);
  sp_config_free(config);
}

static void what_is_wrong_leaves_nothing(void **state) {
  (void)state;
  sp_training *training = NULL;
  const char *overrides[] = {"train.lanes=0", "run.directory=other"};
  sp_training_options options = {
      .text = text, .config = "mine.yaml", .overrides = overrides, .count = 2, .quiet = true};
  assert_fails(sp_training_open(MPI_COMM_WORLD, &options, &training), SP_ERR_CONFIG, "train.lanes");
  overrides[0] = "data.train.file=none.h5";
  assert_fails(sp_training_open(MPI_COMM_WORLD, &options, &training), SP_ERR_DATA, "none.h5");
  assert_null(training);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_trains_stops_and_goes_on_in_one_process),
      cmocka_unit_test(its_checkpoint_can_be_read),
      cmocka_unit_test(a_configuration_is_resolved),
      cmocka_unit_test(a_loop_of_ones_own_learns),
      cmocka_unit_test(a_loop_of_ones_own_is_the_trainer),
      cmocka_unit_test(features_are_checked),
      cmocka_unit_test(an_objective_is_a_model),
      cmocka_unit_test(rows_without_targets_are_predicted),
      cmocka_unit_test(what_is_wrong_leaves_nothing),
  };
  int failed = cmocka_run_group_tests(tests, place_tests, leave_place);
  MPI_Finalize();
  return failed;
}
