// SPDX-License-Identifier: Apache-2.0
// Every registered loss: gradients against central differences in float64, float32 against float64, sums in the order
// of the rows, known values. A registered loss without a sample here fails.
#include "model/loss.h"

#include "model.h"

typedef struct sample {
  const char *name;
  const char *option, *value;  // NULL: all as by default
  bool classes;
  bool probabilities;  // targets are between 0 and 1, rather than any numbers
  int64_t size;
} sample;

static const sample samples[] = {
    {"softmax_cross_entropy", NULL, NULL, true, false, 2},
    {"softmax_cross_entropy", NULL, NULL, true, false, 10},
    {"softmax_cross_entropy", NULL, NULL, false, true, 3},
    {"softmax_cross_entropy", NULL, NULL, false, true, 10},
    {"sigmoid_cross_entropy", NULL, NULL, false, true, 1},
    {"sigmoid_cross_entropy", NULL, NULL, false, true, 6},
    {"softmax_cross_entropy", "label_smoothing", "0.1", true, false, 2},
    {"softmax_cross_entropy", "label_smoothing", "0.1", true, false, 10},
    {"softmax_cross_entropy", "label_smoothing", "0.1", false, true, 10},
    {"sigmoid_cross_entropy", "label_smoothing", "0.1", false, true, 6},
    {"mse", "half", "false", false, false, 1},
    {"mse", "half", "false", false, false, 5},
    {"mse", "half", "true", false, false, 1},
    {"mse", "half", "true", false, false, 5},
    {"mae", NULL, NULL, false, false, 1},
    {"mae", NULL, NULL, false, false, 5},
    {"huber", "delta", "0.5", false, false, 1},
    {"huber", "delta", "0.5", false, false, 5},
};
enum { SAMPLES = sizeof samples / sizeof *samples, MOST_ROWS = 6 };

typedef struct trial {
  const sp_loss_type *loss;
  const sample *sample;
  const void *options;
  sp_prediction prediction;
  void *output, *targets, *gradient;
} trial;

static trial trial_create(const sample *s, int64_t rows, sp_dtype precision) {
  trial t = {.loss = (const sp_loss_type *)find_variant(sp_losses, s->name), .sample = s};
  t.options = options_of(sp_losses, s->name, s->option, s->value);
  int64_t n = rows * s->size;
  t.output = random_values(precision, n, 1);
  t.targets = random_values(precision, n, 2);
  t.gradient = random_values(precision, n, 3);
  for (int64_t i = 0; i < n && s->probabilities; i++) {
    sp_value_set(precision, t.targets, i, fabs(sp_value_at(precision, t.targets, i)));
  }
  if (s->classes) {
    int32_t class[MOST_ROWS];
    for (int64_t i = 0; i < rows; i++) class[i] = (int32_t)((3 * i + 1) % s->size);
    memcpy(t.targets, class, (size_t)rows * sizeof *class);
  }
  t.prediction = (sp_prediction){precision, rows, s->size, t.output, t.targets, s->classes};
  return t;
}

static void trial_free(trial *t) { free(t->output), free(t->targets), free(t->gradient); }

static double run(trial *t, bool with_gradient) {
  return t->loss->run(t->options, &t->prediction, with_gradient ? t->gradient : NULL);
}

static void every_loss_has_a_sample(void **state) {
  (void)state;
  for (const sp_variant *const *loss = sp_losses; *loss; loss++) {
    bool found = false;
    for (int i = 0; i < SAMPLES; i++) found |= strcmp(samples[i].name, (*loss)->name) == 0;
    if (!found) fail_msg("loss '%s' has no sample in this test", (*loss)->name);
    assert_non_null((*loss)->help);
  }
}

static void gradients(void **state) {
  (void)state;
  const double h = 1e-5;
  for (int i = 0; i < SAMPLES; i++) {
    for (int64_t rows = 1; rows <= MOST_ROWS; rows += MOST_ROWS - 1) {
      trial t = trial_create(&samples[i], rows, SP_FLOAT64);
      double *x = t.output, numeric[MOST_ROWS * 10];
      run(&t, true);
      for (int64_t j = 0; j < rows * samples[i].size; j++) {
        double value = x[j];
        x[j] = value + h;
        double above = run(&t, false);
        x[j] = value - h;
        numeric[j] = (above - run(&t, false)) / (2 * h);
        x[j] = value;
      }
      double error = difference(SP_FLOAT64, t.gradient, SP_FLOAT64, numeric, rows * samples[i].size);
      if (!(error < 1e-6)) fail_msg("%s of %d: gradient is off by %g", samples[i].name, (int)samples[i].size, error);
      trial_free(&t);
    }
  }
}

