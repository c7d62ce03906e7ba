// SPDX-License-Identifier: Apache-2.0
// Convolutions of every instruction set that the processor has return the bits of the reference, for random shapes and lanes
// and for values that include NaN, infinities, denormal numbers and negative zeros. The reference is compared with sums in
// float64 that are written down differently.
#include "compute/convolution.h"

#include <float.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compute/convolution_reference.h"
#include "compute/cpu.h"
#include "model.h"

// --- shapes and values --------------------------------------------------------------------------------------------

typedef struct draws {
  sp_random_key key;
  uint64_t next;
} draws;

static int64_t draw(draws *d, int64_t low, int64_t high) {
  return low + (int64_t)(sp_random_uniform(d->key, d->next++) * (double)(high - low + 1));
}

enum { MOST_LANES = 6 };

typedef struct example {
  sp_convolution_shape shape;
  sp_dtype precision;
  int64_t lanes, rows, begin, end[MOST_LANES];
  int values;  // 0: uniform; 1: a few that are special; 2: zeros, denormal numbers and tiny ones
} example;

static int64_t draw_channels(draws *d) {
  static const int64_t some[] = {1, 2, 3, 8, 9, 16, 17, 40};
  return some[draw(d, 0, 7)];
}

static void draw_axis(draws *d, sp_convolution_shape *s, int i) {
  s->kernel[i] = draw(d, 1, draw(d, 0, 9) == 0 ? 20 : 4);
  s->stride[i] = draw(d, 0, 1) ? 1 : draw(d, 1, 4);
  s->dilation[i] = draw(d, 0, 1) ? 1 : draw(d, 1, 4);
  s->before[i] = draw(d, 0, 2) ? draw(d, 0, s->kernel[i] * s->dilation[i]) : 0;
  const int64_t after = draw(d, 0, 2) ? draw(d, 0, 3) : 0, span = (s->kernel[i] - 1) * s->dilation[i] + 1;
  s->in[i] = draw(d, 1, 9);
  while (s->in[i] + s->before[i] + after < span) s->in[i]++;
  s->out[i] = (s->in[i] + s->before[i] + after - span) / s->stride[i] + 1;
}

static int64_t products_of(const example *e) {
  const sp_convolution_shape *s = &e->shape;
  return e->rows * sp_positions(s->out) * sp_positions(s->kernel) * s->channels / s->groups * s->filters;
}

static example draw_any(draws *from) {
  draws d = *from;
  example e = {.precision = draw(&d, 0, 2) ? SP_FLOAT32 : SP_FLOAT64, .values = (int)draw(&d, 0, 2)};
  sp_convolution_shape *s = &e.shape;
  const int64_t axes = draw(&d, 1, 3);
  for (int i = 0; i < SP_CONVOLUTION_AXES; i++) {
    if (i < axes) {
      draw_axis(&d, s, i);
    } else {
      s->kernel[i] = s->stride[i] = s->dilation[i] = s->in[i] = s->out[i] = 1;
    }
  }
  s->groups = draw(&d, 0, 2) ? 1 : draw(&d, 0, 1) ? draw(&d, 1, 4) : draw_channels(&d);
  s->channels = s->groups * (draw(&d, 0, 2) ? draw_channels(&d) : 1);
  s->filters = s->groups * (draw(&d, 0, 2) ? draw_channels(&d) : 1);
  if (draw(&d, 0, 3) == 0) s->channels = s->filters = s->groups;
  s->bias = draw(&d, 0, 1);
  e.lanes = draw(&d, 1, MOST_LANES);
  e.rows = e.begin = draw(&d, 0, 1);
  for (int64_t i = 0; i < e.lanes; i++) e.end[i] = e.rows += draw(&d, 0, 3);
  *from = d;
  return e;
}

/// Small enough for a reference that is slow.
static example draw_example(uint64_t number) {
  draws d = {sp_random_key_make(number, SP_RANDOM_DATA, 1), 0};
  example e = draw_any(&d);
  while (products_of(&e) > 200000) e = draw_any(&d);
  return e;
}

