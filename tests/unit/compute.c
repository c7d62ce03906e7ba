// SPDX-License-Identifier: Apache-2.0
// Products, element-wise and row-wise operations against direct formulas and against each other.
#include "compute/elementwise.h"
#include "compute/product.h"
#include "compute/softmax.h"

#include "compute/bfloat16.h"
#include "compute/onednn.h"
#include "model.h"

static void *transposed(const float *x, int64_t rows, int64_t columns) {
  float *y = calloc((size_t)(rows * columns) + 1, sizeof *y);
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t j = 0; j < columns; j++) y[j * rows + i] = x[i * columns + j];
  }
  return y;
}

static double apply(sp_activation f, double x) {
  return f == SP_RELU ? (x > 0 ? x : 0) : f == SP_TANH ? tanh(x) : f == SP_SIGMOID ? 1 / (1 + exp(-x)) : x;
}

// The definition, in float64.
static void expected(const sp_product_shape *s, const float *a, const float *b, const float *bias, double *c) {
  for (int64_t i = 0; i < s->m; i++) {
    for (int64_t j = 0; j < s->n; j++) {
      double sum = s->bias ? (double)bias[j] : 0;
      for (int64_t l = 0; l < s->k; l++) sum += (double)a[i * s->k + l] * (double)b[l * s->n + j];
      c[i * s->n + j] = apply(s->activation, sum);
    }
  }
}

static sp_compute *create(sp_arithmetic arithmetic) {
  sp_compute *compute;
  assert_ok(sp_compute_create(arithmetic, &compute));
  return compute;
}

static void check_product(sp_arithmetic arithmetic, sp_compute *compute, const sp_product_shape *s) {
  float *a = random_values(SP_FLOAT32, s->m * s->k, 1), *b = random_values(SP_FLOAT32, s->k * s->n, 2);
  float *bias = random_values(SP_FLOAT32, s->n, 3), *c = random_values(SP_FLOAT32, s->m * s->n, 4);
  float *again = random_values(SP_FLOAT32, s->m * s->n, 5);
  float *at = transposed(a, s->m, s->k), *bt = transposed(b, s->k, s->n);
  double *want = calloc((size_t)(s->m * s->n) + 1, sizeof *want);
  if (arithmetic.bfloat16) {  // the product has them as they were
    float *rounded_a = random_values(SP_FLOAT32, s->m * s->k, 1),
          *rounded_b = random_values(SP_FLOAT32, s->k * s->n, 2);
    sp_bfloat16_round(s->m * s->k, a, rounded_a);
    sp_bfloat16_round(s->k * s->n, b, rounded_b);
    expected(s, rounded_a, rounded_b, bias, want);
    free(rounded_a), free(rounded_b);
  } else {
    expected(s, a, b, bias, want);
  }
  const sp_product *product, *same;
  assert_ok(sp_compute_product(compute, s, &product));
  assert_ok(sp_compute_product(compute, s, &same));
  assert_ptr_equal(product, same);
  sp_product_run(product, s->a_transposed ? at : a, s->b_transposed ? bt : b, s->bias ? bias : NULL, c);
  sp_product_run(product, s->a_transposed ? at : a, s->b_transposed ? bt : b, s->bias ? bias : NULL, again);
  if (!(difference(SP_FLOAT32, c, SP_FLOAT64, want, s->m * s->n) < 1e-5)) {
    fail_msg("m %d n %d k %d, A %d B %d transposed, bias %d, activation %d", (int)s->m, (int)s->n, (int)s->k,
             s->a_transposed, s->b_transposed, s->bias, (int)s->activation);
  }
  assert_memory_equal(c, again, (size_t)(s->m * s->n) * sizeof *c);
  free(a), free(b), free(bias), free(c), free(again), free(at), free(bt), free(want);
}

static void check_products(sp_arithmetic arithmetic) {
  static const int64_t size[][3] = {{1, 1, 1},    {1, 7, 3},    {5, 1, 9},   {3, 5, 1},
                                    {17, 33, 31}, {64, 10, 69}, {70, 65, 13}};
  sp_compute *compute = create(arithmetic);
  for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
    for (int variant = 0; variant < 32; variant++) {
      sp_product_shape s = {.m = size[i][0],
                            .n = size[i][1],
                            .k = size[i][2],
                            .a_transposed = variant & 1,
                            .b_transposed = variant & 2,
                            .bias = variant & 4,
                            .activation = (sp_activation)(variant / 8)};
      check_product(arithmetic, compute, &s);
    }
  }
  sp_compute_free(compute);
}

