// SPDX-License-Identifier: Apache-2.0
// Networks whose loss and metrics have weights: which columns they read and check, sums, gradients, factors from the data,
// metrics of several scores and of all rows.
#include "columns.h"
#include "model.h"

enum { INPUTS = 5, OUTPUTS = 2, ROWS = 7, WEIGHT = 2, OTHER = 3, COLUMNS = 4 };

typedef struct recipe {
  sp_dense_options dense[2];
  sp_selected layer[3], metric[4];
  sp_model_options options;
  sp_data_form data;
} recipe;

static double weight_of(const sp_network *network, const sp_batch *batch) {
  double weight;
  sp_network_weigh(network, batch, &weight);
  return weight;
}

static void set_loss(recipe *r, const char *name, const char *option, const char *value) {
  r->options.loss = select_variant(sp_losses, name, options_of(sp_losses, name, option, value), "model.loss");
}

static void set_metric(recipe *r, const char *name, const char *option, const char *value) {
  int64_t i = r->options.metrics.count++;
  r->metric[i] = select_variant(sp_metrics, name, options_of(sp_metrics, name, option, value), "model.metrics[0]");
  r->options.metrics.item = r->metric;
}

static void set_up(recipe *r) {
  *r = (recipe){.dense = {dense_options(4), dense_options(OUTPUTS)},
                .data = pair_form((sp_shape){1, {INPUTS}}, (sp_shape){0}, true)};
  r->data.column[WEIGHT] = (sp_column_form){.name = "weight"};
  r->data.column[OTHER] = (sp_column_form){.name = "other"};
  r->data.columns = COLUMNS;
  r->layer[0] = select_variant(sp_layers, "dense", &r->dense[0], "model.layers[0]");
  r->layer[1] = select_variant(sp_layers, "tanh", NULL, "model.layers[1]");
  r->layer[2] = select_variant(sp_layers, "dense", &r->dense[1], "model.layers[2]");
  r->options.layers = (sp_selected_list){r->layer, 3};
}

static sp_network *network_of(const recipe *r, sp_dtype precision) {
  sp_network *network;
  assert_ok(sp_network_create(&r->options, &r->data, (sp_arithmetic){.precision = precision}, &network));
  assert_ok(sp_network_prepare(network, ROWS));
  assert_ok(sp_network_prepare(network, 1));
  return network;
}

typedef struct rows {
  void *features, *weight, *other;
  int32_t classes[ROWS];
  int64_t row[ROWS];
  const void *column[COLUMNS];
  sp_batch batch;
} rows;

static void rows_create(rows *r, sp_dtype precision) {
  *r = (rows){.features = random_values(precision, ROWS * INPUTS, 1),
              .weight = random_values(precision, ROWS, 2),
              .other = random_values(precision, ROWS, 3)};
  for (int64_t i = 0; i < ROWS; i++) {
    r->classes[i] = i % 3 == 0;
    r->row[i] = i;
    sp_value_set(precision, r->weight, i, i == 2 ? 0 : fabs(sp_value_at(precision, r->weight, i)));
    sp_value_set(precision, r->other, i, 0.25 * (double)(i + 1));
  }
  const void *column[] = {r->features, r->classes, r->weight, r->other};
  memcpy(r->column, column, sizeof column);
  r->batch = (sp_batch){.rows = ROWS, .column = r->column, .row = r->row, .seed = 1};
}

static void rows_free(rows *r) { free(r->features), free(r->weight), free(r->other); }

/// One row as a batch.
static sp_batch row_of(const rows *r, sp_dtype precision, int64_t i, const void *column[COLUMNS]) {
  const size_t size = sp_dtype_size(precision);
  column[FEATURES] = (const char *)r->features + (size_t)(i * INPUTS) * size;
  column[TARGETS] = &r->classes[i];
  column[WEIGHT] = (const char *)r->weight + (size_t)i * size;
  column[OTHER] = (const char *)r->other + (size_t)i * size;
  return (sp_batch){.rows = 1, .column = column, .row = &r->row[i], .seed = 1};
}

static void *vector_of(const sp_network *network, sp_dtype precision) {
  return calloc((size_t)sp_parameter_values(sp_network_table(network)), sp_dtype_size(precision));
}

// --- passes -------------------------------------------------------------------------------------------------------