static double special(draws *d, int kind) {
  static const double some[] = {NAN, INFINITY, -INFINITY, 0, -0.0, 1e-42, -1e-310, FLT_MIN, -FLT_MAX, 1, -1};
  static const double small[] = {0, -0.0, 1e-42, -1e-42, 1e-310, -1e-310, 1e-25, -1e-25, 1e-160, -1e-160, 1};
  return kind == 1 ? some[draw(d, 0, 10)] : small[draw(d, 0, 10)];
}

static void *values_of(const example *e, int64_t n, uint64_t seed) {
  void *values = random_values(e->precision, n, seed);
  draws d = {sp_random_key_make(seed, SP_RANDOM_DATA, 2), 0};
  if (e->values == 0) return values;
  const int64_t apart = e->values == 1 ? 1 + n / 3 : 2;
  for (int64_t i = draw(&d, 0, apart); i < n; i += draw(&d, 1, apart)) {
    sp_value_set(e->precision, values, i, special(&d, e->values));
  }
  return values;
}

// --- equal bits ---------------------------------------------------------------------------------------------------

typedef struct results {
  void *y, *dx, *dw, *db;
} results;

typedef struct operands {
  int64_t inputs, outputs, weights;
  void *x, *dy, *w, *bias;
} operands;

static operands operands_of(const example *e) {
  const sp_convolution_shape *s = &e->shape;
  operands o = {.inputs = e->rows * sp_positions(s->in) * s->channels,
                .outputs = e->rows * sp_positions(s->out) * s->filters,
                .weights = sp_positions(s->kernel) * s->channels / s->groups * s->filters};
  o.x = values_of(e, o.inputs, 1), o.dy = values_of(e, o.outputs, 2), o.w = values_of(e, o.weights, 3);
  o.bias = values_of(e, s->filters, 4);
  return o;
}

static results results_for(const example *e, const operands *o) {
  const size_t size = sp_dtype_size(e->precision);
  return (results){malloc((size_t)o->outputs * size + 1), malloc((size_t)o->inputs * size + 1),
                   malloc((size_t)o->weights * size + 1), malloc((size_t)e->shape.filters * size)};
}

static results by_definition(const example *e, const operands *o) {
  const sp_convolution_shape *s = &e->shape;
  const sp_lane_rows lanes = {e->lanes, e->begin, e->end};
  results r = results_for(e, o);
  sp_reference_convolution(e->precision, s, e->rows, o->x, o->w, s->bias ? o->bias : NULL, r.y);
  sp_activate(e->precision, s->activation, o->outputs, r.y);
  sp_reference_convolution_input(e->precision, s, e->rows, o->dy, o->w, r.dx);
  sp_reference_convolution_weights(e->precision, s, &lanes, o->x, o->dy, r.dw, s->bias ? r.db : NULL);
  return r;
}

static results by_kernels(const example *e, const operands *o) {
  const sp_lane_rows lanes = {e->lanes, e->begin, e->end};
  sp_compute *compute;
  const sp_convolution *c;
  results r = results_for(e, o);
  assert_ok(sp_compute_create((sp_arithmetic){.precision = e->precision}, &compute));
  assert_ok(sp_compute_convolution(compute, &e->shape, &c));
  for (int again = 0; again < 2; again++) {  // memory that was used before changes nothing
    sp_convolution_run(c, e->rows, o->x, o->w, e->shape.bias ? o->bias : NULL, r.y);
    sp_convolution_run_input(c, e->rows, o->dy, o->w, r.dx);
    sp_convolution_run_weights(c, &lanes, o->x, o->dy, r.dw, e->shape.bias ? r.db : NULL);
  }
  sp_compute_free(compute);
  return r;
}

static void free_results(results *r) { free(r->y), free(r->dx), free(r->dw), free(r->db); }

