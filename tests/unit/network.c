// SPDX-License-Identifier: Apache-2.0
// Networks: shapes that fit and that do not, passes of several sizes, gaps, the search for values that are not finite,
// the summary.
#include "base/log.h"
#include "columns.h"
#include "model.h"
#include "model/loss.h"

// --- a network by hand: 6-5-3 with relu, classes or values --------------------------------------------------------

enum { INPUTS = 6, OUTPUTS = 3, MOST_ROWS = 9, MOST_LAYERS = 6 };

typedef struct recipe {
  sp_dense_options dense[2];
  sp_selected layer[MOST_LAYERS], metric[4];
  sp_model_options options;
  sp_data_form data;
} recipe;

static const char *const paths[MOST_LAYERS] = {"model.layers[0]", "model.layers[1]", "model.layers[2]",
                                               "model.layers[3]", "model.layers[4]", "model.layers[5]"};

static void set_layer(recipe *r, int i, const char *name, const void *options) {
  r->layer[i] = select_variant(sp_layers, name, options, paths[i]);
}

static void set_loss(recipe *r, const char *name) {
  r->options.loss = select_variant(sp_losses, name, options_of(sp_losses, name, NULL, NULL), "model.loss");
}

static void set_metric(recipe *r, const char *name, const void *options) {
  int64_t i = r->options.metrics.count++;
  if (!options) options = options_of(sp_metrics, name, NULL, NULL);
  r->metric[i] = select_variant(sp_metrics, name, options, i ? "model.metrics[1]" : "model.metrics[0]");
  r->options.metrics.item = r->metric;
}

static void set_up(recipe *r) {
  *r = (recipe){.dense = {dense_options(5), dense_options(OUTPUTS)},
                .data = pair_form((sp_shape){1, {INPUTS}}, (sp_shape){0}, true)};
  set_layer(r, 0, "dense", &r->dense[0]);
  set_layer(r, 1, "relu", NULL);
  set_layer(r, 2, "dense", &r->dense[1]);
  r->options.layers = (sp_selected_list){r->layer, 3};
  set_loss(r, "softmax_cross_entropy");
}

static sp_network *network_of(const recipe *r, sp_dtype precision) {
  sp_network *network;
  assert_ok(sp_network_create(&r->options, &r->data, (sp_arithmetic){.precision = precision}, &network));
  return network;
}

#define assert_refused(r, code, part)                                                                              \
  do {                                                                                                             \
    sp_network *refused = NULL;                                                                                    \
    assert_fails(sp_network_create(&(r)->options, &(r)->data, (sp_arithmetic){.precision = SP_FLOAT32}, &refused), \
                 code, part);                                                                                      \
    assert_null(refused);                                                                                          \
  } while (0)

typedef struct rows {
  void *features;
  int32_t classes[MOST_ROWS];
  const void *column[2];
  int64_t row[MOST_ROWS];
  sp_batch batch;
} rows;

static void rows_create(rows *r, sp_dtype precision, int64_t count) {
  *r = (rows){.features = random_values(precision, MOST_ROWS * INPUTS, 11)};
  for (int32_t i = 0; i < MOST_ROWS; i++) {
    r->classes[i] = i * 2 % OUTPUTS;
    r->row[i] = 100 + i;
  }
  r->column[FEATURES] = r->features;
  r->column[TARGETS] = r->classes;
  r->batch = (sp_batch){.rows = count, .column = r->column, .row = r->row, .seed = 1};
}

static void *garbage(const sp_network *network, sp_dtype precision) {
  size_t bytes = (size_t)sp_parameter_values(sp_network_table(network)) * sp_dtype_size(precision);
  void *memory = malloc(bytes);
  memset(memory, 0x5a, bytes);
  return memory;
}

static void *initial(const sp_network *network, sp_dtype precision) {
  void *parameters = garbage(network, precision);
  assert_ok(sp_network_initialise(network, 42, parameters));
  return parameters;
}

// --- what a network says of itself --------------------------------------------------------------------------------