static void precisions_agree(void **state) {
  (void)state;
  for (int i = 0; i < SAMPLES; i++) {
    trial single = trial_create(&samples[i], MOST_ROWS, SP_FLOAT32);
    trial wide = trial_create(&samples[i], MOST_ROWS, SP_FLOAT64);
    double a = run(&single, true), b = run(&wide, true);
    assert_near(a / b, 1, 1e-5);
    assert_true(difference(SP_FLOAT32, single.gradient, SP_FLOAT64, wide.gradient, MOST_ROWS * samples[i].size) < 1e-5);
    assert_true(run(&single, false) == a);  // the gradient is no part of the value
    trial_free(&single), trial_free(&wide);
  }
}

// The loss of several rows has the bits of theirs, added in order; and so has each row's gradient.
static void rows_in_order(void **state) {
  (void)state;
  for (int i = 0; i < SAMPLES; i++) {
    trial t = trial_create(&samples[i], MOST_ROWS, SP_FLOAT32);
    size_t row = (size_t)samples[i].size * sizeof(float), target = samples[i].classes ? sizeof(int32_t) : row;
    double together = run(&t, true), sum = 0;
    for (size_t r = 0; r < MOST_ROWS; r++) {
      float gradient[10];
      sp_prediction one = t.prediction;
      one.rows = 1;
      one.output = (char *)t.output + r * row;
      one.targets = (char *)t.targets + r * target;
      sum += t.loss->run(t.options, &one, gradient);
      assert_memory_equal(gradient, (char *)t.gradient + r * row, row);
    }
    assert_true(sum == together);
    trial_free(&t);
  }
}

// --- known values -------------------------------------------------------------------------------------------------

static double value_of(const char *name, const char *option, const char *value, int64_t size, const double *x,
                       const double *t, double *gradient) {
  const sp_loss_type *loss = (const sp_loss_type *)find_variant(sp_losses, name);
  const void *options = options_of(sp_losses, name, option, value);
  sp_prediction p = {SP_FLOAT64, 1, size, x, t, false};
  return loss->run(options, &p, gradient);
}

static void values_by_hand(void **state) {
  (void)state;
  const double x[] = {1, -2, 0.25}, t[] = {0, 1, 0};
  double g[3];
  assert_near(value_of("mse", "half", "true", 3, x, t, g), (1 + 9 + 0.0625) / 6, 1e-15);
  for (int i = 0; i < 3; i++) assert_near(g[i], (x[i] - t[i]) / 3, 1e-15);
  assert_near(value_of("mse", "half", "false", 3, x, t, g), (1 + 9 + 0.0625) / 3, 1e-15);
  assert_near(g[1], 2 * -3.0 / 3, 1e-15);
  assert_near(value_of("mae", NULL, NULL, 3, x, t, g), (1 + 3 + 0.25) / 3, 1e-15);
  assert_near(g[1], -1.0 / 3, 1e-15);
  assert_near(value_of("huber", "delta", "0.5", 3, x, t, g), (0.5 * 0.75 + 0.5 * 2.75 + 0.03125) / 3, 1e-15);
  assert_near(g[1], -0.5 / 3, 1e-15);
  assert_near(g[2], 0.25 / 3, 1e-15);
  assert_near(value_of("sigmoid_cross_entropy", NULL, NULL, 1, (double[]){0}, (double[]){1}, g), log(2), 1e-15);
  assert_near(g[0], -0.5, 1e-15);
  // Logits 0, log 2, log 5 are the probabilities 1/8, 2/8, 5/8.
  const double logits[] = {0, log(2), log(5)};
  assert_near(value_of("softmax_cross_entropy", NULL, NULL, 3, logits, t, g), log(4), 1e-15);
  assert_near(g[0], 1.0 / 8, 1e-15);
  assert_near(g[1], 2.0 / 8 - 1, 1e-15);
}