static void products_in_float32(void **state) {
  (void)state;
  check_products((sp_arithmetic){.precision = SP_FLOAT32});
}

static void products_in_bfloat16(void **state) {
  (void)state;
  if (!sp_onednn_has_bfloat16()) skip();
  check_products((sp_arithmetic){.precision = SP_FLOAT32, .bfloat16 = true});
}

static uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static float from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// Ties go to even, what is too large becomes infinite, what is not a number stays that.
static void rounding_to_bfloat16(void **state) {
  (void)state;
  static const uint32_t cases[][2] = {
      {0x3f800000, 0x3f80}, {0x3f808000, 0x3f80}, {0x3f808001, 0x3f81}, {0x3f818000, 0x3f82}, {0x3f817fff, 0x3f81},
      {0xbf808001, 0xbf81}, {0x00000000, 0x0000}, {0x80000000, 0x8000}, {0x00000001, 0x0000}, {0x00018000, 0x0002},
      {0x7f7fffff, 0x7f80}, {0xff7fffff, 0xff80}, {0x7f7f7fff, 0x7f7f}, {0x7f800000, 0x7f80}, {0xff800000, 0xff80},
  };
  enum { CASES = sizeof cases / sizeof *cases, ROUNDS = 20 };  // more than a vector
  float x[CASES * ROUNDS], y[CASES * ROUNDS];
  uint16_t half[CASES * ROUNDS];
  for (int i = 0; i < CASES * ROUNDS; i++) x[i] = from_bits(cases[i % CASES][0]);
  sp_bfloat16_from(CASES * ROUNDS, x, half);
  sp_bfloat16_round(CASES * ROUNDS, x, y);
  for (int i = 0; i < CASES * ROUNDS; i++) {
    assert_int_equal(half[i], cases[i % CASES][1]);
    assert_int_equal(bits_of(y[i]), cases[i % CASES][1] << 16);
  }
  static const uint32_t nan[] = {0x7fc00000, 0x7f800001, 0xffffffff, 0x7fffffff, 0xff800001, 0x7f808000};
  for (int i = 0; i < 6; i++) {
    x[i] = from_bits(nan[i]);
    assert_int_equal(bits_of(x[i]), nan[i]);
  }
  sp_bfloat16_from(6, x, half);
  for (int i = 0; i < 6; i++) assert_true((half[i] & 0x7fff) > 0x7f80);
}

static void bfloat16_of_what_is_not_finite(void **state) {
  (void)state;
  if (!sp_onednn_has_bfloat16()) skip();
  sp_compute *compute = create((sp_arithmetic){SP_FLOAT32, true});
  const sp_product *product;
  float a[] = {NAN, 3.4e38f, -INFINITY, 1}, b[40], c[160];
  for (int i = 0; i < 40; i++) b[i] = 1;
  assert_ok(sp_compute_product(compute, &(sp_product_shape){.m = 4, .n = 40, .k = 1}, &product));
  sp_product_run(product, a, b, NULL, c);
  for (int i = 0; i < 40; i++) {
    assert_true(isnan(c[i]) && c[40 + i] == INFINITY && c[80 + i] == -INFINITY && c[120 + i] == 1);
  }
  sp_compute_free(compute);
}

static void products_of_every_odd_size(void **state) {
  (void)state;
  sp_compute *compute;
  assert_ok(sp_compute_create((sp_arithmetic){.precision = SP_FLOAT32}, &compute));
  for (int64_t size = 1; size <= 70; size += 6) {
    for (int variant = 0; variant < 4; variant++) {
      sp_product_shape s = {
          .m = size, .n = 71 - size, .k = size + 2, .a_transposed = variant & 1, .b_transposed = variant & 2};
      check_product((sp_arithmetic){.precision = SP_FLOAT32}, compute, &s);
    }
  }
  sp_compute_free(compute);
}

static void products_in_float64(void **state) {
  (void)state;
  const double a[] = {1, 2, 3, 4, 5, 6}, at[] = {1, 4, 2, 5, 3, 6}, b[] = {1, 0, 2, 1, 0, 3}, bt[] = {1, 2, 0, 0, 1, 3};
  const double bias[] = {0.5, -100}, want[] = {5.5, -89, 14.5, -77};
  sp_compute *compute;
  assert_ok(sp_compute_create((sp_arithmetic){.precision = SP_FLOAT64}, &compute));
  for (int variant = 0; variant < 4; variant++) {
    sp_product_shape s = {
        .m = 2, .n = 2, .k = 3, .a_transposed = variant & 1, .b_transposed = variant & 2, .bias = true};
    double c[4];
    const sp_product *product;
    assert_ok(sp_compute_product(compute, &s, &product));
    sp_product_run(product, variant & 1 ? at : a, variant & 2 ? bt : b, bias, c);
    assert_memory_equal(c, want, sizeof want);
  }
  sp_compute_free(compute);
}