static void table_and_sizes(void **state) {
  (void)state;
  recipe r;
  set_up(&r);
  r.dense[1].name = "head";
  sp_network *network = network_of(&r, SP_FLOAT32);
  const sp_parameter_table *table = sp_network_table(network);
  assert_int_equal(table->tensors, 4);
  static const char *const name[] = {"dense_1/weight", "dense_1/bias", "head/weight", "head/bias"};
  static const int64_t offset[] = {0, 32, 48, 64}, count[] = {30, 5, 15, 3};
  for (int i = 0; i < 4; i++) {
    assert_string_equal(table->tensor[i].name, name[i]);
    assert_int_equal(table->tensor[i].offset, offset[i]);
    assert_int_equal(table->tensor[i].count, count[i]);
    assert_int_equal(table->tensor[i].kind, SP_TENSOR_TRAINED);
  }
  assert_true(sp_shape_equal(&table->tensor[0].shape, &(sp_shape){2, {INPUTS, 5}}));
  assert_int_equal(table->trainable, 53);
  assert_int_equal(table->blocks, 1);
  assert_int_equal(table->trained_blocks, 1);
  assert_int_equal(sp_network_use(network)[TARGETS].classes, OUTPUTS);
  assert_int_equal(sp_network_flops(network), 2 * (30 + 15));
  sp_text text = {0};
  sp_network_summary(network, &text);
  assert_non_null(strstr(text.data, "dense_1"));
  assert_non_null(strstr(text.data, "relu_1"));
  assert_non_null(strstr(text.data, "53 parameters"));
  sp_text_free(&text);
  sp_network_free(network);
}

static void input_is_read_in_its_shape(void **state) {
  (void)state;
  recipe r;
  set_up(&r);
  r.data.column[FEATURES].shape = (sp_shape){2, {2, 3}};
  assert_refused(&r, SP_ERR_SHAPE, "model.layers[0]: expected a flat input, got [2, 3]: put a flatten layer before it");
  sp_input_entry input = {{1, {INPUTS}}};
  r.options.inputs = (sp_entries){(const char *const[]){"features"}, &input, 1};
  sp_network_free(network_of(&r, SP_FLOAT32));
  input.shape = (sp_shape){1, {7}};
  assert_refused(&r, SP_ERR_CONFIG, "model.inputs.features: [7] does not match the rows of the data, which are [2, 3]");
  input.shape.rank = -1;
  set_layer(&r, 1, "dense", &r.dense[0]);
  set_layer(&r, 0, "flatten", NULL);
  sp_network_free(network_of(&r, SP_FLOAT32));
  r.data.column[FEATURES].shape.rank = 0;  // one number a row
  sp_network_free(network_of(&r, SP_FLOAT32));
}

static void targets_that_do_not_fit(void **state) {
  (void)state;
  recipe r;
  set_up(&r);
  r.data.column[TARGETS].integer = false;
  r.data.column[TARGETS].shape = (sp_shape){1, {4}};
  assert_refused(&r, SP_ERR_SHAPE,
                 "model.loss: softmax_cross_entropy: the network has outputs [3] for a row, but the targets are [4]");
  r.data.column[TARGETS].shape.rank = 0;  // class numbers, but stored as floats
  assert_refused(&r, SP_ERR_SHAPE, "model.loss: softmax_cross_entropy: expected class numbers stored as integers");
  r.data.column[TARGETS].shape.rank = 1;
  set_loss(&r, "mse");
  assert_refused(&r, SP_ERR_SHAPE, "model.loss: mse: the network has outputs [3] for a row, but the targets are [4]");
  r.data.column[TARGETS].shape = (sp_shape){1, {3}};
  sp_network *network = network_of(&r, SP_FLOAT32);
  assert_int_equal(sp_network_use(network)[TARGETS].classes, 0);
  sp_network_free(network);
  r.dense[1].units = 1;
  r.data.column[TARGETS].shape.rank = 0;
  sp_network_free(network_of(&r, SP_FLOAT32));
  set_loss(&r, "softmax_cross_entropy");
  assert_refused(&r, SP_ERR_SHAPE, "got [1]");
}

