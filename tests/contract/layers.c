// SPDX-License-Identifier: Apache-2.0
// Every registered layer: gradients against central differences in float64, oneDNN against the reference, the same
// bits when repeated. A registered layer without a sample here fails.
#include "compute/onednn.h"
#include "model.h"
#include "model/builder.h"
#include "model/chain.h"

// A chain of one or two layers: a layer alone, and behind one that applies it where it can.
typedef struct sample {
  const char *first, *second;
  const void *options;
  sp_shape input;
  sp_shape output;
} sample;

static sp_dense_options seven, one, no_bias;

static const sample samples[] = {
    {"dense", NULL, &seven, {1, {5}}, {1, {7}}},          {"dense", NULL, &one, {1, {1}}, {1, {1}}},
    {"dense", NULL, &no_bias, {1, {33}}, {1, {18}}},      {"dense", "relu", &seven, {1, {9}}, {1, {7}}},
    {"dense", "tanh", &seven, {1, {9}}, {1, {7}}},        {"dense", "sigmoid", &no_bias, {1, {9}}, {1, {18}}},
    {"dense", "softmax", &seven, {1, {9}}, {1, {7}}},     {"relu", NULL, NULL, {1, {17}}, {1, {17}}},
    {"relu", NULL, NULL, {3, {2, 3, 4}}, {3, {2, 3, 4}}}, {"tanh", NULL, NULL, {1, {17}}, {1, {17}}},
    {"tanh", "relu", NULL, {2, {3, 5}}, {2, {3, 5}}},     {"sigmoid", NULL, NULL, {2, {3, 5}}, {2, {3, 5}}},
    {"softmax", NULL, NULL, {1, {10}}, {1, {10}}},        {"softmax", NULL, NULL, {2, {3, 4}}, {2, {3, 4}}},
    {"flatten", NULL, NULL, {3, {2, 3, 4}}, {1, {24}}},   {"flatten", "tanh", NULL, {2, {2, 3}}, {1, {6}}},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static int set_up(void **state) {
  (void)state;
  seven = dense_options(7);
  one = dense_options(1);
  no_bias = dense_options(18);
  no_bias.bias = false;
  return 0;
}

// --- a chain with everything around it ----------------------------------------------------------------------------

typedef struct bench {
  sp_dtype precision;
  sp_arena *arena;
  sp_compute *compute;
  sp_layer_chain *chain;
  sp_layer_chain_stage *stage;
  sp_parameter_table table;
  sp_pass pass;
  int64_t rows, inputs, outputs, parameters;
  void *x, *y, *dy, *dx, *theta;
  void *slope;  // what dy starts from, as a pass overwrites dy
} bench;

static bench bench_with(const sample *s, int64_t rows, sp_arithmetic arithmetic) {
  sp_dtype precision = arithmetic.precision;
  bench b = {.precision = precision, .rows = rows, .arena = sp_arena_create()};
  sp_selected *item = sp_arena_allocate(b.arena, 2 * sizeof *item);
  item[0] = select_variant(sp_layers, s->first, s->options, "model.layers[0]");
  if (s->second) item[1] = select_variant(sp_layers, s->second, NULL, "model.layers[1]");
  sp_builder *builder = sp_builder_create(b.arena);
  b.chain = sp_arena_allocate(b.arena, sizeof *b.chain);
  assert_ok(sp_layer_chain_build(builder, &(sp_selected_list){item, s->second ? 2 : 1}, &s->input, b.chain));
  sp_parameter_list list;
  assert_ok(sp_builder_finish(builder, &b.table, &list));
  assert_ok(sp_compute_create(arithmetic, &b.compute));
  sp_plan plan = {.compute = b.compute, .arena = b.arena, .rows = rows};
  assert_ok(sp_layer_chain_prepare(&plan, b.chain, &b.stage));
  b.parameters = sp_parameter_values(&b.table);
  b.inputs = rows * sp_shape_size(&s->input);
  b.outputs = rows * sp_shape_size(&b.chain->output);
  b.x = random_values(precision, b.inputs, 1);
  b.y = random_values(precision, b.outputs, 2);
  b.slope = random_values(precision, b.outputs, 3);
  b.dy = random_values(precision, b.outputs, 4);
  b.dx = random_values(precision, b.inputs, 5);
  b.theta = random_values(precision, b.parameters, 6);
  b.pass = (sp_pass){.compute = b.compute,
                     .rows = rows,
                     .training = true,
                     .parameters = b.theta,
                     .gradient = random_values(precision, b.parameters, 7)};
  assert_ok(sp_allocate(plan.bytes, 1, "workspace", &b.pass.workspace));
  return b;
}

static bench bench_create(const sample *s, int64_t rows, sp_dtype precision, bool reference) {
  return bench_with(s, rows, (sp_arithmetic){.precision = precision, .reference = reference});
}

static void bench_free(bench *b) {
  free(b->x), free(b->y), free(b->slope), free(b->dy), free(b->dx);
  free(b->theta), free(b->pass.gradient), free(b->pass.workspace);
  sp_compute_free(b->compute);
  sp_arena_free(b->arena);
}

static void run(bench *b) {
  sp_layer_chain_forward(b->stage, &b->pass, b->x, b->y);
  memcpy(b->dy, b->slope, (size_t)b->outputs * sp_dtype_size(b->precision));
  sp_layer_chain_backward(b->stage, &b->pass, b->x, b->y, b->dy, b->dx);
}

static double objective(bench *b) {  // whose gradient with respect to y is the slope
  double sum = 0;
  sp_layer_chain_forward(b->stage, &b->pass, b->x, b->y);
  for (int64_t i = 0; i < b->outputs; i++) sum += ((double *)b->y)[i] * ((double *)b->slope)[i];
  return sum;
}

static void central_differences(bench *b, double *values, int64_t n, double *out) {
  const double h = 1e-5;
  for (int64_t i = 0; i < n; i++) {
    double value = values[i];
    values[i] = value + h;
    double above = objective(b);
    values[i] = value - h;
    out[i] = (above - objective(b)) / (2 * h);
    values[i] = value;
  }
}

// --- demands ------------------------------------------------------------------------------------------------------

static const int64_t row_counts[] = {1, 2, 7};
enum { ROW_COUNTS = 3 };

#define FOR_EACH_CASE                                         \
  for (const sample *s = samples; s < samples + SAMPLES; s++) \
    for (int r = 0; r < ROW_COUNTS; r++)

static void every_layer_has_a_sample(void **state) {
  (void)state;
  for (const sp_variant *const *layer = sp_layers; *layer; layer++) {
    bool found = false;
    for (int i = 0; i < SAMPLES; i++) found |= strcmp(samples[i].first, (*layer)->name) == 0;
    if (!found) fail_msg("layer '%s' has no sample in this test", (*layer)->name);
    assert_non_null((*layer)->help);
  }
}

static void shapes(void **state) {
  (void)state;
  for (int i = 0; i < SAMPLES; i++) {
    bench b = bench_create(&samples[i], 3, SP_FLOAT32, false);
    assert_true(sp_shape_equal(&b.chain->output, &samples[i].output));
    bench_free(&b);
  }
}

static void check_gradient(const sample *s, const char *what, const double *analytic, const double *numeric,
                           int64_t n) {
  double error = difference(SP_FLOAT64, analytic, SP_FLOAT64, numeric, n);
  if (!(error < 1e-6)) fail_msg("%s %s: %s is off by %g", s->first, s->second ? s->second : "", what, error);
}

static void gradients(void **state) {
  (void)state;
  FOR_EACH_CASE {
    bench b = bench_create(s, row_counts[r], SP_FLOAT64, true);
    double *numeric = random_values(SP_FLOAT64, b.inputs + b.parameters, 8);
    run(&b);
    central_differences(&b, b.x, b.inputs, numeric);
    check_gradient(s, "x", b.dx, numeric, b.inputs);
    for (int64_t t = 0; t < b.table.tensors; t++) {
      const sp_tensor *tensor = &b.table.tensor[t];
      central_differences(&b, (double *)b.theta + tensor->offset, tensor->count, numeric);
      check_gradient(s, tensor->name, (double *)b.pass.gradient + tensor->offset, numeric, tensor->count);
    }
    free(numeric);
    bench_free(&b);
  }
}

static void check_close(const sample *s, const char *what, const void *a, sp_dtype precision, const void *b, int64_t n,
                        double tolerance) {
  double error = difference(SP_FLOAT32, a, precision, b, n);
  if (!(error < tolerance)) fail_msg("%s %s: %s differs by %g", s->first, s->second ? s->second : "", what, error);
}

static void check_engines(const sample *s, bench *fast, bench *plain, double tolerance) {
  sp_dtype precision = plain->precision;
  run(fast);
  run(plain);
  check_close(s, "y", fast->y, precision, plain->y, fast->outputs, tolerance);
  check_close(s, "dx", fast->dx, precision, plain->dx, fast->inputs, tolerance);
  for (int64_t t = 0; t < fast->table.tensors; t++) {
    const sp_tensor *tensor = &fast->table.tensor[t];
    check_close(s, tensor->name, (float *)fast->pass.gradient + tensor->offset, precision,
                (char *)plain->pass.gradient + (size_t)tensor->offset * sp_dtype_size(precision), tensor->count,
                tolerance);
  }
}

static void engines_agree(void **state) {
  (void)state;
  FOR_EACH_CASE {
    bench fast = bench_create(s, row_counts[r], SP_FLOAT32, false);
    bench plain = bench_create(s, row_counts[r], SP_FLOAT32, true);
    bench wide = bench_create(s, row_counts[r], SP_FLOAT64, true);
    check_engines(s, &fast, &plain, 1e-5);
    check_engines(s, &fast, &wide, 1e-5);
    bench_free(&fast), bench_free(&plain), bench_free(&wide);
  }
}

// In bfloat16 the last bit of an activation may turn one of a factor, which has 8 of them.
static void engines_agree_in_bfloat16(void **state) {
  (void)state;
  if (!sp_onednn_has_bfloat16()) skip();
  FOR_EACH_CASE {
    bench fast = bench_with(s, row_counts[r], (sp_arithmetic){.precision = SP_FLOAT32, .bfloat16 = true});
    bench plain = bench_with(s, row_counts[r], (sp_arithmetic){SP_FLOAT32, true, true});
    bench wide = bench_create(s, row_counts[r], SP_FLOAT64, true);
    check_engines(s, &fast, &plain, 2e-3);
    check_engines(s, &fast, &wide, 2e-2);
    bench_free(&fast), bench_free(&plain), bench_free(&wide);
  }
}

static void check_same_bits(const bench *a, const bench *b) {
  assert_memory_equal(a->y, b->y, (size_t)a->outputs * sizeof(float));
  assert_memory_equal(a->pass.gradient, b->pass.gradient, (size_t)a->parameters * sizeof(float));
}

static void repeated_bits(void **state) {
  (void)state;
  FOR_EACH_CASE {
    bench a = bench_create(s, row_counts[r], SP_FLOAT32, false), b = bench_create(s, row_counts[r], SP_FLOAT32, false);
    run(&a);
    run(&b);
    run(&b);
    check_same_bits(&a, &b);
    assert_memory_equal(a.dx, b.dx, (size_t)a.inputs * sizeof(float));
    bench_free(&a), bench_free(&b);
  }
}

// The gradients of the parameters do not depend on whether anybody wants that of the input.
static void without_input_gradient(void **state) {
  (void)state;
  FOR_EACH_CASE {
    bench a = bench_create(s, row_counts[r], SP_FLOAT32, false), b = bench_create(s, row_counts[r], SP_FLOAT32, false);
    run(&a);
    sp_layer_chain_forward(b.stage, &b.pass, b.x, b.y);
    sp_layer_chain_backward(b.stage, &b.pass, b.x, b.y, b.slope, NULL);
    check_same_bits(&a, &b);
    bench_free(&a), bench_free(&b);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_layer_has_a_sample),
      cmocka_unit_test(shapes),
      cmocka_unit_test(gradients),
      cmocka_unit_test(engines_agree),
      cmocka_unit_test(engines_agree_in_bfloat16),
      cmocka_unit_test(repeated_bits),
      cmocka_unit_test(without_input_gradient),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
