// SPDX-License-Identifier: Apache-2.0
// Dropout: masks against their definition, how often a unit is dropped, which units of which rows, and a backward pass
// through the same ones.
#include "compute/mask.h"
#include "model.h"
#include "model/builder.h"
#include "model/chain.h"

// --- masks --------------------------------------------------------------------------------------------------------

static uint8_t defined(sp_random_key key, int64_t row, int64_t unit, uint32_t threshold) {
  uint32_t bits[4];
  sp_random_bits(key, (uint64_t)(unit / 64 * 16 + unit % 16), (uint64_t)row, bits);
  return bits[unit % 64 / 16] >= threshold;
}

static void masks_are_as_defined(void **state) {
  (void)state;
  enum { MOST = 300 };
  static const int64_t sizes[] = {0, 1, 15, 16, 63, 64, 65, 128, MOST}, rows[] = {0, 5, INT64_C(1) << 40};
  static const uint32_t thresholds[] = {0, 1u << 31, 0xe6666666, UINT32_MAX};
  sp_random_key key = sp_random_key_make(9, SP_RANDOM_LAYER, 77);
  for (int s = 0; s < 9; s++) {
    for (int r = 0; r < 3; r++) {
      for (int t = 0; t < 4; t++) {
        uint8_t keep[MOST + 1];
        memset(keep, 7, sizeof keep);
        sp_mask_draw(key, rows[r], sizes[s], thresholds[t], keep);
        for (int64_t u = 0; u < sizes[s]; u++) assert_int_equal(keep[u], defined(key, rows[r], u, thresholds[t]));
        assert_int_equal(keep[sizes[s]], 7);
      }
    }
  }
}

static void values_that_are_not_finite_remain(void **state) {
  (void)state;
  const uint8_t keep[] = {0, 1, 0, 1};
  const double x[] = {NAN, 3, INFINITY, -2};
  double y[4];
  sp_mask_apply(SP_FLOAT64, 4, 2.5, keep, x, y);
  assert_true(isnan(y[0]) && y[1] == 7.5 && isnan(y[2]) && y[3] == -5);
}

// --- the layer ----------------------------------------------------------------------------------------------------

enum { ROWS = 200, UNITS = 500, VALUES = ROWS * UNITS };

typedef struct fixture {
  sp_arena *arena;
  sp_compute *compute;
  written_layers layers;
  sp_layer_chain chain;
  sp_layer_chain_stage *stage;
  sp_pass pass;
  int64_t row[ROWS];
  float *x, *y, *dy, *dx;
} fixture;

static void set_up(fixture *f, const char *layers) {
  sp_parameter_table table;
  sp_parameter_list list;
  *f = (fixture){.arena = sp_arena_create(), .layers = layers_from(layers)};
  sp_builder *builder = sp_builder_create(f->arena, SP_FLOAT32);
  assert_ok(sp_layer_chain_build(builder, &f->layers.list, &(sp_shape){1, {UNITS}}, &f->chain));
  assert_ok(sp_builder_finish(builder, &table, &list));
  assert_ok(sp_compute_create((sp_arithmetic){.precision = SP_FLOAT32}, &f->compute));
  sp_plan plan = {.compute = f->compute, .arena = f->arena, .rows = ROWS};
  assert_ok(sp_layer_chain_prepare(&plan, &f->chain, &f->stage));
  f->pass = (sp_pass){.compute = f->compute, .rows = ROWS, .training = true, .row = f->row, .seed = 1, .step = 4};
  assert_ok(sp_allocate(plan.bytes, 1, "workspace", &f->pass.workspace));
  f->x = calloc(VALUES, sizeof *f->x), f->y = calloc(VALUES, sizeof *f->y);
  f->dy = calloc(VALUES, sizeof *f->dy), f->dx = calloc(VALUES, sizeof *f->dx);
  for (int i = 0; i < ROWS; i++) f->row[i] = 3 * i;
  for (int i = 0; i < VALUES; i++) f->x[i] = 1;
}

static void clear(fixture *f) {
  free(f->x), free(f->y), free(f->dy), free(f->dx), free(f->pass.workspace);
  sp_compute_free(f->compute);
  sp_document_free(f->layers.document);
  sp_arena_free(f->arena);
}

static void forward(fixture *f) { sp_layer_chain_forward(f->stage, &f->pass, f->x, f->y); }