static void layers_that_do_not_fit(void **state) {
  (void)state;
  recipe r;
  set_up(&r);
  r.options.layers.count = 0;
  assert_refused(&r, SP_ERR_CONFIG, "model.layers");
  set_up(&r);
  set_layer(&r, 0, "relu", NULL);
  r.options.layers.count = 1;
  assert_refused(&r, SP_ERR_CONFIG, "no layer has parameters");
  set_up(&r);
  r.dense[0].units = INT64_MAX / 2;
  assert_refused(&r, SP_ERR_SHAPE, "model.layers[0]");
  r.dense[0].units = INT64_MAX / 100;
  assert_refused(&r, SP_ERR_MEMORY, "model.layers[0]");
}

static void names(void **state) {
  (void)state;
  static const char *const wrong[] = {"", "a/b", ".", "a b", "-a", "\303\244"};
  recipe r;
  for (int i = 0; i < 6; i++) {
    set_up(&r);
    r.dense[1].name = wrong[i];
    assert_refused(&r, SP_ERR_CONFIG, "model.layers[2]: name");
  }
  char longer[65];
  memset(longer, 'a', 64);
  longer[64] = '\0';
  r.dense[1].name = longer;
  assert_refused(&r, SP_ERR_CONFIG, "model.layers[2]: name");
  r.dense[1].name = longer + 1;
  sp_network_free(network_of(&r, SP_FLOAT32));
  r.dense[1].name = "dense_1";
  assert_refused(&r, SP_ERR_CONFIG, "model.layers[2]: the name 'dense_1' is already used by model.layers[0]");
}

static void metrics_that_do_not_fit(void **state) {
  (void)state;
  const void *three = options_of(sp_metrics, "top_k", "k", "3");
  recipe r;
  set_up(&r);
  set_metric(&r, "accuracy", NULL);
  set_metric(&r, "accuracy", NULL);
  assert_refused(&r, SP_ERR_CONFIG, "model.metrics[1]: accuracy is listed twice");
  set_up(&r);
  set_metric(&r, "rmse", NULL);
  assert_refused(&r, SP_ERR_CONFIG, "model.metrics[0]: rmse compares values");
  set_up(&r);
  set_metric(&r, "top_k", three);
  assert_refused(&r, SP_ERR_CONFIG, "model.metrics[0]: k: expected less than 3, the number of classes, got 3");
  set_up(&r);
  set_loss(&r, "mse");
  r.data.column[TARGETS].integer = false;
  r.dense[1].units = 1;
  set_metric(&r, "accuracy", NULL);
  assert_refused(&r, SP_ERR_CONFIG, "model.metrics[0]: accuracy needs targets that are classes");
}

static void warns_of_a_second_softmax(void **state) {
  (void)state;
  char text[400] = "";
  FILE *log = tmpfile();
  assert_non_null(log);
  recipe r;
  set_up(&r);
  set_layer(&r, 3, "softmax", NULL);
  r.options.layers.count = 4;
  sp_log_set_copy(fileno(log));
  sp_network_free(network_of(&r, SP_FLOAT32));
  sp_log_set_copy(-1);
  rewind(log);
  assert_true(fread(text, 1, sizeof text - 1, log) > 0);
  fclose(log);
  assert_non_null(strstr(text, "warning: model.layers[3]: softmax_cross_entropy takes logits"));
}

// --- passes -------------------------------------------------------------------------------------------------------

static void gradient_of_the_whole(void **state) {
  (void)state;
  const double h = 1e-5;
  recipe r;
  rows data;
  set_up(&r);
  sp_network *network = network_of(&r, SP_FLOAT64);
  rows_create(&data, SP_FLOAT64, 4);
  assert_ok(sp_network_prepare(network, 4));
  double *theta = initial(network, SP_FLOAT64), *gradient = garbage(network, SP_FLOAT64), sums[1];
  double *numeric = calloc((size_t)sp_parameter_values(sp_network_table(network)), sizeof *numeric);
  sp_network_gradient(network, &data.batch, theta, gradient, sums);
  for (int64_t t = 0; t < 4; t++) {
    const sp_tensor *tensor = &sp_network_table(network)->tensor[t];
    for (int64_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
      double value = theta[i], above;
      theta[i] = value + h;
      sp_network_evaluate(network, &data.batch, theta, NULL, &above);
      theta[i] = value - h;
      sp_network_evaluate(network, &data.batch, theta, NULL, sums);
      numeric[i] = (above - sums[0]) / (2 * h);
      theta[i] = value;
    }
  }
  // The whole vector: in gaps and padding `numeric` is 0, and so must the gradient be.
  int64_t values = sp_parameter_values(sp_network_table(network));
  assert_true(difference(SP_FLOAT64, gradient, SP_FLOAT64, numeric, values) < 1e-6);
  free(theta), free(gradient), free(numeric), free(data.features);
  sp_network_free(network);
}

