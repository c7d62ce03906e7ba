// SPDX-License-Identifier: Apache-2.0
// The layer interface takes what is not there yet: blocks that hold layers, random numbers, statistics that are state
// but no parameters, whole numbers as input. Each is written here as a layer of its own and trained through a network.
#include "columns.h"
#include "model.h"
#include "model/builder.h"
#include "model/chain.h"

static sp_dtype precision_of(const sp_pass *pass) { return sp_compute_precision(pass->compute); }

static int64_t values_of(const sp_pass *pass, const sp_shape *shape) { return pass->rows * sp_shape_size(shape); }

// --- residual: y = x + f(x), f a chain ----------------------------------------------------------------------------

typedef struct residual_prepared {
  sp_layer_chain_stage *chain;
  int64_t inner, slope;
} residual_prepared;

static sp_status residual_build(sp_builder *builder, const void *options, sp_layer *layer) {
  sp_layer_chain *chain = layer->state = sp_builder_memory(builder, sizeof *chain);
  return sp_layer_chain_build(builder, options, &layer->input, chain);
}

static sp_status residual_prepare(sp_plan *plan, const sp_layer *layer, void **out) {
  residual_prepared *p = *out = sp_arena_allocate(plan->arena, sizeof *p);
  SP_TRY(sp_layer_chain_prepare(plan, layer->state, &p->chain));
  SP_TRY(sp_plan_reserve(plan, sp_shape_size(&layer->output), &p->inner));
  return sp_plan_reserve(plan, sp_shape_size(&layer->output), &p->slope);
}

static void residual_forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  const residual_prepared *p = stage->prepared;
  int64_t n = values_of(pass, &stage->layer->output);
  sp_layer_chain_forward(p->chain, pass, x, sp_workspace(pass, p->inner));
  memcpy(y, x, (size_t)n * sp_dtype_size(precision_of(pass)));
  sp_add(precision_of(pass), n, y, sp_workspace(pass, p->inner));
}

static void residual_backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy,
                              void *dx) {
  (void)y;
  const residual_prepared *p = stage->prepared;
  int64_t n = values_of(pass, &stage->layer->output);
  memcpy(sp_workspace(pass, p->slope), dy, (size_t)n * sp_dtype_size(precision_of(pass)));
  sp_layer_chain_backward(p->chain, pass, x, sp_workspace(pass, p->inner), dy, dx);
  if (dx) sp_add(precision_of(pass), n, dx, sp_workspace(pass, p->slope));
}

static const sp_layer_type residual = {.about = {.name = "residual"},
                                       .build = residual_build,
                                       .prepare = residual_prepare,
                                       .forward = residual_forward,
                                       .backward = residual_backward};

// --- dropout: half of the units, twice as large -------------------------------------------------------------------

static sp_status unchanged_build(sp_builder *builder, const void *options, sp_layer *layer) {
  (void)builder, (void)options, (void)layer;
  return SP_OK;
}

static void drop(const sp_stage *stage, const sp_pass *pass, const void *from, void *to) {
  int64_t size = sp_shape_size(&stage->layer->output);
  sp_random_key key =
      sp_random_key_make(pass->seed, SP_RANDOM_LAYER, (uint64_t)stage->layer->number << 40 | (uint64_t)pass->step);
  for (int64_t i = 0; i < pass->rows * size; i++) {
    uint32_t bits[4];
    sp_random_bits(key, (uint64_t)(i % size), pass->training ? (uint64_t)pass->row[i / size] : 0, bits);
    double factor = !pass->training ? 1 : bits[0] & 1 ? 2 : 0;
    sp_value_set(precision_of(pass), to, i, factor * sp_value_at(precision_of(pass), from, i));
  }
}

static void dropout_backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy,
                             void *dx) {
  (void)x, (void)y;
  if (dx) drop(stage, pass, dy, dx);
}

static const sp_layer_type dropout = {
    .about = {.name = "dropout"}, .build = unchanged_build, .forward = drop, .backward = dropout_backward};

// --- centre: y = x - mean + shift, the mean that of the rows, or in inference the running one ---------------------

typedef struct centre_state {
  const sp_parameter *running, *shift;
} centre_state;

static sp_selected zeros;