// The gradient is that of the weighted sum of the losses: the sum over the rows alone, each times its weight.
static void gradients_add_up_with_the_weights(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    const sp_dtype precision = i ? SP_FLOAT64 : SP_FLOAT32;
    recipe r;
    rows data;
    set_up(&r);
    set_loss(&r, "softmax_cross_entropy", NULL, NULL);
    sp_network *plain = network_of(&r, precision);
    set_loss(&r, "softmax_cross_entropy", "weight", "weight");
    sp_network *weighted = network_of(&r, precision);
    rows_create(&data, precision);
    int64_t values = sp_parameter_values(sp_network_table(plain));
    void *theta = vector_of(plain, precision), *whole = vector_of(plain, precision), *one = vector_of(plain, precision);
    double *added = calloc((size_t)values, sizeof *added), sums[2], each[2], loss = 0, weight = 0;
    assert_ok(sp_network_initialise(plain, 42, theta));
    sp_network_gradient(weighted, &data.batch, theta, whole, sums);
    for (int64_t row = 0; row < ROWS; row++) {
      const void *column[COLUMNS];
      const sp_batch batch = row_of(&data, precision, row, column);
      const double w = sp_value_at(precision, data.weight, row);
      sp_network_gradient(plain, &batch, theta, one, each);
      for (int64_t v = 0; v < values; v++) added[v] += w * sp_value_at(precision, one, v);
      loss += w * each[0];
      weight += w;
    }
    assert_true(difference(precision, whole, SP_FLOAT64, added, values) < (i ? 1e-14 : 1e-6));
    assert_near(sums[0] / loss, 1, i ? 1e-14 : 1e-6);
    assert_true(sums[1] == weight && weight_of(weighted, &data.batch) == weight);
    assert_true(sp_network_weight(weighted, sums, ROWS) == weight);
    assert_true(sp_network_weight(plain, each, ROWS) == ROWS && !sp_network_is_weighted(plain));
    assert_int_equal(sp_network_sums(plain), 1);
    assert_int_equal(sp_network_sums(weighted), 2);
    double score;
    sp_network_score(weighted, sums, ROWS, &score);
    assert_true(score == sums[0] / weight);
    free(theta), free(whole), free(one), free(added);
    rows_free(&data);
    sp_network_free(plain);
    sp_network_free(weighted);
  }
}

static void central_differences(const recipe *r) {
  const double h = 1e-5;
  rows data;
  sp_network *network = network_of(r, SP_FLOAT64);
  rows_create(&data, SP_FLOAT64);
  int64_t values = sp_parameter_values(sp_network_table(network));
  double *theta = vector_of(network, SP_FLOAT64), *gradient = vector_of(network, SP_FLOAT64), sums[2], above[2];
  double *numeric = calloc((size_t)values, sizeof *numeric);
  assert_ok(sp_network_initialise(network, 42, theta));
  sp_network_gradient(network, &data.batch, theta, gradient, sums);
  for (int64_t t = 0; t < 4; t++) {
    const sp_tensor *tensor = &sp_network_table(network)->tensor[t];
    for (int64_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
      const double value = theta[i];
      theta[i] = value + h;
      sp_network_evaluate(network, &data.batch, theta, NULL, above);
      theta[i] = value - h;
      sp_network_evaluate(network, &data.batch, theta, NULL, sums);
      numeric[i] = (above[0] - sums[0]) / (2 * h);
      theta[i] = value;
    }
  }
  assert_true(difference(SP_FLOAT64, gradient, SP_FLOAT64, numeric, values) < 1e-6);
  free(theta), free(gradient), free(numeric);
  rows_free(&data);
  sp_network_free(network);
}

static void gradients_with_weights_of_rows_and_classes(void **state) {
  (void)state;
  recipe r;
  set_up(&r);
  set_loss(&r, "softmax_cross_entropy", "class_weights", "[0.5, 3]");
  central_differences(&r);
  ((sp_loss_common *)(void *)(uintptr_t)r.options.loss.options)->weight = "weight";
  central_differences(&r);
}