// Element (i, j) of A B + bias, in float64.
static double element(const sp_product_shape *s, const float *a, const float *b, const float *bias, int64_t i,
                      int64_t j) {
  double sum = s->bias ? (double)bias[j] : 0;
  for (int64_t l = 0; l < s->k; l++) {
    sum += (double)a[s->a_transposed ? l * s->m + i : i * s->k + l] *
           (double)b[s->b_transposed ? j * s->k + l : l * s->n + j];
  }
  return sum;
}

// Panels cover C without overlap, write nothing else, and are the product in whatever order they are made.
static void check_panels(sp_compute *compute, const sp_product_shape *s, double tolerance) {
  float *a = random_values(SP_FLOAT32, s->m * s->k, 1), *b = random_values(SP_FLOAT32, s->k * s->n, 2);
  float *bias = random_values(SP_FLOAT32, s->n, 3);
  float *c = random_values(SP_FLOAT32, s->m * s->n, 4), *want = random_values(SP_FLOAT32, s->m * s->n, 5);
  const sp_product *product;
  assert_ok(sp_compute_product(compute, s, &product));
  sp_product_run(product, a, b, s->bias ? bias : NULL, want);
  int64_t panels = sp_product_panels(product), extent = s->panels_of_rows ? s->m : s->n, end = extent;
  assert_true(panels > 1);
  for (int64_t i = 0; i < s->m * s->n; i++) c[i] = 7e7f;
  for (int64_t panel = panels - 1; panel >= 0; panel--) {
    int64_t begin = sp_product_panel_begin(product, panel);
    assert_true(begin >= 0 && begin < end && (panel > 0 || begin == 0));
    sp_product_run_panel(product, panel, a, b, s->bias ? bias : NULL, c);
    for (int64_t i = 0; i < s->m * s->n; i++) {
      bool made = (s->panels_of_rows ? i / s->n : i % s->n) >= begin;
      if (made ? c[i] != want[i] : c[i] != 7e7f) fail_msg("panel %d: element %lld", (int)panel, (long long)i);
    }
    end = begin;
  }
  sp_random_key key = sp_random_key_make(6, SP_RANDOM_DATA, 0);
  for (uint64_t sample = 0; sample < 500; sample++) {
    int64_t i = (int64_t)(sp_random_uniform(key, 2 * sample) * (double)s->m);
    int64_t j = sample % 2 ? s->n - 1 : (int64_t)(sp_random_uniform(key, 2 * sample + 1) * (double)s->n);
    double exact = element(s, a, b, bias, i, j);
    if (s->activation == SP_RELU && exact < 0) exact = 0;
    assert_near(c[i * s->n + j], exact, tolerance);
  }
  free(a), free(b), free(bias), free(c), free(want);
}

static void products_in_panels(void **state) {
  (void)state;
  static const sp_product_shape shape[] = {
      {.m = 60, .n = 1500, .k = 6000, .bias = true, .activation = SP_RELU},
      {.m = 60, .n = 1500, .k = 6000, .b_transposed = true},
      {.m = 1500, .n = 1000, .k = 400, .a_transposed = true, .panels_of_rows = true},
      {.m = 1100, .n = 1000, .k = 500, .bias = true, .panels_of_rows = true},
  };
  for (int bfloat16 = 0; bfloat16 < 1 + sp_onednn_has_bfloat16(); bfloat16++) {
    sp_compute *compute = create((sp_arithmetic){SP_FLOAT32, bfloat16});
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) check_panels(compute, &shape[i], bfloat16 ? 1 : 1e-3);
    sp_compute_free(compute);
  }
}