static sp_status centre_build(sp_builder *builder, const void *options, sp_layer *layer) {
  (void)options;
  centre_state *s = layer->state = sp_builder_memory(builder, sizeof *s);
  sp_parameter running = {.name = "mean", .kind = SP_TENSOR_STATISTIC, .shape = layer->input, .initial = &zeros};
  sp_parameter shift = {.name = "shift", .shape = layer->input, .initial = &zeros};
  SP_TRY(sp_builder_parameter(builder, layer, &running, &s->running));
  return sp_builder_parameter(builder, layer, &shift, &s->shift);
}

static void centre_forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  const centre_state *s = stage->layer->state;
  sp_dtype precision = precision_of(pass);
  int64_t n = sp_shape_size(&stage->layer->output), rows = pass->rows;
  for (int64_t j = 0; j < n; j++) {
    double sum = 0, shift = sp_value_at(precision, sp_pass_parameter(pass, s->shift), j);
    for (int64_t i = 0; i < rows; i++) sum += sp_value_at(precision, x, i * n + j);
    if (pass->training) sp_value_set(precision, sp_pass_gradient(pass, s->running), j, sum);
    double mean = pass->training ? sum / (double)rows : sp_value_at(precision, sp_pass_parameter(pass, s->running), j);
    for (int64_t i = 0; i < rows; i++) {
      sp_value_set(precision, y, i * n + j, sp_value_at(precision, x, i * n + j) - mean + shift);
    }
  }
}

static void centre_backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy,
                            void *dx) {
  (void)x, (void)y;
  const centre_state *s = stage->layer->state;
  sp_dtype precision = precision_of(pass);
  int64_t n = sp_shape_size(&stage->layer->output), rows = pass->rows;
  sp_column_sums(precision, rows, n, dy, sp_pass_gradient(pass, s->shift));
  for (int64_t i = 0; dx && i < rows * n; i++) {
    double mean = sp_value_at(precision, sp_pass_gradient(pass, s->shift), i % n) / (double)rows;
    sp_value_set(precision, dx, i, sp_value_at(precision, dy, i) - mean);
  }
}

static const sp_layer_type centre = {
    .about = {.name = "centre"}, .build = centre_build, .forward = centre_forward, .backward = centre_backward};

// --- embedding: a row of a table for each whole number of the input -----------------------------------------------

enum { WORDS = 7, WIDTH = 3 };

static sp_status embedding_build(sp_builder *builder, const void *options, sp_layer *layer) {
  const sp_parameter table = {
      .name = "table", .shape = {2, {WORDS, WIDTH}}, .fan_in = WORDS, .fan_out = WIDTH, .initial = options};
  layer->output = (sp_shape){2, {layer->input.extent[0], WIDTH}};
  const sp_parameter **state = layer->state = sp_builder_memory(builder, sizeof *state);
  return sp_builder_parameter(builder, layer, &table, state);
}

static void embedding_forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  const sp_parameter *const *table = stage->layer->state;
  for (int64_t i = 0; i < values_of(pass, &stage->layer->output); i++) {
    int64_t word = (int64_t)sp_value_at(precision_of(pass), x, i / WIDTH);
    bool known = word >= 0 && word < WORDS;
    double value = known ? sp_value_at(precision_of(pass), sp_pass_parameter(pass, *table), word * WIDTH + i % WIDTH)
                         : (double)NAN;
    sp_value_set(precision_of(pass), y, i, value);
  }
}

static void embedding_backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy,
                               void *dx) {
  (void)y, (void)dx;
  const sp_parameter *const *table = stage->layer->state;
  sp_dtype precision = precision_of(pass);
  void *gradient = sp_pass_gradient(pass, *table);
  for (int64_t i = 0; i < WORDS * WIDTH; i++) sp_value_set(precision, gradient, i, 0);
  for (int64_t i = 0; i < values_of(pass, &stage->layer->output); i++) {
    int64_t at = (int64_t)sp_value_at(precision, x, i / WIDTH) * WIDTH + i % WIDTH;
    sp_value_set(precision, gradient, at, sp_value_at(precision, gradient, at) + sp_value_at(precision, dy, i));
  }
}

static const sp_layer_type embedding = {.about = {.name = "embedding"},
                                        .build = embedding_build,
                                        .forward = embedding_forward,
                                        .backward = embedding_backward};

// --- a network of them --------------------------------------------------------------------------------------------

enum { ROWS = 5, POSITIONS = 4 };