static void gaps_are_zero(void **state) {
  (void)state;
  recipe r;
  rows data;
  set_up(&r);
  sp_network *network = network_of(&r, SP_FLOAT32);
  const sp_parameter_table *table = sp_network_table(network);
  rows_create(&data, SP_FLOAT32, 3);
  assert_ok(sp_network_prepare(network, 3));
  float *theta = initial(network, SP_FLOAT32), *gradient = garbage(network, SP_FLOAT32);
  double sums[1];
  sp_network_gradient(network, &data.batch, theta, gradient, sums);
  for (int64_t t = 0, i = 0; t <= table->tensors; t++) {
    int64_t end = t < table->tensors ? table->tensor[t].offset : sp_parameter_values(table);
    for (; i < end; i++) assert_true(gradient[i] == 0 && theta[i] == 0);
    if (t < table->tensors) i = end + table->tensor[t].count;
  }
  free(theta), free(gradient), free(data.features);
  sp_network_free(network);
}

static void no_rows(void **state) {
  (void)state;
  recipe r;
  set_up(&r);
  set_metric(&r, "accuracy", NULL);
  sp_network *network = network_of(&r, SP_FLOAT32);
  assert_ok(sp_network_prepare(network, 0));
  float *theta = initial(network, SP_FLOAT32), *gradient = garbage(network, SP_FLOAT32);
  double sums[] = {1, 1}, scores[2];
  sp_network_gradient(network, &(sp_batch){0}, theta, gradient, sums);
  for (int64_t i = 0; i < sp_parameter_values(sp_network_table(network)); i++) assert_true(gradient[i] == 0);
  assert_true(sums[0] == 0 && sums[1] == 0);
  sums[0] = sums[1] = 1;
  sp_network_evaluate(network, &(sp_batch){0}, theta, NULL, sums);
  assert_true(sums[0] == 0 && sums[1] == 0);
  sp_network_score(network, sums, 0, scores);
  assert_true(isnan(scores[0]) && isnan(scores[1]));
  char message[512];
  assert_false(sp_network_find_nonfinite(network, &(sp_batch){0}, theta, gradient, message));
  free(theta), free(gradient);
  sp_network_free(network);
}

// --- events -------------------------------------------------------------------------------------------------------

// Parameters are there from the moment they are needed, and no longer than until they are done with: at any other time
// they are NaN. Gradients are taken at the moment they are done.
typedef struct exchange {
  int64_t values, needed, done;
  int needs, dones;
  const float *kept;
  float *parameters, *gradient, *taken;
} exchange;

static void need(void *context, int64_t end) {
  exchange *e = context;
  assert_true(end >= e->needed && end <= e->values && e->dones == 0);
  for (; e->needed < end; e->needed++) e->parameters[e->needed] = e->kept[e->needed];
  e->needs++;
}

static void done(void *context, int64_t begin) {
  exchange *e = context;
  assert_true(e->dones > 0 ? begin <= e->done && begin >= 0 : begin == e->values);
  if (e->dones == 0) e->done = e->values;
  for (; e->done > begin; e->done--) {
    e->taken[e->done - 1] = e->gradient[e->done - 1];
    e->parameters[e->done - 1] = NAN;
  }
  e->dones++;
}