// Rows without weight have no gradient and no scores.
static void no_weight(void **state) {
  (void)state;
  recipe r;
  rows data;
  set_up(&r);
  set_loss(&r, "softmax_cross_entropy", "weight", "weight");
  set_metric(&r, "accuracy", "weight", "weight");
  set_metric(&r, "accuracy", NULL, NULL);
  sp_network *network = network_of(&r, SP_FLOAT32);
  rows_create(&data, SP_FLOAT32);
  memset(data.weight, 0, ROWS * sizeof(float));
  float *theta = vector_of(network, SP_FLOAT32), *gradient = vector_of(network, SP_FLOAT32);
  double sums[5], scores[3];
  assert_int_equal(sp_network_sums(network), 5);
  assert_ok(sp_network_initialise(network, 42, theta));
  sp_network_gradient(network, &data.batch, theta, gradient, sums);
  for (int64_t i = 0; i < sp_parameter_values(sp_network_table(network)); i++) assert_true(gradient[i] == 0);
  sp_network_score(network, sums, ROWS, scores);
  assert_true(sums[0] == 0 && sums[1] == 0 && isnan(scores[0]) && isnan(scores[1]) && isfinite(scores[2]));
  assert_true(weight_of(network, &(sp_batch){0}) == 0);
  free(theta), free(gradient);
  rows_free(&data);
  sp_network_free(network);
}

// --- columns ------------------------------------------------------------------------------------------------------

static void columns_that_are_read(void **state) {
  (void)state;
  recipe r;
  set_up(&r);
  set_loss(&r, "softmax_cross_entropy", NULL, NULL);
  sp_network *network = network_of(&r, SP_FLOAT32);
  const sp_column_use *use = sp_network_use(network);
  assert_true(use[TARGETS].read && !use[WEIGHT].read && !use[OTHER].read && !sp_network_checks(network, WEIGHT));
  assert_true(sp_network_checks(network, TARGETS) && !sp_network_checks(network, FEATURES));
  sp_network_free(network);

  set_loss(&r, "softmax_cross_entropy", "weight", "weight");
  set_metric(&r, "accuracy", "weight", "other");
  network = network_of(&r, SP_FLOAT32);
  use = sp_network_use(network);
  assert_true(use[WEIGHT].read && use[OTHER].read && use[WEIGHT].classes == 0);
  assert_true(sp_network_weight_depends_on(network, WEIGHT) && !sp_network_weight_depends_on(network, TARGETS));
  const float weights[] = {1, -2};
  int64_t row = -1;
  const sp_delivered values = {"w", SP_FLOAT32, SP_FLOAT32, false, 2, 1, weights, NULL};
  for (int c = WEIGHT; c <= OTHER; c++) {
    assert_true(sp_network_checks(network, c));
    assert_fails(sp_network_check(network, c, &values, &row), SP_ERR_DATA, "weight -2, expected a finite number of at");
    assert_int_equal(row, 1);
  }
  sp_network_free(network);

  // Another column is the target; rows that lack a column of the scores can only be predicted.
  r.data.column[OTHER].integer = true;
  set_loss(&r, "softmax_cross_entropy", "target", "other");
  r.options.metrics.count = 0;
  network = network_of(&r, SP_FLOAT32);
  assert_int_equal(sp_network_target(network), OTHER);
  assert_int_equal(sp_network_use(network)[OTHER].classes, OUTPUTS);
  assert_false(sp_network_use(network)[TARGETS].read);
  sp_network_free(network);
  set_loss(&r, "softmax_cross_entropy", "weight", "weight");
  r.data.column[WEIGHT].shape.rank = -1;
  network = network_of(&r, SP_FLOAT32);
  assert_int_equal(sp_network_sums(network), 0);
  assert_int_equal(sp_network_scores(network), 0);
  assert_false(sp_network_is_weighted(network) || sp_network_use(network)[TARGETS].read);
  assert_ptr_equal(sp_network_loss(network), &sp_loss_softmax_cross_entropy);
  sp_network_free(network);

  sp_network *refused = NULL;
  r.options.metrics.count = 0;
  set_loss(&r, "softmax_cross_entropy", NULL, NULL);
  set_metric(&r, "accuracy", "weight", "wieght");
  assert_fails(sp_network_create(&r.options, &r.data, (sp_arithmetic){.precision = SP_FLOAT32}, &refused),
               SP_ERR_CONFIG,
               "model.metrics[0]: weight: expected a column of the data, which are features, targets, weight, other");
}

static void assert_refused(const recipe *r, const char *message) {
  sp_network *refused = NULL;
  assert_fails(sp_network_create(&r->options, &r->data, (sp_arithmetic){.precision = SP_FLOAT64}, &refused),
               SP_ERR_CONFIG, message);
}