static void products_of_nothing(void **state) {
  (void)state;
  const float bias[] = {1, -2}, six[6] = {0};
  float c[] = {7, 7, 7, 7};
  sp_compute *compute;
  const sp_product *product;
  assert_ok(sp_compute_create((sp_arithmetic){.precision = SP_FLOAT32}, &compute));
  assert_ok(sp_compute_product(compute, &(sp_product_shape){.m = 0, .n = 2, .k = 3}, &product));
  sp_product_run(product, NULL, six, NULL, c);
  assert_ok(sp_compute_product(compute, &(sp_product_shape){.m = 2, .n = 0, .k = 3}, &product));
  sp_product_run(product, six, NULL, NULL, c);
  for (int i = 0; i < 4; i++) assert_near(c[i], 7, 0);
  assert_ok(
      sp_compute_product(compute, &(sp_product_shape){.m = 2, .n = 2, .bias = true, .activation = SP_RELU}, &product));
  sp_product_run(product, NULL, NULL, bias, c);
  assert_near(c[0], 1, 0);
  assert_near(c[1], 0, 0);
  assert_near(c[2], 1, 0);
  assert_near(c[3], 0, 0);
  assert_ok(sp_compute_product(compute, &(sp_product_shape){.m = 2, .n = 2, .activation = SP_SIGMOID}, &product));
  sp_product_run(product, NULL, NULL, NULL, c);
  for (int i = 0; i < 4; i++) assert_near(c[i], 0.5, 0);
  sp_compute_free(compute);
}

static void sizes_that_cannot_be(void **state) {
  (void)state;
  sp_compute *compute;
  const sp_product *product;
  assert_ok(sp_compute_create((sp_arithmetic){.precision = SP_FLOAT32}, &compute));
  assert_fails(
      sp_compute_product(compute, &(sp_product_shape){.m = INT64_C(1) << 40, .n = 1, .k = INT64_C(1) << 40}, &product),
      SP_ERR_MEMORY, "more than can be addressed");
  assert_fails(sp_compute_product(compute, &(sp_product_shape){.m = -1, .n = 1, .k = 1}, &product), SP_ERR_MEMORY,
               "-1");
  sp_compute_free(compute);
  assert_fails(sp_compute_create((sp_arithmetic){.precision = SP_INT8}, &compute), SP_ERR_CONFIG, "int8");
}

// What is not a number must come out as such wherever it goes in, or a run would go on with it.
static void not_a_number_stays(void **state) {
  (void)state;
  sp_compute *compute = create((sp_arithmetic){.precision = SP_FLOAT32});
  for (sp_activation f = SP_IDENTITY; f <= SP_SIGMOID; f++) {
    float a[] = {NAN, 1}, b[40], c[40];
    for (int i = 0; i < 40; i++) b[i] = 1;
    const sp_product *product;
    assert_ok(sp_compute_product(compute, &(sp_product_shape){.m = 2, .n = 20, .k = 1, .activation = f}, &product));
    sp_product_run(product, a, b, NULL, c);
    for (int i = 0; i < 20; i++) assert_true(isnan(c[i]) && isfinite(c[20 + i]));
    float y[] = {NAN};
    sp_activate(SP_FLOAT32, f, 1, y);
    assert_true(isnan(y[0]));
  }
  sp_compute_free(compute);
}

static void activations(void **state) {
  (void)state;
  for (int wide = 0; wide < 2; wide++) {
    sp_dtype precision = wide ? SP_FLOAT64 : SP_FLOAT32;
    double tolerance = wide ? 1e-15 : 1e-6;
    for (sp_activation f = SP_IDENTITY; f <= SP_SIGMOID; f++) {
      enum { N = 41 };
      double store[N], slope[N];
      for (int i = 0; i < N; i++) sp_value_set(precision, store, i, (i - 20) / 4.0);
      sp_activate(precision, f, N, store);
      for (int i = 0; i < N; i++) assert_near(sp_value_at(precision, store, i), apply(f, (i - 20) / 4.0), tolerance);
      for (int i = 0; i < N; i++) sp_value_set(precision, slope, i, 2);
      sp_activate_backward(precision, f, N, store, slope, slope);
      for (int i = 0; i < N; i++) {
        double x = (i - 20) / 4.0, h = 1e-5, want = (apply(f, x + h) - apply(f, x - h)) / h;
        if (x != 0) assert_near(sp_value_at(precision, slope, i), want, wide ? 1e-8 : 2e-6);
      }
    }
  }
}

static void sigmoid_of_large_values(void **state) {
  (void)state;
  double y[] = {-1000, 1000, -700};
  sp_activate(SP_FLOAT64, SP_SIGMOID, 3, y);
  assert_near(y[0], 0, 0);
  assert_near(y[1], 1, 0);
  assert_near(y[2] / exp(-700), 1, 1e-12);
}