static void pass_tells(recipe *r, int64_t rows_given, int needs, int dones) {
  rows data;
  double sums[2];
  sp_network *network = network_of(r, SP_FLOAT32);
  rows_create(&data, SP_FLOAT32, rows_given);
  assert_ok(sp_network_prepare(network, rows_given));
  float *kept = initial(network, SP_FLOAT32), *want = garbage(network, SP_FLOAT32);
  exchange e = {.values = sp_parameter_values(sp_network_table(network)), .kept = kept};
  e.parameters = garbage(network, SP_FLOAT32);
  e.gradient = garbage(network, SP_FLOAT32);
  e.taken = garbage(network, SP_FLOAT32);
  for (int64_t i = 0; i < e.values; i++) e.parameters[i] = NAN;
  size_t bytes = (size_t)e.values * sizeof(float);
  sp_network_gradient(network, &data.batch, kept, want, &sums[0]);
  data.batch.events = &(sp_pass_events){need, done, &e};
  sp_network_gradient(network, &data.batch, e.parameters, e.gradient, &sums[1]);
  assert_int_equal(e.needs, needs);
  assert_int_equal(e.dones, dones);
  assert_int_equal(e.done, 0);
  assert_memory_equal(e.taken, want, bytes);
  assert_memory_equal(e.gradient, want, bytes);
  assert_true(sums[0] == sums[1]);
  e.needed = 0;
  e.dones = 0;
  sp_network_evaluate(network, &data.batch, e.parameters, NULL, &sums[1]);
  assert_int_equal(e.dones, 0);
  assert_true(sums[0] == sums[1]);
  free(kept), free(want), free(e.parameters), free(e.gradient), free(e.taken), free(data.features);
  sp_network_free(network);
}

// --- rows and lanes -----------------------------------------------------------------------------------------------

static sp_batch rows_from(const rows *data, int64_t first, int64_t count, const void **column) {
  sp_batch batch = data->batch;
  column[FEATURES] = (const double *)data->features + first * INPUTS;
  column[TARGETS] = data->classes + first;
  batch.column = column;
  batch.rows = count;
  batch.row += first;
  return batch;
}

// A row has the same output in every batch, in inference and in training, where each row is a lane here: what a lane adds up
// is what the row alone gives.
static void rows_do_not_depend_on_the_batch(void **state) {
  (void)state;
  static const int64_t end[MOST_ROWS] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, all = MOST_ROWS;
  const sp_batch_lanes lanes = {.count = MOST_ROWS, .end = end, .parts = 1, .part_end = &all};
  recipe r;
  rows data;
  double whole[MOST_ROWS * OUTPUTS], output[MOST_ROWS * OUTPUTS], trained[MOST_ROWS][2], sums[2];
  set_up(&r);
  set_metric(&r, "accuracy", NULL);
  sp_network *network = network_of(&r, SP_FLOAT64);
  sp_network_set_lanes(network, MOST_ROWS);
  rows_create(&data, SP_FLOAT64, MOST_ROWS);
  assert_ok(sp_network_prepare(network, MOST_ROWS));
  double *theta = initial(network, SP_FLOAT64), *gradient = garbage(network, SP_FLOAT64);
  sp_network_evaluate(network, &data.batch, theta, whole, NULL);
  data.batch.lanes = &lanes;
  sp_network_gradient(network, &data.batch, theta, gradient, trained[0]);
  data.batch.lanes = NULL;
  for (int64_t size = 1; size < MOST_ROWS; size++) {
    for (int64_t first = 0; first < MOST_ROWS; first += size) {
      const void *column[2];
      const int64_t count = MOST_ROWS - first < size ? MOST_ROWS - first : size;
      const sp_batch batch = rows_from(&data, first, count, column);
      assert_ok(sp_network_prepare(network, count));
      sp_network_evaluate(network, &batch, theta, output, sums);
      assert_memory_equal(output, whole + first * OUTPUTS, (size_t)(count * OUTPUTS) * sizeof *output);
      if (size == 1) assert_memory_equal(sums, trained[first], sizeof sums);
    }
  }
  free(theta), free(gradient), free(data.features);
  sp_network_free(network);
}

static void events(void **state) {
  (void)state;
  recipe r;
  set_up(&r);
  pass_tells(&r, 4, 2, 1 + 2 + 1);  // at the end, after each layer, and after an input gradient
  pass_tells(&r, 0, 1, 2);
  r.dense[0].units = 1500;  // several blocks
  set_layer(&r, 3, "tanh", NULL);
  set_layer(&r, 4, "tanh", NULL);  // a layer of its own, without parameters
  set_layer(&r, 5, "dense", &r.dense[1]);
  r.options.layers.count = 6;
  r.dense[1].bias = false;
  pass_tells(&r, MOST_ROWS, 3, 1 + 3 + 2);
  r.layer[2] = r.layer[3];
  r.layer[0] = r.layer[1];  // nothing to train at first
  r.options.layers.count = 6;
  pass_tells(&r, 3, 1, 1 + 1);
}

