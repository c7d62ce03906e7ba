// SPDX-License-Identifier: Apache-2.0
// What every registered layer must fulfil, alone and in the company of others: gradients agree with central differences in
// float64, and float32 with float64; the same bits when repeated, whatever the other rows of the batch are and
// whether or not the gradient of the input is computed; inference that ignores the seed; nothing written outside, and
// nothing read before it is needed or after it is done. A layer is tested once it has a line in `samples`; a registered
// layer without one fails.
#include "compute/onednn.h"
#include "exchange/lanes.h"
#include "model.h"
#include "model/builder.h"
#include "model/chain.h"

typedef struct sample {
  const char *layers;
  sp_shape input;
  sp_shape output;
  int64_t integers;  // the input consists of integers below this; 0: of values in [-1, 1)
} sample;

static const sample samples[] = {
    {"[{dense: {units: 7}}]", {1, {5}}, {1, {7}}, 0},
    {"[{dense: {units: 1}}]", {1, {1}}, {1, {1}}, 0},
    {"[{dense: {units: 18, bias: false}}]", {1, {33}}, {1, {18}}, 0},
    {"[{dense: {units: 7}}, relu]", {1, {9}}, {1, {7}}, 0},
    {"[{dense: {units: 7}}, tanh]", {1, {9}}, {1, {7}}, 0},
    {"[{dense: {units: 18, bias: false}}, sigmoid]", {1, {9}}, {1, {18}}, 0},
    {"[{dense: {units: 7}}, softmax]", {1, {9}}, {1, {7}}, 0},
    {"[relu]", {1, {17}}, {1, {17}}, 0},
    {"[relu]", {3, {2, 3, 4}}, {3, {2, 3, 4}}, 0},
    {"[tanh]", {1, {17}}, {1, {17}}, 0},
    {"[tanh, relu]", {2, {3, 5}}, {2, {3, 5}}, 0},
    {"[sigmoid]", {2, {3, 5}}, {2, {3, 5}}, 0},
    {"[softmax]", {1, {10}}, {1, {10}}, 0},
    {"[softmax]", {2, {3, 4}}, {2, {3, 4}}, 0},
    {"[flatten]", {3, {2, 3, 4}}, {1, {24}}, 0},
    {"[flatten, tanh]", {2, {2, 3}}, {1, {6}}, 0},
    {"[dropout]", {1, {130}}, {1, {130}}, 0},
    {"[{dropout: 0.1}, {dense: {units: 3}}, {dropout: 0}]", {1, {9}}, {1, {3}}, 0},
    {"[{embedding: {vocabulary: 11, width: 3}}]", {1, {4}}, {2, {4, 3}}, 11},
    {"[{embedding: {vocabulary: 5, width: 4, padding: 2}}, flatten, {dense: {units: 2}}]", {2, {2, 3}}, {1, {2}}, 5},
    {"[{residual: [tanh]}]", {2, {3, 5}}, {2, {3, 5}}, 0},
    {"[{residual: [{dense: {units: 7}}, tanh, {dropout: 0.3}, {dense: {units: 6}}, sigmoid]}]", {1, {6}}, {1, {6}}, 0},
    {"[{dense: {units: 5}}, {residual: [{residual: [{dense: {units: 5}}]}, {dense: {units: 5}}]}, relu]",
     {1, {4}},
     {1, {5}},
     0},
    {"[{repeat: {times: 3, layers: [tanh, {dense: {units: 4}}]}}]", {1, {6}}, {1, {4}}, 0},
    {"[{repeat: {times: 2, layers: [{residual: [{repeat: {times: 2, layers: [{dense: {units: 4}}, tanh]}}]}]}}]",
     {1, {4}},
     {1, {4}},
     0},
    {"[{repeat: {times: 2, layers: [flatten]}}]", {2, {2, 3}}, {1, {6}}, 0},
    {"[layer_norm]", {2, {3, 19}}, {2, {3, 19}}, 0},
    {"[{layer_norm: {axes: all}}, relu]", {3, {2, 3, 4}}, {3, {2, 3, 4}}, 0},
    {"[{layer_norm: {scale: false}}]", {1, {7}}, {1, {7}}, 0},
    {"[{batch_norm: {epsilon: 0.01}}]", {2, {5, 3}}, {2, {5, 3}}, 0},
    {"[{batch_norm: {over: lane, shift: false}}, tanh]", {3, {2, 3, 17}}, {3, {2, 3, 17}}, 0},
    {"[{dense: {units: 6}}, {residual: [{batch_norm: {epsilon: 0.1}}, relu, {dense: {units: 6}}]}]",
     {1, {4}},
     {1, {6}},
     0},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

// --- a chain with everything around it ----------------------------------------------------------------------------

enum { MOST_ROWS = 7, MOST_LANES = 5, GUARD = 256 };

typedef struct bench {
  const sample *sample;
  sp_dtype precision;
  sp_arena *arena;
  sp_compute *compute;
  written_layers layers;
  sp_layer_chain chain;
  sp_layer_chain_stage *stage;
  sp_parameter_table table;
  sp_pass pass;
  sp_batch_lanes lanes;  // one with all rows
  int64_t row[MOST_ROWS];
  int64_t rows, inputs, outputs, parameters, workspace_bytes;
  void *x, *y, *dy, *dx, *theta, *gradient;
  void *slope;  // what dy starts from, as a pass overwrites dy
} bench;

/// Returns memory whose bytes are all 1s, which is NaN as a value, with a guard on both sides.
static void *guarded(size_t bytes) {
  char *memory = malloc(bytes + 2 * GUARD);
  memset(memory, 0xff, bytes + 2 * GUARD);
  return memory + GUARD;
}

static void guarded_free(void *memory) { free((char *)memory - GUARD); }

static void check_guard(const sample *s, const char *what, const void *memory, size_t bytes) {
  const unsigned char *before = (const unsigned char *)memory - GUARD, *after = (const unsigned char *)memory + bytes;
  for (int i = 0; i < GUARD; i++) {
    if (before[i] != 0xff || after[i] != 0xff) fail_msg("%s: writes outside of %s", s->layers, what);
  }
}

static size_t bytes_of(const bench *b, int64_t values) { return (size_t)values * sp_dtype_size(b->precision); }

static void *guarded_values(const bench *b, int64_t n, uint64_t seed) {
  void *values = random_values(b->precision, n, seed), *memory = guarded(bytes_of(b, n));
  memcpy(memory, values, bytes_of(b, n));
  free(values);
  return memory;
}

static void make_inputs(bench *b) {
  b->x = guarded_values(b, b->inputs, 1);
  for (int64_t i = 0; b->sample->integers > 0 && i < b->inputs; i++) {
    sp_value_set(b->precision, b->x, i, (double)(i * 7 % b->sample->integers));
  }
}

static void make_statistics_positive(bench *b) {  // a running variance is
  for (int64_t i = b->table.trained_blocks * SP_BLOCK; i < b->parameters; i++) {
    sp_value_set(b->precision, b->theta, i, fabs(sp_value_at(b->precision, b->theta, i)));
  }
}

static bench bench_with(const sample *s, int64_t rows, sp_arithmetic arithmetic) {
  bench b = {.sample = s, .precision = arithmetic.precision, .rows = rows, .arena = sp_arena_create()};
  sp_builder *builder = sp_builder_create(b.arena, b.precision);
  sp_parameter_list list;
  b.layers = layers_from(s->layers);
  assert_ok(sp_layer_chain_build(builder, &b.layers.list, &s->input, &b.chain));
  assert_ok(sp_builder_finish(builder, &b.table, &list));
  assert_ok(sp_compute_create(arithmetic, &b.compute));
  b.parameters = sp_parameter_values(&b.table);
  b.inputs = rows * sp_shape_size(&s->input);
  b.outputs = rows * sp_shape_size(&b.chain.output);
  make_inputs(&b);
  b.slope = guarded_values(&b, b.outputs, 3);
  b.theta = guarded_values(&b, b.parameters, 6);
  make_statistics_positive(&b);
  b.y = guarded(bytes_of(&b, b.outputs));
  b.dy = guarded(bytes_of(&b, b.outputs));
  b.dx = guarded(bytes_of(&b, b.inputs));
  b.gradient = guarded(bytes_of(&b, b.parameters));
  for (int i = 0; i < MOST_ROWS; i++) b.row[i] = 1000 + 37 * i;
  return b;
}

/// Prepare the chain and its passes, once the bench is where it stays.
static void bench_prepare(bench *b) {
  sp_plan plan = {.compute = b->compute, .arena = b->arena, .rows = b->rows, .lanes = MOST_LANES};
  assert_ok(sp_layer_chain_prepare(&plan, &b->chain, &b->stage));
  assert_int_equal(plan.bytes % 64, 0);
  b->workspace_bytes = plan.bytes;
  static const int64_t one = 1;
  b->lanes = (sp_batch_lanes){.count = 1, .end = &b->rows, .parts = 1, .part_end = &one};
  b->pass = (sp_pass){.compute = b->compute,
                      .rows = b->rows,
                      .training = true,
                      .row = b->row,
                      .seed = 5,
                      .step = 3,
                      .parameters = b->theta,
                      .gradient = b->gradient,
                      .lanes = &b->lanes,
                      .workspace = guarded((size_t)plan.bytes)};
}

static bench *bench_create(const sample *s, int64_t rows, sp_arithmetic arithmetic) {
  bench *b = calloc(1, sizeof *b);
  *b = bench_with(s, rows, arithmetic);
  bench_prepare(b);
  return b;
}

static void bench_free(bench *b) {
  guarded_free(b->x), guarded_free(b->y), guarded_free(b->slope), guarded_free(b->dy), guarded_free(b->dx);
  guarded_free(b->theta), guarded_free(b->gradient), guarded_free(b->pass.workspace);
  sp_compute_free(b->compute);
  sp_document_free(b->layers.document);
  sp_arena_free(b->arena);
  free(b);
}

static void backward(bench *b, void *dx) {
  memcpy(b->dy, b->slope, bytes_of(b, b->outputs));
  sp_layer_chain_backward(b->stage, &b->pass, b->x, b->y, b->dy, dx);
}

static void run(bench *b) {
  sp_layer_chain_forward(b->stage, &b->pass, b->x, b->y);
  backward(b, b->dx);
}

static void infer(bench *b) {
  b->pass.training = false;
  b->pass.gradient = NULL;
  sp_layer_chain_forward(b->stage, &b->pass, b->x, b->y);
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

static const int64_t row_counts[] = {1, 2, MOST_ROWS};
static const sp_arithmetic single = {.precision = SP_FLOAT32}, wide = {.precision = SP_FLOAT64};

#define FOR_EACH_CASE                                         \
  for (const sample *s = samples; s < samples + SAMPLES; s++) \
    for (int r = 0; r < (int)(sizeof row_counts / sizeof *row_counts); r++)

static const sp_arithmetic *const arithmetics[] = {&single, &wide};

#define FOR_EACH_CASE_AND_ARITHMETIC \
  FOR_EACH_CASE                      \
  for (int p = 0; p < 2; p++)

static void every_layer_has_a_sample(void **state) {
  (void)state;
  for (const sp_variant *const *layer = sp_layers; *layer; layer++) {
    bool found = false;
    for (int i = 0; i < SAMPLES; i++) {
      written_layers layers = layers_from(samples[i].layers);
      found |= layers.list.item[0].type == *layer;
      sp_document_free(layers.document);
    }
    if (!found) fail_msg("no sample in this test begins with the layer '%s'", (*layer)->name);
    assert_non_null((*layer)->help);
  }
}

static void shapes(void **state) {
  (void)state;
  for (int i = 0; i < SAMPLES; i++) {
    bench *b = bench_create(&samples[i], 3, single);
    assert_true(sp_shape_equal(&b->chain.output, &samples[i].output));
    bench_free(b);
  }
}

static void check_gradient(const sample *s, const char *what, const double *analytic, const double *numeric,
                           int64_t n) {
  double error = difference(SP_FLOAT64, analytic, SP_FLOAT64, numeric, n);
  if (!(error < 1e-6)) fail_msg("%s: %s is off by %g", s->layers, what, error);
}

// The output is constant between integers, whose gradient is 0.
static void gradients(void **state) {
  (void)state;
  FOR_EACH_CASE {
    bench *b = bench_create(s, row_counts[r], wide);
    double *numeric = calloc((size_t)(b->inputs + b->parameters), sizeof *numeric);
    run(b);
    if (s->integers == 0) central_differences(b, b->x, b->inputs, numeric);
    check_gradient(s, "x", b->dx, numeric, b->inputs);
    for (int64_t t = 0; t < b->table.tensors; t++) {
      const sp_tensor *tensor = &b->table.tensor[t];
      if (tensor->kind != SP_TENSOR_TRAINED) continue;
      central_differences(b, (double *)b->theta + tensor->offset, tensor->count, numeric);
      check_gradient(s, tensor->name, (double *)b->gradient + tensor->offset, numeric, tensor->count);
    }
    free(numeric);
    bench_free(b);
  }
}

static void check_close(const sample *s, const char *what, const void *a, sp_dtype precision, const void *b, int64_t n,
                        double tolerance) {
  double error = difference(SP_FLOAT32, a, precision, b, n);
  if (!(error < tolerance)) fail_msg("%s: %s differs by %g", s->layers, what, error);
}

/// Compare an arithmetic with float64.
static void compare_with_wide(sp_arithmetic arithmetic, double tolerance) {
  FOR_EACH_CASE {
    bench *a = bench_create(s, row_counts[r], arithmetic), *b = bench_create(s, row_counts[r], wide);
    run(a), run(b);
    check_close(s, "y", a->y, b->precision, b->y, a->outputs, tolerance);
    check_close(s, "dx", a->dx, b->precision, b->dx, a->inputs, tolerance);
    for (int64_t t = 0; t < a->table.tensors; t++) {
      const sp_tensor *tensor = &a->table.tensor[t];
      check_close(s, tensor->name, (float *)a->gradient + tensor->offset, b->precision,
                  (char *)b->gradient + bytes_of(b, tensor->offset), tensor->count, tolerance);
    }
    bench_free(a), bench_free(b);
  }
}

static void precisions_agree(void **state) {
  (void)state;
  compare_with_wide(single, 1e-5);
}

// In bfloat16 the last bit of an activation may turn one of a factor, which has 8 of them.
static void bfloat16_agrees(void **state) {
  (void)state;
  if (!sp_onednn_has_bfloat16()) skip();
  compare_with_wide((sp_arithmetic){.precision = SP_FLOAT32, .bfloat16 = true}, 2e-2);
}

static void check_same_gradients(const bench *a, const bench *b) {
  assert_memory_equal(a->y, b->y, bytes_of(a, a->outputs));
  assert_memory_equal(a->gradient, b->gradient, bytes_of(a, a->parameters));
}

// Also where a pass before has left other values in the gradient and in the workspace.
static void repeated_bits(void **state) {
  (void)state;
  FOR_EACH_CASE_AND_ARITHMETIC {
    bench *a = bench_create(s, row_counts[r], *arithmetics[p]), *b = bench_create(s, row_counts[r], *arithmetics[p]);
    run(a);
    b->pass.step++;
    run(b);
    for (int64_t i = 0; i < b->table.tensors; i++) {
      const sp_tensor *t = &b->table.tensor[i];
      memset((char *)b->gradient + bytes_of(b, t->offset), 0x3f, bytes_of(b, t->count));
    }
    b->pass.step--;
    run(b);
    check_same_gradients(a, b);
    assert_memory_equal(a->dx, b->dx, bytes_of(a, a->inputs));
    bench_free(a), bench_free(b);
  }
}

// The gradients of the parameters do not depend on whether anybody wants that of the input.
static void without_input_gradient(void **state) {
  (void)state;
  FOR_EACH_CASE_AND_ARITHMETIC {
    bench *a = bench_create(s, row_counts[r], *arithmetics[p]), *b = bench_create(s, row_counts[r], *arithmetics[p]);
    run(a);
    sp_layer_chain_forward(b->stage, &b->pass, b->x, b->y);
    backward(b, NULL);
    check_same_gradients(a, b);
    bench_free(a), bench_free(b);
  }
}

static bool has_statistics(const bench *b) { return b->table.trained_blocks < b->table.blocks; }

/// Compare row i of the batch with the same row alone.
static void check_row(const bench *together, bench *alone, int64_t i) {
  int64_t inputs = alone->inputs, outputs = alone->outputs;
  memcpy(alone->x, (char *)together->x + bytes_of(alone, i * inputs), bytes_of(alone, inputs));
  memcpy(alone->slope, (char *)together->slope + bytes_of(alone, i * outputs), bytes_of(alone, outputs));
  alone->row[0] = together->row[i];
  has_statistics(alone) ? infer(alone) : run(alone);
  assert_memory_equal(alone->y, (char *)together->y + bytes_of(alone, i * outputs), bytes_of(alone, outputs));
  if (has_statistics(alone)) return;
  assert_memory_equal(alone->dx, (char *)together->dx + bytes_of(alone, i * inputs), bytes_of(alone, inputs));
}

// In training, statistics make them depend on each other, intentionally.
static void rows_do_not_depend_on_others(void **state) {
  (void)state;
  for (const sample *s = samples; s < samples + SAMPLES; s++) {
    for (int p = 0; p < 2; p++) {
      bench *together = bench_create(s, MOST_ROWS, *arithmetics[p]), *alone = bench_create(s, 1, *arithmetics[p]);
      has_statistics(together) ? infer(together) : run(together);
      for (int64_t i = 0; i < MOST_ROWS; i++) check_row(together, alone, i);
      bench_free(together), bench_free(alone);
    }
  }
}

// --- lanes --------------------------------------------------------------------------------------------------------

static const int64_t lane_end[MOST_LANES] = {2, 2, 3, 6, MOST_ROWS};  // one has no rows

/// The gradients of a pass over these lanes, a vector for each part.
typedef struct vectors {
  bench *bench;
  sp_batch_lanes lanes;
  void *gradient;
} vectors;

static vectors run_lanes(const sample *s, sp_arithmetic arithmetic, int64_t parts, const int64_t *part_end) {
  vectors v = {.bench = bench_create(s, MOST_ROWS, arithmetic)};
  size_t bytes = bytes_of(v.bench, v.bench->parameters);
  v.lanes = (sp_batch_lanes){MOST_LANES, lane_end, parts, part_end, (int64_t)bytes};
  v.gradient = guarded((size_t)parts * bytes);
  v.bench->pass.lanes = &v.lanes;
  v.bench->pass.gradient = v.gradient;
  run(v.bench);
  check_guard(s, "the gradients", v.gradient, (size_t)parts * bytes);
  check_guard(s, "the workspace", v.bench->pass.workspace, (size_t)v.bench->workspace_bytes);
  return v;
}

static void vectors_free(vectors *v) {
  guarded_free(v->gradient);
  bench_free(v->bench);
}

static char *tensor_in(const vectors *v, int64_t part, const sp_tensor *tensor) {
  return (char *)v->gradient + part * v->lanes.stride + bytes_of(v->bench, tensor->offset);
}

typedef struct adding {
  const vectors *each;
  const sp_tensor *tensor;
} adding;

static void add_vectors(void *context, int64_t into, int64_t from) {
  const adding *a = context;
  sp_add(a->each->bench->precision, a->tensor->count, tensor_in(a->each, into, a->tensor),
         tensor_in(a->each, from, a->tensor));
}

/// Compare each lane with a pass over its rows alone.
static void check_lanes_alone(const vectors *each, sp_arithmetic arithmetic) {
  for (int64_t lane = 0; lane < MOST_LANES; lane++) {
    const int64_t begin = lane > 0 ? lane_end[lane - 1] : 0, rows = lane_end[lane] - begin;
    if (rows == 0) continue;
    bench *alone = bench_create(each->bench->sample, rows, arithmetic);
    const bench *all = each->bench;
    const size_t x = bytes_of(all, all->inputs / MOST_ROWS), y = bytes_of(all, all->outputs / MOST_ROWS);
    memcpy(alone->x, (char *)all->x + (size_t)begin * x, (size_t)rows * x);
    memcpy(alone->slope, (char *)all->slope + (size_t)begin * y, (size_t)rows * y);
    memcpy(alone->row, all->row + begin, (size_t)rows * sizeof *alone->row);
    run(alone);
    assert_memory_equal(alone->y, (char *)all->y + (size_t)begin * y, (size_t)rows * y);
    assert_memory_equal(alone->dx, (char *)all->dx + (size_t)begin * x, (size_t)rows * x);
    for (int64_t t = 0; t < all->table.tensors; t++) {
      const sp_tensor *tensor = &all->table.tensor[t];
      assert_memory_equal((char *)alone->gradient + bytes_of(all, tensor->offset), tensor_in(each, lane, tensor),
                          bytes_of(all, tensor->count));
    }
    bench_free(alone);
  }
}

// One pass over several lanes gives each lane what a pass over it alone does, and the sums of its parts are those along the
// lane tree. With the mean of the whole batch, lanes depend on each other, intentionally.
static void lanes_are_added_along_the_tree(void **state) {
  (void)state;
  static const int64_t every[] = {1, 2, 3, 4, 5}, all = MOST_LANES, subtrees[] = {4, 5};
  for (const sample *s = samples; s < samples + SAMPLES; s++) {
    for (int p = 0; p < 2; p++) {
      vectors each = run_lanes(s, *arithmetics[p], MOST_LANES, every), whole = run_lanes(s, *arithmetics[p], 1, &all),
              split = run_lanes(s, *arithmetics[p], 2, subtrees);
      bench *b = each.bench;
      if (!strstr(s->layers, "batch_norm: {epsilon")) check_lanes_alone(&each, *arithmetics[p]);
      for (int64_t t = 0; t < b->table.tensors; t++) {
        const sp_tensor *tensor = &b->table.tensor[t];
        const size_t bytes = bytes_of(b, tensor->count);
        assert_memory_equal(tensor_in(&split, 1, tensor), tensor_in(&each, 4, tensor), bytes);
        sp_lanes_sum_tree(4, NULL, 4, add_vectors, &(adding){&each, tensor});
        assert_memory_equal(tensor_in(&split, 0, tensor), tensor_in(&each, 0, tensor), bytes);
        sp_add(b->precision, tensor->count, tensor_in(&each, 0, tensor), tensor_in(&each, 4, tensor));
        assert_memory_equal(tensor_in(&whole, 0, tensor), tensor_in(&each, 0, tensor), bytes);
      }
      assert_memory_equal(b->y, whole.bench->y, bytes_of(b, b->outputs));
      assert_memory_equal(b->dx, whole.bench->dx, bytes_of(b, b->inputs));
      vectors_free(&each), vectors_free(&whole), vectors_free(&split);
    }
  }
}

static void inference_ignores_the_seed(void **state) {
  (void)state;
  FOR_EACH_CASE_AND_ARITHMETIC {
    bench *a = bench_create(s, row_counts[r], *arithmetics[p]), *b = bench_create(s, row_counts[r], *arithmetics[p]);
    b->pass.seed += 1;
    b->pass.step += 1;
    for (int i = 0; i < MOST_ROWS; i++) b->row[i] += 17;
    infer(a);
    infer(b);
    assert_true(sp_all_finite(a->precision, a->outputs, a->y));
    assert_memory_equal(a->y, b->y, bytes_of(a, a->outputs));
    bench_free(a), bench_free(b);
  }
}

static void check_gap(const bench *b, int64_t begin, int64_t end) {
  const unsigned char *byte = b->gradient;
  for (size_t i = bytes_of(b, begin); i < bytes_of(b, end); i++) {
    if (byte[i] != 0xff) fail_msg("%s: writes between the tensors of the gradient", b->sample->layers);
  }
}

static void check_nothing_outside(const bench *b) {
  const sample *s = b->sample;
  int64_t end = 0;
  check_guard(s, "x", b->x, bytes_of(b, b->inputs));
  check_guard(s, "y", b->y, bytes_of(b, b->outputs));
  check_guard(s, "dy", b->dy, bytes_of(b, b->outputs));
  check_guard(s, "dx", b->dx, bytes_of(b, b->inputs));
  check_guard(s, "the parameters", b->theta, bytes_of(b, b->parameters));
  check_guard(s, "the gradient", b->gradient, bytes_of(b, b->parameters));
  check_guard(s, "the workspace", b->pass.workspace, (size_t)b->workspace_bytes);
  for (int64_t t = 0; t < b->table.tensors; t++) {
    check_gap(b, end, b->table.tensor[t].offset);
    end = b->table.tensor[t].offset + b->table.tensor[t].count;
  }
  check_gap(b, end, b->parameters);
}

static void nothing_is_written_outside(void **state) {
  (void)state;
  FOR_EACH_CASE_AND_ARITHMETIC {
    bench *b = bench_create(s, row_counts[r], *arithmetics[p]), *kept = bench_create(s, row_counts[r], *arithmetics[p]);
    run(b);
    infer(b);
    check_nothing_outside(b);
    assert_memory_equal(b->x, kept->x, bytes_of(b, b->inputs));
    assert_memory_equal(b->theta, kept->theta, bytes_of(b, b->parameters));
    bench_free(b), bench_free(kept);
  }
}

// --- events -------------------------------------------------------------------------------------------------------

// Parameters arrive when the pass says that it needs them, and are destroyed when it says that it is done with them;
// gradients are taken at that moment.
typedef struct overlap {
  bench *bench;
  const void *theta;
  void *taken;
  int64_t needed, done;
} overlap;

static void need(void *context, int64_t end) {
  overlap *o = context;
  if (end <= o->needed) return;
  size_t begin = bytes_of(o->bench, o->needed);
  memcpy((char *)o->bench->theta + begin, (const char *)o->theta + begin, bytes_of(o->bench, end) - begin);
  o->needed = end;
}

static void done(void *context, int64_t begin) {
  overlap *o = context;
  assert_true(begin <= o->done);
  size_t at = bytes_of(o->bench, begin), bytes = bytes_of(o->bench, o->done) - at;
  memcpy((char *)o->taken + at, (char *)o->bench->gradient + at, bytes);
  memset((char *)o->bench->theta + at, 0xff, bytes);
  o->done = begin;
}

static void events(void **state) {
  (void)state;
  FOR_EACH_CASE_AND_ARITHMETIC {
    bench *a = bench_create(s, row_counts[r], *arithmetics[p]), *b = bench_create(s, row_counts[r], *arithmetics[p]);
    overlap o = {b, a->theta, guarded(bytes_of(b, b->parameters)), 0, b->parameters};
    b->pass.events = &(sp_pass_events){need, done, &o};
    memset(b->theta, 0xff, bytes_of(b, b->parameters));
    run(a);
    run(b);
    done(&o, 0);
    check_same_gradients(a, b);
    assert_memory_equal(a->gradient, o.taken, bytes_of(a, a->parameters));
    guarded_free(o.taken);
    bench_free(a), bench_free(b);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_layer_has_a_sample),
      cmocka_unit_test(shapes),
      cmocka_unit_test(gradients),
      cmocka_unit_test(precisions_agree),
      cmocka_unit_test(bfloat16_agrees),
      cmocka_unit_test(repeated_bits),
      cmocka_unit_test(without_input_gradient),
      cmocka_unit_test(rows_do_not_depend_on_others),
      cmocka_unit_test(lanes_are_added_along_the_tree),
      cmocka_unit_test(inference_ignores_the_seed),
      cmocka_unit_test(nothing_is_written_outside),
      cmocka_unit_test(events),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