/// Returns the first place at which the bits differ, other than those of a NaN; -1: none.
static int64_t first_difference(sp_dtype precision, const void *a, const void *b, int64_t n) {
  const size_t size = sp_dtype_size(precision);
  for (int64_t i = 0; i < n; i++) {
    const double left = sp_value_at(precision, a, i), right = sp_value_at(precision, b, i);
    if (isnan(left) && isnan(right)) continue;
    if (memcmp((const char *)a + (size_t)i * size, (const char *)b + (size_t)i * size, size) != 0) return i;
  }
  return -1;
}

static bool equal(uint64_t number, const example *e, const char *what, const void *a, const void *b, int64_t n) {
  const sp_convolution_shape *s = &e->shape;
  const int64_t at = first_difference(e->precision, a, b, n);
  if (at < 0) return true;
  fprintf(stderr, "%s, example %d: %s[%d] is %g, not %g; %s, %d channels, %d filters, %d groups, %d rows, %d lanes\n",
          sp_cpu_name(sp_cpu()), (int)number, what, (int)at, sp_value_at(e->precision, a, at),
          sp_value_at(e->precision, b, at), sp_dtype_name(e->precision), (int)s->channels, (int)s->filters,
          (int)s->groups, (int)e->rows, (int)e->lanes);
  for (int i = 0; i < SP_CONVOLUTION_AXES; i++) {
    fprintf(stderr, "  axis %d: %d -> %d, kernel %d, stride %d, dilation %d, before %d\n", i, (int)s->in[i],
            (int)s->out[i], (int)s->kernel[i], (int)s->stride[i], (int)s->dilation[i], (int)s->before[i]);
  }
  return false;
}

static bool check_example(uint64_t number, const example *e) {
  operands o = operands_of(e);
  results fast = by_kernels(e, &o), reference = by_definition(e, &o);
  bool same = equal(number, e, "y", fast.y, reference.y, o.outputs) &&
              equal(number, e, "dx", fast.dx, reference.dx, o.inputs) &&
              equal(number, e, "dw", fast.dw, reference.dw, o.weights) &&
              (!e->shape.bias || equal(number, e, "db", fast.db, reference.db, e->shape.filters));
  free_results(&fast), free_results(&reference);
  free(o.x), free(o.dy), free(o.w), free(o.bias);
  return same;
}

/// Returns the number of examples that fail with an instruction set. A process chooses once, so they run in a child.
static int failures_of(sp_cpu_index cpu, int (*run)(void)) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    setenv("SHARDPROP_CPU", sp_cpu_name(cpu), 1);
    if (sp_cpu() != cpu) _exit(255);
    _exit(run());
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static int random_examples(void) {
  enum { EXAMPLES = 200 };
  int failures = 0;
  for (uint64_t i = 0; i < EXAMPLES && failures < 5; i++) {
    const example e = draw_example(i);
    failures += !check_example(i, &e);
  }
  return failures;
}

