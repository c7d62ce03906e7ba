// SPDX-License-Identifier: Apache-2.0
// A network of layers of every kind: blocks that contain layers, random numbers, integers as input, and statistics that
// are state but not parameters, for which this file has a layer.
#include "columns.h"
#include "model.h"
#include "model/builder.h"
#include "model/chain.h"

static sp_dtype precision_of(const sp_pass *pass) { return sp_compute_precision(pass->compute); }

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
    if (pass->training) sp_value_set(precision, sp_pass_gradient(pass, 0, s->running), j, sum);
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
  const sp_lane_rows part = sp_pass_part(pass, 0);
  sp_column_sums(precision, &part, n, dy, sp_pass_gradient(pass, 0, s->shift));
  for (int64_t i = 0; dx && i < rows * n; i++) {
    double mean = sp_value_at(precision, sp_pass_gradient(pass, 0, s->shift), i % n) / (double)rows;
    sp_value_set(precision, dx, i, sp_value_at(precision, dy, i) - mean);
  }
}

static const sp_layer_type centre = {
    .about = {.name = "centre"}, .build = centre_build, .forward = centre_forward, .backward = centre_backward};

// --- a network of them --------------------------------------------------------------------------------------------

enum { ROWS = 5, POSITIONS = 4, WORDS = 7, WIDTH = 3 };

typedef struct fixture {
  sp_network *network;
  written_layers first, last;
  double features[ROWS * POSITIONS];
  const void *column[2];
  int32_t classes[ROWS];
  int64_t row[ROWS];
  sp_batch batch;
  double *parameters, *gradient;
} fixture;

static fixture fixture_create(bool with_statistics) {
  static sp_selected layers[6];
  fixture f = {
      .first = layers_from("[{embedding: {vocabulary: 7, width: 3, weight_init: {uniform: {low: -1, high: 1}}}},"
                           " flatten]"),
      .last = layers_from("[{residual: [{dense: {units: 6, bias_init: normal}}, tanh, {dense: {units: 12}},"
                          " {residual: [tanh]}, {dense: {units: 12, name: last}}]},"
                          " dropout, {repeat: {times: 2, layers: [{dense: {units: 2}}]}}]")};
  int count = 0;
  zeros = select_variant(sp_initialisers, "zeros", NULL, "");
  for (int i = 0; i < 2; i++) layers[count++] = f.first.list.item[i];
  if (with_statistics) layers[count++] = (sp_selected){&centre.about, NULL, "model.layers[2]"};
  for (int i = 0; i < 3; i++) layers[count++] = f.last.list.item[i];
  sp_model_options options = {.layers = {layers, count}};
  options.loss = select_variant(sp_losses, "softmax_cross_entropy",
                                options_of(sp_losses, "softmax_cross_entropy", NULL, NULL), "model.loss");
  const sp_data_form data = pair_form((sp_shape){1, {POSITIONS}}, (sp_shape){0}, true);
  assert_ok(sp_network_create(&options, &data, (sp_arithmetic){.precision = SP_FLOAT64}, &f.network));
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
  sp_document_free(f->first.document), sp_document_free(f->last.document);
}

static void gradients(void **state) {
  (void)state;
  enum { MOST = 144 };  // values of the largest tensor
  const double h = 1e-5;
  fixture f = fixture_create(true);
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
  fixture f = fixture_create(true);
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
  fixture f = fixture_create(true);
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
  fixture f = fixture_create(true);
  static const char *const names[] = {"embedding_1/weight",
                                      "centre_1/shift",
                                      "residual_1/dense_1/weight",
                                      "residual_1/dense_1/bias",
                                      "residual_1/dense_2/weight",
                                      "residual_1/dense_2/bias",
                                      "residual_1/last/weight",
                                      "residual_1/last/bias",
                                      "repeat_1/1/dense_1/weight",
                                      "repeat_1/1/dense_1/bias",
                                      "repeat_1/2/dense_1/weight",
                                      "repeat_1/2/dense_1/bias",
                                      "centre_1/mean"};
  const sp_parameter_table *table = sp_network_table(f.network);
  assert_int_equal(table->tensors, sizeof names / sizeof *names);
  for (int64_t t = 0; t < table->tensors; t++) assert_string_equal(table->tensor[t].name, names[t]);
  sp_text text = {0};
  sp_network_summary(f.network, &text);
  assert_non_null(strstr(text.data, "\nresidual_1  "));
  assert_non_null(strstr(text.data, "\nresidual_1/dense_2  "));
  assert_non_null(strstr(text.data, "\nresidual_1/residual_1/tanh_1  "));
  assert_non_null(strstr(text.data, "\nrepeat_1/2/dense_1  "));
  sp_text_free(&text);
  fixture_free(&f);
}

static void set(fixture *f, const char *tensor, double value) {
  const sp_parameter_table *table = sp_network_table(f->network);
  for (int64_t t = 0; t < table->tensors; t++) {
    if (strcmp(table->tensor[t].name, tensor) == 0) f->parameters[table->tensor[t].offset] = value;
  }
}