static void columns_without_values_or_weights(void **state) {
  (void)state;
  recipe r;
  set_up(&r);
  set_loss(&r, "softmax_cross_entropy", "weight", "targets");
  assert_refused(&r, "model.loss: weight: the column targets has the class numbers of the loss");
  set_loss(&r, "softmax_cross_entropy", NULL, NULL);
  set_metric(&r, "accuracy", "weight", "targets");
  assert_refused(&r, "model.metrics[0]: weight: the column targets has the class numbers of the loss");
  r.options.metrics.count = 0;
  r.data.column[FEATURES] = (sp_column_form){.name = "features", .shape = {1, {1}}, .integer = true};
  set_loss(&r, "softmax_cross_entropy", "target", "features");
  assert_refused(&r, "model.inputs: the column features has the class numbers of the loss");

  set_up(&r);
  r.data.column[WEIGHT].standardized = true;
  set_loss(&r, "softmax_cross_entropy", "weight", "weight");
  assert_refused(&r, "model.loss: weight: the column 'weight' is standardized, which makes weights negative");
}

static void factors_are_those_of_the_data(void **state) {
  (void)state;
  const char *name;
  int64_t count;
  recipe r;
  rows data;
  set_up(&r);
  set_loss(&r, "softmax_cross_entropy", "class_weights", "balanced");
  sp_network *network = network_of(&r, SP_FLOAT64);
  rows_create(&data, SP_FLOAT64);
  double total[OUTPUTS] = {0}, *factors = sp_network_factors(network, &name, &count);
  assert_string_equal(name, "class_weights");
  assert_true(count == OUTPUTS && sp_network_is_weighted(network) && sp_network_weight_depends_on(network, TARGETS));
  assert_true(weight_of(network, &data.batch) == ROWS);
  sp_network_count_targets(network, &data.batch, total);
  assert_true(total[0] == 4 && total[1] == 3);
  assert_ok(sp_network_balance(network, total, ROWS));
  assert_near(factors[0], 7 / 8.0, 0);
  assert_near(factors[1], 7 / 6.0, 1e-15);
  assert_near(weight_of(network, &data.batch), ROWS, 1e-14);  // that is what balanced means
  sp_network_free(network);
  set_loss(&r, "softmax_cross_entropy", "class_weights", "[1, 2]");
  network = network_of(&r, SP_FLOAT64);
  assert_null(sp_network_factors(network, &name, &count));
  sp_network_free(network);
  rows_free(&data);
}

// Weights whose products and sums could underflow or overflow are refused, with the column and a factor.
static void weights_at_the_ends_of_the_range(void **state) {
  (void)state;
  const float fine[] = {0, 1e-29F, 1e29F}, small[] = {1, 1e-39F}, large[] = {1e31F, 1};
  const double wide[] = {1e-39, 1e300};
  int64_t row = -1;
  assert_ok(sp_check_weights(&(sp_delivered){"w", SP_FLOAT32, SP_FLOAT32, false, 3, 1, fine, fine}, &row));
  assert_fails(sp_check_weights(&(sp_delivered){"w", SP_FLOAT32, SP_FLOAT32, false, 2, 1, small, small}, &row),
               SP_ERR_DATA,
               "expected 0, or 1e-30 to 1e+30 in float32: only the ratios of weights matter, so scale all");
  assert_non_null(strstr(sp_error_message(), "data.transforms.w: [{scale: 1e+30}]; or set it to 0"));
  assert_int_equal(row, 1);
  assert_fails(sp_check_weights(&(sp_delivered){"w", SP_FLOAT32, SP_FLOAT32, false, 2, 1, large, large}, &row),
               SP_ERR_DATA, "weight 1e+31, expected 0, or 1e-30 to 1e+30");
  assert_int_equal(row, 0);
  assert_fails(sp_check_weights(&(sp_delivered){"w", SP_FLOAT64, SP_FLOAT64, false, 2, 1, wide, wide}, &row),
               SP_ERR_DATA, "weight 1e+300, expected 0, or 1e-290 to 1e+290 in float64");
  recipe r;
  set_up(&r);
  set_loss(&r, "softmax_cross_entropy", "class_weights", "[1, 1e-39]");
  assert_refused(&r, "model.loss: class_weights: expected numbers from 1e-30 to 1e+30, got 1e-39");
}