// Of torch 2's cross_entropy(x, t, label_smoothing=0.1, reduction='sum') in float64, with classes and with values, whose
// rows need not add up to 1; and binary_cross_entropy_with_logits with targets smoothed by hand.
static void label_smoothing_as_pytorch(void **state) {
  (void)state;
  const sp_loss_type *loss = (const sp_loss_type *)find_variant(sp_losses, "softmax_cross_entropy");
  const void *smooth = options_of(sp_losses, "softmax_cross_entropy", "label_smoothing", "0.1");
  const double x[] = {0.5, -1.25, 2, 0.125, 3, 0, -0.5, 1.5}, t[] = {0.2, 0.5, 0.1, 0.2, 1, 0, 0.25, 0.5};
  const double slope_of_classes[] = {0.13266026385263707,   -0.8976027542248897, 0.6815842813349791,
                                     0.08335820903727331,   -0.1576077914878693, 0.013206208350159565,
                                     -0.001826763244259396, 0.146228346381969};
  const double slope_of_values[] = {-0.04733973614736295, -0.4476027542248896, 0.5915842813349791,
                                    -0.0966417909627267,  0.36038194925781913, 0.038995398986517285,
                                    -0.21118482843413447, -0.18819251981020194};
  const double slope_of_bits[] = {-0.10918022293271516, 0.057566712941769606, -0.023067640674039252};
  double g[8];
  sp_prediction p = {SP_FLOAT64, 2, 4, x, (const int32_t[]){1, 0}, true};
  assert_near(loss->run(smooth, &p, g), 3.9026950441164887, 1e-14);
  for (int i = 0; i < 8; i++) assert_near(g[i], slope_of_classes[i], 1e-15);
  p = (sp_prediction){SP_FLOAT64, 2, 4, x, t, false};
  assert_near(loss->run(smooth, &p, g), 4.688906190782106, 1e-14);
  for (int i = 0; i < 8; i++) assert_near(g[i], slope_of_values[i], 1e-15);
  assert_near(value_of("sigmoid_cross_entropy", "label_smoothing", "0.1", 3, x, (double[]){1, 0, 1}, g),
              0.3468113588561507, 1e-15);
  for (int i = 0; i < 3; i++) assert_near(g[i], slope_of_bits[i], 1e-15);
}

// A loss of logits names the layer that it includes, and computes the same from logits as that layer.
static void probabilities_are_those_of_the_layer(void **state) {
  (void)state;
  enum { ROWS = 3, SIZE = 4, N = ROWS * SIZE };
  sp_compute *compute;
  assert_ok(sp_compute_create((sp_arithmetic){.precision = SP_FLOAT64, .reference = true}, &compute));
  for (const sp_variant *const *variant = sp_losses; *variant; variant++) {
    const sp_loss_type *loss = (const sp_loss_type *)*variant;
    assert_int_equal(loss->includes != NULL, loss->probabilities != NULL);
    if (!loss->includes) continue;
    double *x = random_values(SP_FLOAT64, N, 7), y[N];
    const sp_layer layer = {.type = loss->includes, .input = {1, {SIZE}}, .output = {1, {SIZE}}};
    loss->includes->forward(&(sp_stage){.layer = &layer}, &(sp_pass){.compute = compute, .rows = ROWS}, x, y);
    loss->probabilities(SP_FLOAT64, ROWS, SIZE, x);
    assert_true(difference(SP_FLOAT64, x, SP_FLOAT64, y, N) < 1e-15);
    free(x);
  }
  sp_compute_free(compute);
}

static void mae_at_its_corner(void **state) {
  (void)state;
  double g[1];
  assert_near(value_of("mae", NULL, NULL, 1, (double[]){3}, (double[]){3}, g), 0, 0);
  assert_near(g[0], 0, 0);
}

static void large_logits(void **state) {
  (void)state;
  double g[2];
  assert_near(value_of("sigmoid_cross_entropy", NULL, NULL, 1, (double[]){1000}, (double[]){0}, g), 1000, 0);
  assert_near(g[0], 1, 0);
  assert_near(value_of("sigmoid_cross_entropy", NULL, NULL, 1, (double[]){-1000}, (double[]){1}, g), 1000, 0);
  assert_near(g[0], -1, 0);
  assert_near(value_of("sigmoid_cross_entropy", NULL, NULL, 1, (double[]){-1000}, (double[]){0}, g), 0, 0);
  assert_near(value_of("softmax_cross_entropy", NULL, NULL, 2, (double[]){1000, -1000}, (double[]){0, 1}, g), 2000, 0);
  assert_near(g[0], 1, 0);
  assert_near(g[1], -1, 0);
}

static void not_a_number_stays(void **state) {
  (void)state;
  for (int i = 0; i < SAMPLES; i++) {
    trial t = trial_create(&samples[i], 1, SP_FLOAT32);
    sp_value_set(SP_FLOAT32, t.output, samples[i].size - 1, NAN);
    assert_true(isnan(run(&t, true)));
    assert_true(isnan(((float *)t.gradient)[samples[i].size - 1]));
    trial_free(&t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_loss_has_a_sample), cmocka_unit_test(gradients),
      cmocka_unit_test(precisions_agree),        cmocka_unit_test(rows_in_order),
      cmocka_unit_test(values_by_hand),          cmocka_unit_test(probabilities_are_those_of_the_layer),
      cmocka_unit_test(mae_at_its_corner),       cmocka_unit_test(large_logits),
      cmocka_unit_test(not_a_number_stays),      cmocka_unit_test(label_smoothing_as_pytorch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
