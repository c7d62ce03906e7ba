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
    {"softmax_cross_entropy", "class_weights", "[0.5, 2]", true, false, 2},
    {"softmax_cross_entropy", "class_weights", "[0.5, 2, 0, 1, 3, 0.25, 1, 1.5, 1, 7]", true, false, 10},
    {"softmax_cross_entropy", "class_weights", "[0.5, 2, 4]", false, true, 3},
    {"sigmoid_cross_entropy", "positive_weight", "3", false, true, 1},
    {"sigmoid_cross_entropy", "positive_weight", "[0.5, 2, 4, 1, 3, 0.25]", false, true, 6},
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

/// The loss of a network with `size` outputs and targets for each of them, or class numbers, made as a network makes it.
static sp_loss loss_of(sp_arena *arena, const char *name, const char *option, const char *value, int64_t size,
                       bool classes) {
  const sp_selected selected =
      select_variant(sp_losses, name, options_of(sp_losses, name, option, value), "model.loss");
  const sp_shape output = {1, {size}}, target = classes ? (sp_shape){0} : output;
  const sp_data_form data = {.column = {{.name = SP_TARGETS, .shape = target, .integer = classes}}, .columns = 1};
  sp_loss loss;
  assert_ok(sp_loss_create(&selected, &data, &output, arena, &loss));
  assert_int_equal(loss.classes, classes ? size : 0);
  return loss;
}

typedef struct trial {
  sp_arena *arena;
  sp_loss loss;
  const sample *sample;
  sp_prediction prediction;
  void *output, *targets, *gradient, *weight;
} trial;

static trial trial_create(const sample *s, int64_t rows, sp_dtype precision) {
  trial t = {.arena = sp_arena_create(), .sample = s};
  t.loss = loss_of(t.arena, s->name, s->option, s->value, s->size, s->classes);
  t.weight = random_values(precision, rows, 4);
  for (int64_t i = 0; i < rows; i++) {
    sp_value_set(precision, t.weight, i, i == 1 ? 0 : fabs(sp_value_at(precision, t.weight, i)));
  }
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
  t.prediction = (sp_prediction){precision, rows, s->size, t.output, t.targets, s->classes, NULL};
  return t;
}

static void trial_free(trial *t) {
  free(t->output), free(t->targets), free(t->gradient), free(t->weight);
  sp_arena_free(t->arena);
}