// Large products are made in panels, with events in between.
static void events_within_layers(void **state) {
  (void)state;
  recipe r;
  set_up(&r);
  r.dense[0].units = r.dense[1].units = 6000;
  set_layer(&r, 3, "dense", &(sp_dense_options){.units = OUTPUTS, .weight_init = r.dense[0].weight_init});
  r.options.layers.count = 4;
  pass_tells(&r, MOST_ROWS, 1 + 2 + 1, 1 + 3 + 1 + 2 + 1);
}

// Whatever else is prepared, and in whatever order, a size gives the same bits.
static void sizes_do_not_disturb_each_other(void **state) {
  (void)state;
  static const int64_t order[] = {2, 9, 1, 5, 2, 9, 5};
  enum { MANY = sizeof order / sizeof *order };
  recipe r;
  set_up(&r);
  sp_network *many = network_of(&r, SP_FLOAT32);
  float *theta = initial(many, SP_FLOAT32), *a = garbage(many, SP_FLOAT32), *b = garbage(many, SP_FLOAT32);
  size_t bytes = (size_t)sp_parameter_values(sp_network_table(many)) * sizeof(float);
  for (int i = 0; i < MANY; i++) {
    rows data;
    double sums[2];
    rows_create(&data, SP_FLOAT32, order[i]);
    assert_ok(sp_network_prepare(many, order[i]));
    sp_network_gradient(many, &data.batch, theta, a, &sums[0]);
    sp_network *alone = network_of(&r, SP_FLOAT32);
    assert_ok(sp_network_prepare(alone, order[i]));
    sp_network_gradient(alone, &data.batch, theta, b, &sums[1]);
    assert_memory_equal(a, b, bytes);
    assert_true(sums[0] == sums[1]);
    sp_network_free(alone);
    free(data.features);
  }
  free(theta), free(a), free(b);
  sp_network_free(many);
}

static void precisions_agree(void **state) {
  (void)state;
  recipe r;
  rows single_rows, wide_rows;
  set_up(&r);
  sp_network *single = network_of(&r, SP_FLOAT32), *wide = network_of(&r, SP_FLOAT64);
  rows_create(&single_rows, SP_FLOAT32, 7);
  rows_create(&wide_rows, SP_FLOAT64, 7);
  assert_ok(sp_network_prepare(single, 7));
  assert_ok(sp_network_prepare(wide, 7));
  float *theta32 = initial(single, SP_FLOAT32), *gradient32 = garbage(single, SP_FLOAT32), output[7 * OUTPUTS];
  double *theta64 = initial(wide, SP_FLOAT64), *gradient64 = garbage(wide, SP_FLOAT64), sums[2], want[7 * OUTPUTS];
  int64_t values = sp_parameter_values(sp_network_table(single));
  sp_network_gradient(single, &single_rows.batch, theta32, gradient32, &sums[0]);
  sp_network_gradient(wide, &wide_rows.batch, theta64, gradient64, &sums[1]);
  assert_near(sums[0] / sums[1], 1, 1e-6);
  assert_true(difference(SP_FLOAT32, gradient32, SP_FLOAT64, gradient64, values) < 1e-5);
  sp_network_evaluate(single, &single_rows.batch, theta32, output, &sums[0]);
  sp_network_evaluate(wide, &wide_rows.batch, theta64, want, &sums[1]);
  assert_near(sums[0] / sums[1], 1, 1e-6);
  assert_true(difference(SP_FLOAT32, output, SP_FLOAT64, want, 7 * OUTPUTS) < 1e-5);
  free(theta32), free(theta64), free(gradient32), free(gradient64);
  free(single_rows.features), free(wide_rows.features);
  sp_network_free(single);
  sp_network_free(wide);
}

// --- what is not finite -------------------------------------------------------------------------------------------