// --- scores -------------------------------------------------------------------------------------------------------

static void several_scores_and_all_rows(void **state) {
  (void)state;
  static const char *const names[] = {"loss", "weighted_auc", "precision", "recall", "f1", "weighted_recall_1"};
  recipe r;
  rows data;
  set_up(&r);
  set_loss(&r, "softmax_cross_entropy", NULL, NULL);
  set_metric(&r, "auc", "weight", "other");
  set_metric(&r, "precision_recall", NULL, NULL);
  set_metric(&r, "precision_recall", "class", "1");
  ((sp_metric_common *)(void *)(uintptr_t)r.metric[2].options)->weight = "weight";
  set_metric(&r, "precision_recall", "class", "1");
  ((sp_metric_common *)(void *)(uintptr_t)r.metric[3].options)->weight = "weight";
  assert_refused(&r, "model.metrics[0]: weighted_precision_1 is listed twice");
  r.options.metrics.count--;
  sp_network *network = network_of(&r, SP_FLOAT64);
  rows_create(&data, SP_FLOAT64);
  assert_int_equal(sp_network_scores(network), 8);
  assert_int_equal(sp_network_sums(network), 1 + 6 + 3 + 1);
  for (int i = 0; i < 5; i++) assert_string_equal(sp_network_score_name(network, i), names[i]);
  assert_string_equal(sp_network_score_name(network, 6), names[5]);
  assert_true(sp_network_score_higher_is_better(network, 1) && sp_network_score_higher_is_better(network, 7));
  assert_false(sp_network_score_higher_is_better(network, 0));

  double *theta = vector_of(network, SP_FLOAT64), output[ROWS * OUTPUTS], sums[11], scores[8], kept[ROWS * 3];
  assert_ok(sp_network_initialise(network, 42, theta));
  sp_network_evaluate(network, &data.batch, theta, output, sums);
  sp_network_score(network, sums, ROWS, scores);
  assert_true(isnan(scores[1]));  // it needs all rows
  for (int i = 2; i < 8; i++) assert_true(scores[i] >= 0 && scores[i] <= 1);
  assert_int_equal(sp_network_metrics(network), 3);
  assert_int_equal(sp_network_kept(network, 0), 3);
  assert_int_equal(sp_network_kept(network, 1), 0);
  sp_network_keep(network, 0, &data.batch, output, kept);
  sp_network_finish(network, 0, kept, ROWS, scores);
  double above = 0, pairs = 0;  // over pairs of rows, by definition
  for (int i = 0; i < ROWS; i++) {
    for (int j = 0; j < ROWS; j++) {
      if (!data.classes[i] || data.classes[j]) continue;
      const double weight = 0.0625 * (i + 1) * (j + 1);
      pairs += weight;
      above += weight * (output[2 * i + 1] - output[2 * i] > output[2 * j + 1] - output[2 * j]);
    }
  }
  assert_near(scores[1], above / pairs, 1e-14);
  free(theta);
  rows_free(&data);
  sp_network_free(network);
}

/// One metric with the weights of two columns.
static void the_same_metric_with_other_weights(void **state) {
  (void)state;
  static const char *const names[] = {"loss", "weighted_accuracy_weight", "weighted_accuracy_other", "accuracy"};
  recipe r;
  set_up(&r);
  set_loss(&r, "softmax_cross_entropy", NULL, NULL);
  set_metric(&r, "accuracy", "weight", "weight");
  set_metric(&r, "accuracy", "weight", "other");
  set_metric(&r, "accuracy", NULL, NULL);
  sp_network *network = network_of(&r, SP_FLOAT64);
  assert_int_equal(sp_network_scores(network), 4);
  for (int i = 0; i < 4; i++) assert_string_equal(sp_network_score_name(network, i), names[i]);
  sp_network_free(network);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradients_add_up_with_the_weights),
      cmocka_unit_test(gradients_with_weights_of_rows_and_classes),
      cmocka_unit_test(no_weight),
      cmocka_unit_test(columns_that_are_read),
      cmocka_unit_test(columns_without_values_or_weights),
      cmocka_unit_test(factors_are_those_of_the_data),
      cmocka_unit_test(weights_at_the_ends_of_the_range),
      cmocka_unit_test(the_same_metric_with_other_weights),
      cmocka_unit_test(several_scores_and_all_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