static double run(trial *t, bool with_gradient) {
  return sp_loss_sum(&t->loss, &t->prediction, with_gradient ? t->gradient : NULL);
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

// Every table ends with the options that all losses have, which are the first member of the options.
static void every_loss_has_the_common_options(void **state) {
  (void)state;
  static const sp_option common[] = {SP_LOSS_COMMON, {0}};
  for (const sp_variant *const *loss = sp_losses; *loss; loss++) {
    const sp_option *options = (*loss)->options;
    int count = 0;
    while (options && options[count].name) count++;
    assert_true(count >= 2 && (*loss)->options_size >= sizeof(sp_loss_common));
    for (int i = 0; i < 2; i++) {
      assert_string_equal(options[count - 2 + i].name, common[i].name);
      assert_int_equal(options[count - 2 + i].offset, common[i].offset);
    }
  }
}

static void gradients(void **state) {
  (void)state;
  const double h = 1e-5;
  for (int i = 0; i < 2 * SAMPLES; i++) {
    for (int64_t rows = 1; rows <= MOST_ROWS; rows += MOST_ROWS - 1) {
      trial t = trial_create(&samples[i % SAMPLES], rows, SP_FLOAT64);
      if (i >= SAMPLES) t.prediction.weight = t.weight;
      double *x = t.output, numeric[MOST_ROWS * 10];
      run(&t, true);
      for (int64_t j = 0; j < rows * t.sample->size; j++) {
        double value = x[j];
        x[j] = value + h;
        double above = run(&t, false);
        x[j] = value - h;
        numeric[j] = (above - run(&t, false)) / (2 * h);
        x[j] = value;
      }
      double error = difference(SP_FLOAT64, t.gradient, SP_FLOAT64, numeric, rows * t.sample->size);
      if (!(error < 1e-6)) fail_msg("%s of %d: gradient is off by %g", t.sample->name, (int)t.sample->size, error);
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
      sum += sp_loss_sum(&t.loss, &one, gradient);
      assert_memory_equal(gradient, (char *)t.gradient + r * row, row);
    }
    assert_true(sum == together);
    trial_free(&t);
  }
}

// --- weights ------------------------------------------------------------------------------------------------------

// The weighted sum is that of each row alone times its weight, in order; and so is each row's gradient. A row of weight 0
// counts nothing, also if its loss is not finite.
static void rows_count_with_their_weights(void **state) {
  (void)state;
  for (int i = 0; i < 2 * SAMPLES; i++) {
    const sp_dtype precision = i < SAMPLES ? SP_FLOAT32 : SP_FLOAT64;
    trial t = trial_create(&samples[i % SAMPLES], MOST_ROWS, precision);
    const int64_t size = t.sample->size;
    sp_value_set(precision, t.output, size, INFINITY);  // of row 1, whose weight is 0
    sp_prediction weighted = t.prediction;
    weighted.weight = t.weight;
    double sum = 0, whole = sp_loss_sum(&t.loss, &weighted, t.gradient), slope[10];
    for (int64_t r = 0; r < MOST_ROWS; r++) {
      const sp_prediction one = sp_prediction_part(&t.prediction, r, 1);
      const double weight = sp_value_at(precision, t.weight, r), loss = sp_loss_sum(&t.loss, &one, slope);
      if (r != 1) sum += weight * loss;
      for (int64_t j = 0; j < size; j++) {
        double want = r != 1 ? weight * sp_value_at(precision, slope, j) : 0;
        if (precision == SP_FLOAT32) want = (double)(float)want;
        assert_true(sp_value_at(precision, t.gradient, r * size + j) == want);
      }
    }
    assert_true(sum == whole && isfinite(whole));
    trial_free(&t);
  }
}

static void weights_of_one_change_no_bit(void **state) {
  (void)state;
  for (int i = 0; i < SAMPLES; i++) {
    trial t = trial_create(&samples[i], MOST_ROWS, SP_FLOAT32);
    const size_t bytes = (size_t)(MOST_ROWS * samples[i].size) * sizeof(float);
    float ones[MOST_ROWS], *gradient = malloc(bytes);
    for (int r = 0; r < MOST_ROWS; r++) ones[r] = 1;
    double sum = run(&t, true), weight = sp_loss_weight_sum(&t.loss, &t.prediction);
    memcpy(gradient, t.gradient, bytes);
    t.prediction.weight = ones;
    assert_true(run(&t, true) == sum && sp_loss_weight_sum(&t.loss, &t.prediction) == weight);
    assert_memory_equal(gradient, t.gradient, bytes);
    free(gradient);
    trial_free(&t);
  }
}

static void weights_of_classes_count_in_the_mean(void **state) {
  (void)state;
  sp_arena *arena = sp_arena_create();
  const double x[6] = {0}, weight[] = {1, 0.5}, values[] = {0.25, 0.25, 0.5, 0, 1, 0};
  sp_loss loss = loss_of(arena, "softmax_cross_entropy", "class_weights", "[2, 3, 5]", 3, true);
  sp_prediction p = {SP_FLOAT64, 2, 3, x, (const int32_t[]){2, 1}, true, NULL};
  assert_true(sp_loss_is_weighted(&loss));
  assert_near(sp_loss_weight_sum(&loss, &p), 8, 0);
  assert_near(sp_loss_sum(&loss, &p, NULL), 8 * log(3), 1e-14);
  p.weight = weight;
  assert_near(sp_loss_weight_sum(&loss, &p), 6.5, 0);
  loss = loss_of(arena, "softmax_cross_entropy", "class_weights", "[2, 3, 5]", 3, false);
  p = (sp_prediction){SP_FLOAT64, 2, 3, x, values, false, NULL};
  assert_near(sp_loss_weight_sum(&loss, &p), 0.5 + 0.75 + 2.5 + 3, 1e-15);
  // The factors of positive_weight do not count in the mean, which is over the rows.
  loss = loss_of(arena, "sigmoid_cross_entropy", "positive_weight", "[2, 3, 5]", 3, false);
  assert_false(sp_loss_is_weighted(&loss));
  assert_near(sp_loss_weight_sum(&loss, &p), 2, 0);
  assert_false(sp_loss_is_weighted(&(sp_loss){.type = &sp_loss_mse, .weight = -1}));
  sp_arena_free(arena);
}

// balanced: rows / (classes * count) as scikit-learn's compute_class_weight, and no / yes.
static void balanced_factors(void **state) {
  (void)state;
  sp_arena *arena = sp_arena_create();
  const double x[6] = {0}, values[] = {1, 0, 1, 0.5, 0, 1, 1, 0, 1, 0, 0, 1};
  double total[3] = {0};
  sp_loss loss = loss_of(arena, "softmax_cross_entropy", "class_weights", "balanced", 3, true);
  sp_prediction p = {SP_FLOAT64, 6, 3, x, (const int32_t[]){2, 1, 2, 2, 0, 1}, true, NULL};
  assert_true(loss.balanced && loss.factor[0] == 1 && loss.factor[2] == 1);  // until the rows are counted
  sp_loss_count_targets(&loss, &p, total);
  assert_ok(sp_loss_balance(&loss, total, 6));
  assert_near(loss.factor[0], 6 / 3.0, 0);
  assert_near(loss.factor[1], 6 / 6.0, 0);
  assert_near(loss.factor[2], 6 / 9.0, 1e-15);
  total[1] = 0;
  assert_fails(sp_loss_balance(&loss, total, 6), SP_ERR_DATA,
               "model.loss: class_weights: balanced: class 1 has no training rows");
  loss = loss_of(arena, "sigmoid_cross_entropy", "positive_weight", "balanced", 3, false);
  p = (sp_prediction){SP_FLOAT64, 4, 3, x, values, false, NULL};
  memset(total, 0, sizeof total);
  sp_loss_count_targets(&loss, &p, total);
  assert_fails(sp_loss_balance(&loss, total, 4), SP_ERR_DATA,
               "model.loss: positive_weight: balanced: output 1 has no yes among the training rows");
  total[1] = 1;
  assert_fails(sp_loss_balance(&loss, total, 4), SP_ERR_DATA, "output 2 has no no among the training rows");
  total[2] = 1;
  assert_ok(sp_loss_balance(&loss, total, 4));
  assert_near(loss.factor[0], (4 - 2.5) / 2.5, 1e-15);
  assert_near(loss.factor[1], 3, 0);
  sp_arena_free(arena);
}

static void what_does_not_fit(void **state) {
  (void)state;
  sp_arena *arena = sp_arena_create();
  const sp_data_form data = {.column = {{.name = SP_FEATURES, .shape = {1, {4}}},
                                        {.name = SP_TARGETS, .integer = true},
                                        {.name = "w", .shape = {1, {1}}},
                                        {.name = "pair", .shape = {1, {2}}},
                                        {.name = "absent", .shape = {-1, {0}}}},
                             .columns = 5};
  static const struct {
    const char *option, *value, *part;
  } wrong[] = {
      {"class_weights", "[1, 2]", "model.loss: class_weights: expected a number for each of the 3 outputs, got 2"},
      {"class_weights", "2", "model.loss: class_weights: expected a number for each of the 3 outputs, got 1"},
      {"target", "label",
       "model.loss: target: expected a column of the data, which are features, targets, w, pair, absent; got 'label'"},
      {"weight", "v",
       "model.loss: weight: expected a column of the data, which are features, targets, w, pair, absent"},
      {"weight", "pair", "model.loss: weight: expected one value for each row, but the column 'pair' has [2]"},
  };
  const char *name = "softmax_cross_entropy";
  const sp_shape output = {1, {3}};
  sp_loss loss;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    const sp_selected selected =
        select_variant(sp_losses, name, options_of(sp_losses, name, wrong[i].option, wrong[i].value), "model.loss");
    assert_fails(sp_loss_create(&selected, &data, &output, arena, &loss), SP_ERR_CONFIG, wrong[i].part);
  }
  sp_selected selected = select_variant(sp_losses, name, options_of(sp_losses, name, "weight", "w"), "model.loss");
  assert_ok(sp_loss_create(&selected, &data, &output, arena, &loss));
  assert_int_equal(loss.target, 1);
  assert_int_equal(loss.weight, 2);
  selected.options = options_of(sp_losses, name, "class_weights", "[1, 1, 1]");  // changes nothing
  assert_ok(sp_loss_create(&selected, &data, &output, arena, &loss));
  assert_null(loss.factor);
  sp_arena_free(arena);
}