static void softmax(void **state) {
  (void)state;
  double x[] = {0, log(2), log(5), 1000, 1000, -1000};
  sp_softmax(SP_FLOAT64, 2, 3, x);
  const double want[] = {1.0 / 8, 2.0 / 8, 5.0 / 8, 0.5, 0.5, 0};
  for (int i = 0; i < 6; i++) assert_near(x[i], want[i], 1e-15);
  float single[] = {0, (float)log(2), (float)log(5)};
  sp_softmax(SP_FLOAT32, 1, 3, single);
  for (int i = 0; i < 3; i++) assert_near(single[i], want[i], 1e-7);
  // dx = y (dy - sum(y dy)): with dy = (8, 0, 0) the sum is 1.
  double dy[] = {8, 0, 0};
  sp_softmax_backward(SP_FLOAT64, 1, 3, x, dy, dy);
  assert_near(dy[0], 7.0 / 8, 1e-15);
  assert_near(dy[1], -2.0 / 8, 1e-15);
  assert_near(dy[2], -5.0 / 8, 1e-15);
}

// Rows together and rows in pieces: the same as one after the other.
static void powers_of_softmax(void **state) {
  (void)state;
  enum { ROWS = SP_SOFTMAX_ROWS };
  static const int64_t widths[] = {1, 10, 700, 1024, 1025, 2500};
  double largest[ROWS], sum[ROWS], again[ROWS];
  for (int i = 0; i < 12; i++) {
    sp_dtype precision = i % 2 ? SP_FLOAT64 : SP_FLOAT32;
    int64_t n = widths[i / 2], rows = n < 1000 ? ROWS : 3;
    size_t bytes = (size_t)(rows * n) * sp_dtype_size(precision);
    void *x = random_values(precision, rows * n, 1), *powers = random_values(precision, rows * n, 2);
    for (int64_t j = 0; j < rows * n; j++) sp_value_set(precision, x, j, 20 * sp_value_at(precision, x, j));
    sp_softmax_powers(precision, rows, n, x, powers, largest, sum);
    for (int64_t row = 0; row < rows; row++) {
      double most = -1e9, part[16] = {0};
      for (int64_t j = row * n; j < (row + 1) * n; j++) most = fmax(most, sp_value_at(precision, x, j));
      for (int64_t j = row * n; j < (row + 1) * n; j++) {
        double power = sp_value_at(precision, powers, j);
        assert_near(power, exp(sp_value_at(precision, x, j) - most), 2e-6 * power);
        part[(j - row * n) % 16] += power;
      }
      for (int span = 8; span > 0; span /= 2) {
        for (int j = 0; j < span; j++) part[j] += part[j + span];
      }
      assert_true(largest[row] == most && sum[row] == part[0]);
    }
    sp_softmax_powers(precision, rows, n, x, NULL, largest, again);
    assert_memory_equal(again, sum, (size_t)rows * sizeof *sum);
    sp_softmax_powers(precision, rows, n, x, x, largest, again);
    assert_memory_equal(again, sum, (size_t)rows * sizeof *sum);
    assert_memory_equal(x, powers, bytes);
    sp_value_set(precision, x, rows * n - 1, (double)NAN);
    sp_softmax_powers(precision, rows, n, x, NULL, largest, sum);
    assert_true(isnan(sum[rows - 1]) && (rows == 1 || !isnan(sum[0])));
    free(x), free(powers);
  }
}

static void sums(void **state) {
  (void)state;
  const float x[] = {1, 2, 3, 4, 5, 6};
  float out[] = {9, 9};
  const int64_t three = 3, none = 0;
  sp_column_sums(SP_FLOAT32, &(sp_lane_rows){1, 0, &three}, 2, x, out);
  assert_near(out[0], 9, 0);
  assert_near(out[1], 12, 0);
  sp_add(SP_FLOAT32, 2, out, x);
  assert_near(out[0], 10, 0);
  assert_near(out[1], 14, 0);
  double wide[] = {1, 2}, more[] = {0.25, 0.5};
  sp_add(SP_FLOAT64, 2, wide, more);
  assert_near(wide[1], 2.5, 0);
  sp_column_sums(SP_FLOAT64, &(sp_lane_rows){1, 0, &none}, 2, NULL, wide);
  assert_near(wide[0], 0, 0);
}