typedef struct fixture {
  sp_network *network;
  double features[ROWS * POSITIONS];
  const void *column[2];
  int32_t classes[ROWS];
  int64_t row[ROWS];
  sp_batch batch;
  double *parameters, *gradient;
} fixture;

static sp_dense_options six, twelve, two;
static sp_selected small, within[4], deeper[1], layers[7];

static fixture fixture_create(void) {
  fixture f = {0};
  static const struct { double low, high; } bounds = {-1, 1};
  six = dense_options(6);
  twelve = dense_options(12);
  two = dense_options(2);
  zeros = select_variant(sp_initialisers, "zeros", NULL, "");
  small = select_variant(sp_initialisers, "uniform", &bounds, "");
  deeper[0] = select_variant(sp_layers, "tanh", NULL, "model.layers[3].residual[3].residual[0]");
  static const sp_selected_list inner = {deeper, 1}, outer = {within, 4};
  within[0] = select_variant(sp_layers, "dense", &six, "model.layers[3].residual[0]");
  within[1] = select_variant(sp_layers, "tanh", NULL, "model.layers[3].residual[1]");
  within[2] = select_variant(sp_layers, "dense", &twelve, "model.layers[3].residual[2]");
  within[3] = (sp_selected){&residual.about, &inner, "model.layers[3].residual[3]"};
  layers[0] = (sp_selected){&embedding.about, &small, "model.layers[0]"};
  layers[1] = select_variant(sp_layers, "flatten", NULL, "model.layers[1]");
  layers[2] = (sp_selected){&centre.about, NULL, "model.layers[2]"};
  layers[3] = (sp_selected){&residual.about, &outer, "model.layers[3]"};
  layers[4] = (sp_selected){&dropout.about, NULL, "model.layers[4]"};
  layers[5] = select_variant(sp_layers, "dense", &two, "model.layers[5]");
  sp_model_options options = {.layers = {layers, 6}};
  options.loss = select_variant(sp_losses, "softmax_cross_entropy",
                                options_of(sp_losses, "softmax_cross_entropy", NULL, NULL), "model.loss");
  const sp_data_form data = pair_form((sp_shape){1, {POSITIONS}}, (sp_shape){0}, true);
  assert_ok(
      sp_network_create(&options, &data, (sp_arithmetic){.precision = SP_FLOAT64, .reference = true}, &f.network));
  assert_ok(sp_network_prepare(f.network, ROWS));
  int64_t values = sp_parameter_values(sp_network_table(f.network));
  f.parameters = calloc((size_t)values, sizeof(double));
  f.gradient = calloc((size_t)values, sizeof(double));
  assert_ok(sp_network_initialise(f.network, 5, f.parameters));
  for (int i = 0; i < ROWS; i++) {
    f.classes[i] = i % 2;
    f.row[i] = 1000 - i;
  }
  for (int i = 0; i < ROWS * POSITIONS; i++) f.features[i] = i * 3 % WORDS;
  return f;
}

static double loss_of(fixture *f, double *gradient) {
  double sums[1];
  f->column[FEATURES] = f->features;
  f->column[TARGETS] = f->classes;
  f->batch = (sp_batch){.rows = ROWS, .column = f->column, .row = f->row, .seed = 9, .step = 3};
  sp_network_gradient(f->network, &f->batch, f->parameters, gradient, sums);
  return sums[0];
}

static void fixture_free(fixture *f) {
  free(f->parameters), free(f->gradient);
  sp_network_free(f->network);
}

static void gradients(void **state) {
  (void)state;
  enum { MOST = 72 };  // values of the largest tensor
  const double h = 1e-5;
  fixture f = fixture_create();
  const sp_parameter_table *table = sp_network_table(f.network);
  double *scratch = calloc((size_t)sp_parameter_values(table), sizeof *scratch), numeric[MOST];
  loss_of(&f, f.gradient);
  for (int64_t t = 0; t < table->tensors; t++) {
    const sp_tensor *tensor = &table->tensor[t];
    if (tensor->kind != SP_TENSOR_TRAINED) continue;
    assert_true(tensor->count <= MOST);
    for (int64_t i = 0; i < tensor->count; i++) {
      double *value = &f.parameters[tensor->offset + i], kept = *value;
      *value = kept + h;
      double above = loss_of(&f, scratch);
      *value = kept - h;
      numeric[i] = (above - loss_of(&f, scratch)) / (2 * h);
      *value = kept;
    }
    double error = difference(SP_FLOAT64, f.gradient + tensor->offset, SP_FLOAT64, numeric, tensor->count);
    if (!(error < 1e-6)) fail_msg("gradient of %s is off by %g", tensor->name, error);
  }
  free(scratch);
  fixture_free(&f);
}