static void weights_are_checked(void **state) {
  (void)state;
  const double good[] = {0, 1, 1e289}, bad[][3] = {{1, -0.5, 1}, {1, 1, NAN}, {INFINITY, 1, 1}};
  static const char *const part[] = {"weight -0.5, expected a finite number of at least 0: weight 0 leaves a row out",
                                     "weight nan, expected a finite", "weight inf, expected a finite"};
  int64_t row = -1;
  sp_delivered weights = {
      .column = "weight", .precision = SP_FLOAT64, .stored = SP_FLOAT64, .rows = 3, .size = 1, .values = good};
  assert_ok(sp_check_weights(&weights, &row));
  for (int i = 0; i < 3; i++) {
    weights.values = bad[i];
    assert_fails(sp_check_weights(&weights, &row), SP_ERR_DATA, part[i]);
    assert_int_equal(row, (i + 1) % 3);
  }
}

// --- known values -------------------------------------------------------------------------------------------------

static double value_of(const char *name, const char *option, const char *value, int64_t size, const double *x,
                       const double *t, double *gradient) {
  sp_arena *arena = sp_arena_create();
  sp_loss loss = loss_of(arena, name, option, value, size, false);
  sp_prediction p = {SP_FLOAT64, 1, size, x, t, false, NULL};
  double sum = sp_loss_sum(&loss, &p, gradient);
  sp_arena_free(arena);
  return sum;
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
  sp_arena *arena = sp_arena_create();
  sp_loss smooth = loss_of(arena, "softmax_cross_entropy", "label_smoothing", "0.1", 4, true);
  const double x[] = {0.5, -1.25, 2, 0.125, 3, 0, -0.5, 1.5}, t[] = {0.2, 0.5, 0.1, 0.2, 1, 0, 0.25, 0.5};
  const double slope_of_classes[] = {0.13266026385263707,   -0.8976027542248897, 0.6815842813349791,
                                     0.08335820903727331,   -0.1576077914878693, 0.013206208350159565,
                                     -0.001826763244259396, 0.146228346381969};
  const double slope_of_values[] = {-0.04733973614736295, -0.4476027542248896, 0.5915842813349791,
                                    -0.0966417909627267,  0.36038194925781913, 0.038995398986517285,
                                    -0.21118482843413447, -0.18819251981020194};
  const double slope_of_bits[] = {-0.10918022293271516, 0.057566712941769606, -0.023067640674039252};
  double g[8];
  sp_prediction p = {SP_FLOAT64, 2, 4, x, (const int32_t[]){1, 0}, true, NULL};
  assert_near(sp_loss_sum(&smooth, &p, g), 3.9026950441164887, 1e-14);
  for (int i = 0; i < 8; i++) assert_near(g[i], slope_of_classes[i], 1e-15);
  p = (sp_prediction){SP_FLOAT64, 2, 4, x, t, false, NULL};
  assert_near(sp_loss_sum(&smooth, &p, g), 4.688906190782106, 1e-14);
  for (int i = 0; i < 8; i++) assert_near(g[i], slope_of_values[i], 1e-15);
  assert_near(value_of("sigmoid_cross_entropy", "label_smoothing", "0.1", 3, x, (double[]){1, 0, 1}, g),
              0.3468113588561507, 1e-15);
  for (int i = 0; i < 3; i++) assert_near(g[i], slope_of_bits[i], 1e-15);
  sp_arena_free(arena);
}

