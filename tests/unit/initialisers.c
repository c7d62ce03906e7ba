// SPDX-License-Identifier: Apache-2.0
// Initialisers: bounds, moments, the same values in both precisions, and a separate random number for every value.
#include "columns.h"
#include "model.h"

enum { IN = 300, UNITS = 200, VALUES = IN * UNITS };

typedef struct start {
  void *values;  // the weight, then the bias
  int64_t bias;  // where that begins
} start;

static start start_of(const char *weight, const void *options, uint64_t seed, sp_dtype precision) {
  sp_dense_options dense = {.units = UNITS, .bias = true};
  dense.weight_init = select_variant(sp_initialisers, weight, options, "weight_init");
  dense.bias_init = select_variant(sp_initialisers, weight, options, "bias_init");
  sp_selected layer = select_variant(sp_layers, "dense", &dense, "model.layers[0]");
  sp_model_options model = {.layers = {&layer, 1}};
  model.loss = select_variant(sp_losses, "softmax_cross_entropy",
                              options_of(sp_losses, "softmax_cross_entropy", NULL, NULL), "model.loss");
  sp_network *network;
  const sp_data_form data = pair_form((sp_shape){1, {IN}}, (sp_shape){0}, true);
  assert_ok(sp_network_create(&model, &data, (sp_arithmetic){.precision = precision}, &network));
  const sp_parameter_table *table = sp_network_table(network);
  start s = {calloc((size_t)sp_parameter_values(table), sp_dtype_size(precision)), table->tensor[1].offset};
  assert_ok(sp_network_initialise(network, seed, s.values));
  sp_network_free(network);
  return s;
}

// Mean, standard deviation and bounds of the weights: with 60,000 values a sample's moments are within 2 %.
static void check(const char *name, const void *options, double mean, double deviation, double low, double high) {
  start s = start_of(name, options, 1, SP_FLOAT64);
  const double *w = s.values;
  double sum = 0, squares = 0;
  for (int i = 0; i < VALUES; i++) {
    assert_true(w[i] >= low && w[i] <= high);
    sum += w[i];
  }
  for (int i = 0; i < VALUES; i++) squares += (w[i] - sum / VALUES) * (w[i] - sum / VALUES);
  assert_near(sum / VALUES, mean, 0.02 * deviation);
  assert_near(sqrt(squares / VALUES), deviation, 0.02 * deviation);
  free(s.values);
}

static void moments(void **state) {
  (void)state;
  const double glorot = sqrt(6.0 / (IN + UNITS)), he = sqrt(6.0 / IN);
  const struct { double a, b; } between = {2, 5}, around = {-1, 0.5}, gain = {1, 0};
  check("glorot_uniform", NULL, 0, glorot / sqrt(3), -glorot, glorot);
  check("glorot_normal", NULL, 0, sqrt(2.0 / (IN + UNITS)), -INFINITY, INFINITY);
  check("he_uniform", NULL, 0, he / sqrt(3), -he, he);
  check("he_normal", NULL, 0, sqrt(2.0 / IN), -INFINITY, INFINITY);
  check("uniform", &between, 3.5, 3 / sqrt(12), 2, 5);
  check("normal", &around, -1, 0.5, -INFINITY, INFINITY);
  check("constant", &between, 2, 0, 2, 2);
  check("zeros", NULL, 0, 0, 0, 0);
  check("orthogonal", &gain, 0, 1 / sqrt(IN), -1, 1);  // a column has the length 1
}

static void same_in_both_precisions(void **state) {
  (void)state;
  for (const sp_variant *const *type = sp_initialisers; *type; type++) {
    const struct { double a, b; } options = {0.1, 0.7};
    start single = start_of((*type)->name, &options, 3, SP_FLOAT32);
    start wide = start_of((*type)->name, &options, 3, SP_FLOAT64);
    for (int i = 0; i < VALUES; i++) assert_true(((float *)single.values)[i] == (float)((double *)wide.values)[i]);
    free(single.values), free(wide.values);
  }
}

static double product(const double *values, int64_t a, int64_t b, int64_t n, int64_t stride) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += values[a + i * stride] * values[b + i * stride];
  return sum;
}

// The columns of a tall matrix and the rows of a wide one are orthogonal and have the length `gain`.
static void orthogonal_vectors(void **state) {
  (void)state;
  static const struct { double gain; } twice = {2};
  static const sp_shape shapes[] = {{2, {30, 20}}, {2, {20, 30}}, {2, {25, 25}}, {3, {2, 3, 5}}, {1, {9}}, {0, {0}}};
  const sp_selected orthogonal = select_variant(sp_initialisers, "orthogonal", &twice, "init");
  for (int s = 0; s < 6; s++) {
    double values[640];
    const sp_shape *shape = &shapes[s];
    int64_t columns = shape->rank > 0 ? shape->extent[shape->rank - 1] : 1, rows = sp_shape_size(shape) / columns;
    bool tall = rows >= columns;
    int64_t count = tall ? columns : rows, n = tall ? rows : columns;
    const sp_parameter p = {.shape = *shape, .count = rows * columns, .initial = &orthogonal};
    assert_ok(sp_initialiser_fill(&p, 3, 1, SP_FLOAT64, values));
    for (int64_t i = 0; i < count; i++) {
      for (int64_t j = 0; j <= i; j++) {
        int64_t step = tall ? 1 : columns;
        assert_near(product(values, i * step, j * step, n, tall ? columns : 1), i == j ? 4 : 0, 1e-13);
      }
    }
  }
}

// A layer may demand that some values are 0 at the beginning; the others do not change.
static void values_that_are_zero(void **state) {
  (void)state;
  const sp_selected normal = select_variant(sp_initialisers, "he_normal", NULL, "init");
  sp_parameter p = {.shape = {2, {4, 3}}, .fan_in = 4, .count = 12, .initial = &normal};
  double all[12], some[12];
  assert_ok(sp_initialiser_fill(&p, 0, 1, SP_FLOAT64, all));
  p.first_zero = 6;
  p.zeros = 3;
  assert_ok(sp_initialiser_fill(&p, 0, 1, SP_FLOAT64, some));
  for (int i = 0; i < 12; i++) assert_true(some[i] == (i >= 6 && i < 9 ? 0 : all[i]) && all[i] != 0);
}

static void seeds_and_tensors_differ(void **state) {
  (void)state;
  start a = start_of("glorot_uniform", NULL, 1, SP_FLOAT64), b = start_of("glorot_uniform", NULL, 2, SP_FLOAT64);
  start again = start_of("glorot_uniform", NULL, 1, SP_FLOAT64);
  const double *x = a.values, *y = b.values;
  int same = 0;
  for (int i = 0; i < VALUES; i++) same += x[i] == y[i];
  for (int i = 0; i < UNITS; i++) same += x[i] == x[a.bias + i];
  assert_int_equal(same, 0);
  assert_memory_equal(a.values, again.values, VALUES * sizeof(double));
  free(a.values), free(b.values), free(again.values);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(moments),
      cmocka_unit_test(same_in_both_precisions),
      cmocka_unit_test(orthogonal_vectors),
      cmocka_unit_test(values_that_are_zero),
      cmocka_unit_test(seeds_and_tensors_differ),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