// Every place, around the pieces that are looked at together.
static void finiteness(void **state) {
  (void)state;
  enum { N = 8200 };
  static const double bad[] = {NAN, INFINITY, -INFINITY};
  for (int wide = 0; wide < 2; wide++) {
    sp_dtype precision = wide ? SP_FLOAT64 : SP_FLOAT32;
    void *x = random_values(precision, N, 1);
    sp_value_set(precision, x, 5, wide ? 1.7e308 : 3.4e38);
    sp_value_set(precision, x, 6, wide ? 4.9e-324 : 1e-45);
    assert_true(sp_all_finite(precision, N, x));
    for (int64_t i = 0; i < N; i += i < 20 || i > 4090 ? 1 : 97) {
      sp_value_set(precision, x, i, bad[i % 3]);
      assert_false(sp_all_finite(precision, N, x));
      assert_true(sp_all_finite(precision, i, x));
      sp_value_set(precision, x, i, 1);
    }
    assert_true(sp_all_finite(precision, 0, x));
    free(x);
  }
}

// In one pass, into a third array or one of the two.
static void sum_and_finiteness(void **state) {
  (void)state;
  enum { N = 4100 };
  for (int wide = 0; wide < 2; wide++) {
    sp_dtype precision = wide ? SP_FLOAT64 : SP_FLOAT32;
    size_t bytes = (size_t)N * sp_dtype_size(precision);
    void *a = random_values(precision, N, 1), *b = random_values(precision, N, 2),
         *want = random_values(precision, N, 3);
    void *out = random_values(precision, N, 4), *same = random_values(precision, N, 5);
    double largest = wide ? 1.7e308 : 3.3e38;
    sp_value_set(precision, b, 17, largest);
    memcpy(want, a, bytes);
    sp_add(precision, N, want, b);
    assert_true(sp_sum(precision, N, a, b, out));
    assert_memory_equal(out, want, bytes);
    memcpy(same, a, bytes);
    assert_true(sp_sum(precision, N, same, b, same));
    assert_memory_equal(same, want, bytes);
    memcpy(same, b, bytes);
    assert_true(sp_sum(precision, N, a, same, same));
    assert_memory_equal(same, want, bytes);
    assert_true(sp_sum(precision, N, a, NULL, out));
    assert_memory_equal(out, a, bytes);
    assert_true(sp_sum(precision, N, out, NULL, out));
    assert_memory_equal(out, a, bytes);
    for (int64_t i = 0; i < N; i += 41) {
      sp_value_set(precision, a, i, i % 2 ? (double)NAN : -(double)INFINITY);
      assert_false(sp_sum(precision, N, a, b, out));
      assert_true(sp_sum(precision, i, a, b, out));
      assert_false(sp_sum(precision, N, a, NULL, out));
      sp_value_set(precision, a, i, 0);
    }
    sp_value_set(precision, a, 17, largest);  // finite both, but not their sum
    assert_true(sp_sum(precision, N, a, NULL, out));
    assert_false(sp_sum(precision, N, a, b, out));
    assert_true(!isfinite(sp_value_at(precision, out, 17)));
    free(a), free(b), free(want), free(out), free(same);
  }
}

static void version(void **state) {
  (void)state;
  char text[128];
  int major = 0;
  if (strncmp(sp_compute_version(text), "without oneDNN", 14) == 0) {
    assert_null(sp_onednn_instructions());
    return;
  }
  assert_int_equal(sscanf(text, "oneDNN %d.", &major), 1);
  assert_true(major >= 2);
}

// Where it cannot be computed, the message says what is missing.
static void bfloat16_is_refused(void **state) {
  (void)state;
  sp_compute *compute;
  if (sp_onednn_has_bfloat16()) skip();
  assert_fails(sp_compute_create((sp_arithmetic){SP_FLOAT32, true}, &compute), SP_ERR_CONFIG,
               sp_onednn_instructions() ? "avx512_bf16" : "built without it");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(products_in_float32),
      cmocka_unit_test(products_of_every_odd_size),
      cmocka_unit_test(products_in_float64),
      cmocka_unit_test(products_in_panels),
      cmocka_unit_test(products_in_bfloat16),
      cmocka_unit_test(rounding_to_bfloat16),
      cmocka_unit_test(bfloat16_of_what_is_not_finite),
      cmocka_unit_test(products_of_nothing),
      cmocka_unit_test(sizes_that_cannot_be),
      cmocka_unit_test(not_a_number_stays),
      cmocka_unit_test(activations),
      cmocka_unit_test(sigmoid_of_large_values),
      cmocka_unit_test(softmax),
      cmocka_unit_test(powers_of_softmax),
      cmocka_unit_test(sums),
      cmocka_unit_test(finiteness),
      cmocka_unit_test(sum_and_finiteness),
      cmocka_unit_test(version),
      cmocka_unit_test(bfloat16_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