// A loss of logits names the layer that it includes, and computes the same from logits as that layer.
static void probabilities_are_those_of_the_layer(void **state) {
  (void)state;
  enum { ROWS = 3, SIZE = 4, N = ROWS * SIZE };
  sp_compute *compute;
  assert_ok(sp_compute_create((sp_arithmetic){.precision = SP_FLOAT64}, &compute));
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
      cmocka_unit_test(every_loss_has_a_sample),
      cmocka_unit_test(every_loss_has_the_common_options),
      cmocka_unit_test(rows_count_with_their_weights),
      cmocka_unit_test(weights_of_one_change_no_bit),
      cmocka_unit_test(weights_of_classes_count_in_the_mean),
      cmocka_unit_test(balanced_factors),
      cmocka_unit_test(what_does_not_fit),
      cmocka_unit_test(weights_are_checked),
      cmocka_unit_test(gradients),
      cmocka_unit_test(precisions_agree),
      cmocka_unit_test(rows_in_order),
      cmocka_unit_test(values_by_hand),
      cmocka_unit_test(probabilities_are_those_of_the_layer),
      cmocka_unit_test(mae_at_its_corner),
      cmocka_unit_test(large_logits),
      cmocka_unit_test(not_a_number_stays),
      cmocka_unit_test(label_smoothing_as_pytorch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