static int kept(const fixture *f) {
  int count = 0;
  for (int i = 0; i < VALUES; i++) count += f->y[i] != 0;
  return count;
}

// Within 5 standard deviations of a binomial distribution; the mean of the outputs is that of the inputs, 1.
static void rate(const char *layers, double rate) {
  fixture f;
  set_up(&f, layers);
  forward(&f);
  double deviation = sqrt(VALUES * rate * (1 - rate)), sum = 0;
  assert_near(kept(&f), VALUES * (1 - rate), 5 * deviation);
  for (int i = 0; i < VALUES; i++) {
    assert_true(f.y[i] == 0 || f.y[i] == (float)(1 / (1 - rate)));
    sum += (double)f.y[i];
  }
  assert_near(sum / VALUES, 1, 5 * deviation / VALUES / (1 - rate) + 1e-6);
  for (int axis = 0; axis < 2; axis++) {  // also of each row and of each unit
    int lines = axis ? UNITS : ROWS, length = VALUES / lines;
    for (int line = 0; line < lines; line++) {
      int count = 0;
      for (int j = 0; j < length; j++) count += f.y[axis ? j * UNITS + line : line * UNITS + j] != 0;
      assert_near(count, length * (1 - rate), 5.5 * sqrt(length * rate * (1 - rate)) + 1e-9);
    }
  }
  clear(&f);
}

static void rates(void **state) {
  (void)state;
  rate("[dropout]", 0.5);
  rate("[{dropout: 0.2}]", 0.2);
  rate("[{dropout: {rate: 0.75}}]", 0.75);
  rate("[{dropout: 0}]", 0);
}

static int differences(const float *a, const float *b) {
  int count = 0;
  for (int i = 0; i < VALUES; i++) count += (a[i] == 0) != (b[i] == 0);
  return count;
}

static void backward_goes_through_the_same_units(void **state) {
  (void)state;
  fixture f;
  set_up(&f, "[{dropout: 0.3}]");
  forward(&f);
  for (int i = 0; i < VALUES; i++) f.dy[i] = 1;
  sp_layer_chain_backward(f.stage, &f.pass, f.x, f.y, f.dy, f.dx);
  assert_memory_equal(f.dx, f.y, VALUES * sizeof *f.y);  // x and dy are 1
  assert_true(kept(&f) < VALUES);
  clear(&f);
}

// With rates of a half, two independent masks differ in a half of the units.
static void assert_independent(int count) { assert_near(count, VALUES / 2.0, 5 * sqrt(VALUES / 4.0)); }

static void masks_depend_on_seed_step_and_row(void **state) {
  (void)state;
  fixture f;
  float *first = malloc(VALUES * sizeof *first);
  set_up(&f, "[dropout]");
  forward(&f);
  memcpy(first, f.y, VALUES * sizeof *first);
  f.pass.seed++;
  forward(&f);
  assert_independent(differences(first, f.y));
  f.pass.seed--;
  f.pass.step++;
  forward(&f);
  assert_independent(differences(first, f.y));
  f.pass.step--;
  for (int i = 0; i < ROWS; i++) f.row[i] += 1;
  forward(&f);
  assert_independent(differences(first, f.y));
  for (int i = 0; i < ROWS; i++) f.row[i] = 3 * (ROWS - 1 - i);  // the same rows at other places
  forward(&f);
  for (int i = 0; i < ROWS; i++) {
    assert_memory_equal(f.y + i * UNITS, first + (ROWS - 1 - i) * UNITS, UNITS * sizeof *first);
  }
  free(first);
  clear(&f);
}

// A value passes two layers with probability 1/4, not 1/2.
static void layers_are_independent(void **state) {
  (void)state;
  fixture f;
  set_up(&f, "[dropout, {repeat: {times: 1, layers: [dropout]}}]");
  forward(&f);
  assert_near(kept(&f), VALUES / 4.0, 5 * sqrt(VALUES * 3.0 / 16));
  clear(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(masks_are_as_defined),
      cmocka_unit_test(values_that_are_not_finite_remain),
      cmocka_unit_test(rates),
      cmocka_unit_test(backward_goes_through_the_same_units),
      cmocka_unit_test(masks_depend_on_seed_step_and_row),
      cmocka_unit_test(layers_are_independent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