static void values_that_are_not_finite_are_found_within_blocks(void **state) {
  (void)state;
  char message[512];
  fixture f = fixture_create(true);
  loss_of(&f, f.gradient);
  assert_false(sp_network_find_nonfinite(f.network, &f.batch, f.parameters, f.gradient, message));
  set(&f, "repeat_1/2/dense_1/bias", NAN);
  assert_true(sp_network_find_nonfinite(f.network, &f.batch, f.parameters, f.gradient, message));
  assert_non_null(strstr(message, "output of repeat_1/2/dense_1 ("));
  set(&f, "residual_1/dense_2/bias", NAN);
  assert_true(sp_network_find_nonfinite(f.network, &f.batch, f.parameters, f.gradient, message));
  assert_non_null(strstr(message, "output of residual_1/dense_2 ("));
  fixture_free(&f);
}

// Values that an embedding does not have are refused before a pass, and are not finite in it.
static void features_are_checked(void **state) {
  (void)state;
  static const double wrong[] = {WORDS, -1, 2.5, NAN, INFINITY, 1e300};
  static const char *const shown[] = {"7", "-1", "2.5", "nan", "inf", "1e+300"};
  char message[512], expected[200];
  fixture f = fixture_create(true);
  int64_t row = -1;
  loss_of(&f, f.gradient);
  assert_ok(sp_network_check_input(f.network, &f.batch, &row));
  for (int i = 0; i < 6; i++) {
    f.features[1 * POSITIONS + 3] = wrong[i];
    assert_int_equal(sp_network_check_input(f.network, &f.batch, &row), SP_ERR_DATA);
    assert_int_equal(row, 1);
    snprintf(expected, sizeof expected, "embedding_1: value 3 of the input: expected an integer from 0 to 6, got %s",
             shown[i]);
    assert_string_equal(sp_error_message(), expected);
  }
  f.features[1 * POSITIONS + 3] = WORDS;
  assert_true(sp_network_find_nonfinite(f.network, &f.batch, f.parameters, f.gradient, message));
  assert_string_equal(message, "output of embedding_1 (sample rows 999)");
  fixture_free(&f);
}

static int64_t told[40];
static int tellings;
static void tell(void *context, int64_t place) {
  (void)context;
  assert_true(tellings < 40);
  told[tellings++] = place;
}

// Layer by layer without, also within blocks: needs rise, then what is done falls from the end to 0.
static void check_events(bool statistics) {
  fixture f = fixture_create(statistics);
  const sp_parameter_table *table = sp_network_table(f.network);
  double sums[1];
  int64_t values = sp_parameter_values(table), trained = table->trained_blocks * SP_BLOCK;
  loss_of(&f, f.gradient);
  tellings = 0;
  f.batch.events = &(sp_pass_events){tell, tell, NULL};
  sp_network_gradient(f.network, &f.batch, f.parameters, f.gradient, sums);
  int turn = 0;
  while (turn < tellings && told[turn] != values) turn++;
  assert_true(turn >= 6);  // the embedding, three layers of the residual block, two of the other
  for (int i = 1; i < turn; i++) assert_true(told[i] >= told[i - 1]);
  assert_true(told[turn - 1] <= trained);
  if (statistics) assert_true(trained < values && told[turn + 1] == trained);
  for (int i = turn + 1; i < tellings; i++) assert_true(told[i] <= told[i - 1]);
  assert_true(tellings - turn >= 7);
  assert_int_equal(told[tellings - 1], 0);
  fixture_free(&f);
}

// Statistics follow the trained tensors: forward does not wait for them, and their gradients are done when backward begins.
static void events_in_order(void **state) {
  (void)state;
  check_events(false);
  check_events(true);
}

// Two operations per multiply-add: forward, for weights, and for inputs behind the first layer with weights.
static void operations(void **state) {
  (void)state;
  written_layers layers =
      layers_from("[{residual: [tanh, {dense: {units: 4}}, {dense: {units: 4}}]}, {dense: {units: 2}}]");
  sp_model_options options = {.layers = layers.list};
  options.loss = select_variant(sp_losses, "softmax_cross_entropy",
                                options_of(sp_losses, "softmax_cross_entropy", NULL, NULL), "model.loss");
  sp_network *network;
  const sp_data_form data = pair_form((sp_shape){1, {4}}, (sp_shape){0}, true);
  assert_ok(sp_network_create(&options, &data, (sp_arithmetic){.precision = SP_FLOAT64}, &network));
  assert_int_equal(sp_network_flops(network), 2 * (16 + 16 + 8));
  assert_int_equal(sp_network_gradient_flops(network), 3 * 2 * (16 + 16 + 8) - 2 * 16);
  sp_network_free(network);
  sp_document_free(layers.document);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradients),
      cmocka_unit_test(statistics),
      cmocka_unit_test(random_numbers),
      cmocka_unit_test(layers_within_blocks_are_named),
      cmocka_unit_test(values_that_are_not_finite_are_found_within_blocks),
      cmocka_unit_test(features_are_checked),
      cmocka_unit_test(events_in_order),
      cmocka_unit_test(operations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