// They begin at a block of their own behind the trained tensors; their "gradient" is what was seen, summed over rows.
static void statistics(void **state) {
  (void)state;
  fixture f = fixture_create();
  const sp_parameter_table *table = sp_network_table(f.network);
  const sp_tensor *mean = &table->tensor[table->tensors - 1], *words = &table->tensor[0];
  assert_string_equal(mean->name, "centre_1/mean");
  assert_int_equal(mean->kind, SP_TENSOR_STATISTIC);
  assert_int_equal(mean->offset, table->trained_blocks * SP_BLOCK);
  assert_int_equal(table->blocks, table->trained_blocks + 1);
  int64_t trained = 0;
  for (int64_t i = 0; i < table->tensors - 1; i++) trained += table->tensor[i].count;
  assert_int_equal(table->trainable, trained);
  loss_of(&f, f.gradient);
  double sum = 0;
  for (int i = 0; i < ROWS; i++) sum += f.parameters[words->offset + (int64_t)f.features[i * POSITIONS] * WIDTH];
  assert_near(f.gradient[mean->offset], sum, 1e-12);
  fixture_free(&f);
}

// The units a row drops go with its number and the step, not with its place in the batch.
static void random_numbers(void **state) {
  (void)state;
  fixture f = fixture_create();
  double before = loss_of(&f, f.gradient);
  assert_true(loss_of(&f, f.gradient) == before);
  f.row[2] += 12345;
  assert_true(loss_of(&f, f.gradient) != before);
  f.row[2] -= 12345;
  double sums[1], inference[1];
  sp_batch later = f.batch;
  later.step++;
  sp_network_gradient(f.network, &later, f.parameters, f.gradient, sums);
  assert_true(sums[0] != before);
  sp_network_evaluate(f.network, &f.batch, f.parameters, NULL, sums);
  sp_network_evaluate(f.network, &later, f.parameters, NULL, inference);
  assert_true(sums[0] == inference[0]);
  fixture_free(&f);
}

static void layers_within_blocks_are_named(void **state) {
  (void)state;
  fixture f = fixture_create();
  sp_text text = {0};
  sp_network_summary(f.network, &text);
  assert_non_null(strstr(text.data, "\nresidual_1"));
  assert_non_null(strstr(text.data, "\n  dense_1"));
  assert_non_null(strstr(text.data, "\n    tanh_2"));
  assert_non_null(strstr(text.data, "\ndense_3"));
  sp_text_free(&text);
  char message[512];
  const sp_parameter_table *table = sp_network_table(f.network);
  loss_of(&f, f.gradient);
  for (int64_t t = 0; t < table->tensors; t++) {
    if (strcmp(table->tensor[t].name, "dense_2/bias") == 0) f.parameters[table->tensor[t].offset] = NAN;
  }
  assert_true(sp_network_find_nonfinite(f.network, &f.batch, f.parameters, f.gradient, message));
  assert_non_null(strstr(message, "output of dense_2"));
  f.features[7] = WORDS;
  assert_true(sp_network_find_nonfinite(f.network, &f.batch, f.parameters, f.gradient, message));
  assert_string_equal(message, "output of embedding_1 (sample rows 999)");
  fixture_free(&f);
}

// What is needed and done is told at once: statistics lie behind, and blocks may run their layers in any order.
static int64_t told[4];
static int tellings;
static void tell(void *context, int64_t place) {
  (void)context;
  assert_true(tellings < 4);
  told[tellings++] = place;
}

static void events_at_once(void **state) {
  (void)state;
  fixture f = fixture_create();
  double sums[1];
  int64_t values = sp_parameter_values(sp_network_table(f.network));
  loss_of(&f, f.gradient);
  f.batch.events = &(sp_pass_events){tell, tell, NULL};
  sp_network_gradient(f.network, &f.batch, f.parameters, f.gradient, sums);
  assert_int_equal(tellings, 3);
  assert_true(told[0] == values && told[1] == values && told[2] == 0);
  fixture_free(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradients),      cmocka_unit_test(statistics),
      cmocka_unit_test(random_numbers), cmocka_unit_test(layers_within_blocks_are_named),
      cmocka_unit_test(events_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