// Shapes that are cut into several chunks, parts and blocks.
static int large_examples(void) {
  static const sp_convolution_shape shapes[] = {
      {3, 17, 1, {61, 63, 1}, {61, 63, 1}, {3, 3, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 0}, true, SP_IDENTITY},
      {130, 20, 1, {5, 4, 1}, {5, 4, 1}, {3, 3, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 0}, true, SP_RELU},
      {24, 24, 24, {60, 50, 1}, {30, 25, 1}, {3, 3, 1}, {2, 2, 1}, {1, 1, 1}, {1, 1, 0}, true, SP_IDENTITY},
      {2, 3, 1, {12, 13, 14}, {12, 13, 14}, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, false, SP_IDENTITY},
      {6, 9, 3, {4000, 1, 1}, {4000, 1, 1}, {5, 1, 1}, {1, 1, 1}, {8, 1, 1}, {32, 0, 0}, true, SP_IDENTITY},
      {300, 33, 1, {5, 4, 1}, {5, 4, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, true, SP_IDENTITY},
      {4, 70, 1, {9, 9, 1}, {9, 9, 1}, {3, 3, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 0}, true, SP_IDENTITY},
  };
  int failures = 0;
  for (uint64_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    for (int precision = SP_FLOAT32; precision <= SP_FLOAT64; precision++) {
      const example e = {.shape = shapes[i], .precision = (sp_dtype)precision, .lanes = 3, .rows = 3, .end = {2, 2, 3}};
      failures += !check_example(i, &e);
    }
  }
  return failures;
}

static void equal_the_reference(void **state) {
  (void)state;
  for (int cpu = 0; cpu < SP_CPUS; cpu++) {
    if (!sp_cpu_runs((sp_cpu_index)cpu)) continue;
    assert_int_equal(failures_of((sp_cpu_index)cpu, random_examples), 0);
    assert_int_equal(failures_of((sp_cpu_index)cpu, large_examples), 0);
  }
}

// --- the reference ------------------------------------------------------------------------------------------------

/// Add each product to all that it is part of.
static void scatter(const example *e, const operands *o, double *y, double *dx, double *dw) {
  const sp_convolution_shape *s = &e->shape;
  const int64_t depth = s->channels / s->groups, width = s->filters / s->groups;
  for (int64_t i = 0; i < e->rows * sp_positions(s->out) * sp_positions(s->kernel); i++) {
    const int64_t tap = i % sp_positions(s->kernel), place = i / sp_positions(s->kernel);
    const int64_t p = place % sp_positions(s->out), row = place / sp_positions(s->out);
    const int64_t a = p / s->out[2] / s->out[1] * s->stride[0] + tap / s->kernel[2] / s->kernel[1] * s->dilation[0];
    const int64_t b = p / s->out[2] % s->out[1] * s->stride[1] + tap / s->kernel[2] % s->kernel[1] * s->dilation[1];
    const int64_t c = p % s->out[2] * s->stride[2] + tap % s->kernel[2] * s->dilation[2];
    const int64_t at[] = {a - s->before[0], b - s->before[1], c - s->before[2]};
    if (at[0] < 0 || at[1] < 0 || at[2] < 0 || at[0] >= s->in[0] || at[1] >= s->in[1] || at[2] >= s->in[2]) continue;
    const int64_t from = ((row * s->in[0] + at[0]) * s->in[1] + at[1]) * s->in[2] + at[2];
    for (int64_t j = 0; j < depth * s->filters; j++) {
      const int64_t f = j % s->filters, channel = f / width * depth + j / s->filters;
      const int64_t x = from * s->channels + channel, w = tap * depth * s->filters + j, out = place * s->filters + f;
      y[out] += ((double *)o->x)[x] * ((double *)o->w)[w];
      dx[x] += ((double *)o->dy)[out] * ((double *)o->w)[w];
      dw[w] += row < e->begin ? 0 : ((double *)o->x)[x] * ((double *)o->dy)[out];
    }
  }
}

static void reference_is_the_sum(void **state) {
  (void)state;
  for (uint64_t i = 0; i < 100; i++) {
    example e = draw_example(i);
    e.precision = SP_FLOAT64;
    e.values = 0;
    e.shape.bias = false;
    operands o = operands_of(&e);
    results r = by_definition(&e, &o);
    double *y = calloc((size_t)o.outputs + 1, sizeof *y), *dx = calloc((size_t)o.inputs + 1, sizeof *dx);
    double *dw = calloc((size_t)o.weights, sizeof *dw);
    scatter(&e, &o, y, dx, dw);
    assert_true(difference(SP_FLOAT64, r.y, SP_FLOAT64, y, o.outputs) < 1e-13);
    assert_true(difference(SP_FLOAT64, r.dx, SP_FLOAT64, dx, o.inputs) < 1e-13);
    assert_true(difference(SP_FLOAT64, r.dw, SP_FLOAT64, dw, o.weights) < 1e-13);
    free(y), free(dx), free(dw);
    free_results(&r);
    free(o.x), free(o.dy), free(o.w), free(o.bias);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_the_reference),
      cmocka_unit_test(reference_is_the_sum),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