static void find_nonfinite(void **state) {
  (void)state;
  recipe r;
  rows data;
  set_up(&r);
  sp_network *network = network_of(&r, SP_FLOAT32);
  const sp_parameter_table *table = sp_network_table(network);
  rows_create(&data, SP_FLOAT32, MOST_ROWS);
  assert_ok(sp_network_prepare(network, MOST_ROWS));
  float *theta = initial(network, SP_FLOAT32), *gradient = garbage(network, SP_FLOAT32), *x = data.features;
  char message[512];
  assert_false(sp_network_find_nonfinite(network, &data.batch, theta, gradient, message));
  x[4 * INPUTS + 2] = NAN;
  assert_true(sp_network_find_nonfinite(network, &data.batch, theta, gradient, message));
  assert_string_equal(message, "features (sample rows 104)");
  x[4 * INPUTS + 2] = x[7 * INPUTS] = 3e38f;
  for (int i = 0; i < 30; i++) theta[i] = 2;
  assert_true(sp_network_find_nonfinite(network, &data.batch, theta, gradient, message));
  assert_string_equal(message, "output of dense_1 (sample rows 104, 107)");
  x[4 * INPUTS + 2] = x[7 * INPUTS] = 0;
  theta[table->tensor[3].offset] = INFINITY;
  assert_true(sp_network_find_nonfinite(network, &data.batch, theta, gradient, message));
  assert_string_equal(message, "output of dense_2 (sample rows 100, 101, 102, 103, 104, 105, 106, 107, …)");
  // Everything is finite up to the gradient of the first weights: a feature times a slope of it overflows there.
  assert_ok(sp_network_initialise(network, 42, theta));
  for (int64_t i = 0; i < 35; i++) theta[i] = 0;
  theta[table->tensor[1].offset] = 1e-30f;
  theta[table->tensor[2].offset] = 1e5f;
  for (int i = 0; i < INPUTS; i++) x[i] = 3e38f;
  assert_true(sp_network_find_nonfinite(network, &data.batch, theta, gradient, message));
  assert_string_equal(message, "gradient of dense_1/weight");
  free(theta), free(gradient), free(data.features);
  sp_network_free(network);
}

static void find_nonfinite_in_targets_and_loss(void **state) {
  (void)state;
  recipe r;
  rows data;
  set_up(&r);
  set_loss(&r, "mse");
  ((sp_loss_common *)(void *)(uintptr_t)r.options.loss.options)->target = "price";
  r.data.column[TARGETS] = (sp_column_form){.name = "price", .shape = {1, {OUTPUTS}}};
  sp_network *network = network_of(&r, SP_FLOAT64);
  rows_create(&data, SP_FLOAT64, 2);
  assert_ok(sp_network_prepare(network, 2));
  double *theta = initial(network, SP_FLOAT64), *gradient = garbage(network, SP_FLOAT64);
  double targets[2 * OUTPUTS] = {0, 0, 0, 0, INFINITY, 0};
  char message[512];
  data.column[TARGETS] = targets;
  assert_true(sp_network_find_nonfinite(network, &data.batch, theta, gradient, message));
  assert_string_equal(message, "price (sample rows 101)");
  targets[4] = 1e200;
  assert_true(sp_network_find_nonfinite(network, &data.batch, theta, gradient, message));
  assert_string_equal(message, "loss");
  free(theta), free(gradient), free(data.features);
  sp_network_free(network);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(table_and_sizes),
      cmocka_unit_test(input_is_read_in_its_shape),
      cmocka_unit_test(targets_that_do_not_fit),
      cmocka_unit_test(layers_that_do_not_fit),
      cmocka_unit_test(names),
      cmocka_unit_test(metrics_that_do_not_fit),
      cmocka_unit_test(warns_of_a_second_softmax),
      cmocka_unit_test(gradient_of_the_whole),
      cmocka_unit_test(gaps_are_zero),
      cmocka_unit_test(no_rows),
      cmocka_unit_test(rows_do_not_depend_on_the_batch),
      cmocka_unit_test(events),
      cmocka_unit_test(events_within_layers),
      cmocka_unit_test(sizes_do_not_disturb_each_other),
      cmocka_unit_test(precisions_agree),
      cmocka_unit_test(find_nonfinite),
      cmocka_unit_test(find_nonfinite_in_targets_and_loss),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
