// SPDX-License-Identifier: Apache-2.0
// The kernels of matrix products against the reference, bit for bit, for every instruction set of this processor.
#include "products.h"

static void small_products(void **state) {
  (void)state;
  dice d = {.key = sp_random_key_make(1, SP_RANDOM_DATA, 0)};
  for (int round = 0; round < 800; round++) {
    sp_dtype precision = round % 2 ? SP_FLOAT64 : SP_FLOAT32;
    int64_t m = throw_dice(&d, 40), n = throw_dice(&d, 70), k = throw_dice(&d, 30);
    check_random_product(&d, precision, m, n, k);
  }
}

// One more and one fewer than every size at which the kernels change their way, and several blocks of k.
static void sizes_around_those_of_the_kernels(void **state) {
  (void)state;
  static const int64_t sizes[] = {1, 5, 6, 7, 15, 16, 17, 32, 33, 47, 63, 65, 96, 97};
  static const int64_t depths[] = {1, 255, 256, 257, 512, 513};
  enum { SIZES = sizeof sizes / sizeof *sizes, DEPTHS = sizeof depths / sizeof *depths };
  dice d = {.key = sp_random_key_make(2, SP_RANDOM_DATA, 0)};
  for (int i = 0; i < SIZES; i++) {
    for (int j = 0; j < SIZES; j++) {
      check_random_product(&d, (i + j) % 2 ? SP_FLOAT64 : SP_FLOAT32, sizes[i], sizes[j],
                           depths[throw_dice(&d, DEPTHS)]);
    }
  }
}

// More than the kernels pack at a time, in each direction.
static void large_products(void **state) {
  (void)state;
  static const int64_t shapes[][3] = {{700, 40, 30},   {40, 700, 30},   {30, 40, 3000},
                                      {130, 530, 300}, {1100, 270, 20}, {270, 1100, 20}};
  dice d = {.key = sp_random_key_make(3, SP_RANDOM_DATA, 0)};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    for (int round = 0; round < 4; round++) {
      check_random_product(&d, round % 2 ? SP_FLOAT64 : SP_FLOAT32, shapes[i][0], shapes[i][1], shapes[i][2]);
    }
  }
}

// Sizes of layers, for caches of all sizes: the kernels pack all or a part of each factor, and compute C or its transpose.
static void products_of_layers(void **state) {
  (void)state;
  static const int64_t shapes[][3] = {
      {784, 100, 128}, {784, 129, 256}, {128, 1024, 256}, {1296, 65, 200}, {272, 241, 200}};
  dice d = {.key = sp_random_key_make(6, SP_RANDOM_DATA, 0)};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    for (int round = 0; round < 2; round++) {
      check_random_product(&d, round ? SP_FLOAT32 : SP_FLOAT64, shapes[i][0], shapes[i][1], shapes[i][2]);
    }
  }
  for (int round = 0; round < 6; round++) {
    sp_dtype precision = round % 3 ? SP_FLOAT32 : SP_FLOAT64;
    check_random_product(&d, precision, 200 + throw_dice(&d, 700), 40 + throw_dice(&d, 200), 1 + throw_dice(&d, 260));
  }
  check_random_lanes(&d, SP_FLOAT32, 784, 100, 8, 32);
  check_random_lanes(&d, SP_FLOAT32, 784, 129, 8, 64);
  check_random_lanes(&d, SP_FLOAT64, 784, 129, 4, 64);
  check_random_lanes(&d, SP_FLOAT32, 129, 784, 4, 64);
}

static void sums_over_lanes(void **state) {
  (void)state;
  dice d = {.key = sp_random_key_make(4, SP_RANDOM_DATA, 0)};
  for (int64_t lanes = 1; lanes <= 40; lanes++) {
    for (int round = 0; round < 6; round++) {
      sp_dtype precision = round % 2 ? SP_FLOAT64 : SP_FLOAT32;
      check_random_lanes(&d, precision, 1 + throw_dice(&d, 50), 1 + throw_dice(&d, 50), lanes, 1 + throw_dice(&d, 9));
    }
  }
  // Lanes of several blocks, and more rows than are packed.
  check_random_lanes(&d, SP_FLOAT32, 70, 70, 3, 900);
  check_random_lanes(&d, SP_FLOAT64, 70, 70, 3, 900);
  check_random_lanes(&d, SP_FLOAT32, 30, 70, 2, 20000);
  check_random_lanes(&d, SP_FLOAT64, 70, 12, 1, 20000);
  check_random_lanes(&d, SP_FLOAT32, 600, 520, 9, 4);
}

// The definition itself, by numbers that tell the order of additions: a block that ends in 1 after 2^24 loses it, a block
// that begins with it does not.
static void blocks_are_summed_by_themselves(void **state) {
  (void)state;
  enum { K = 2 * SP_PRODUCT_BLOCK };
  float a[K], b[K], c = 7;
  for (int i = 0; i < K; i++) a[i] = 1, b[i] = 0;
  b[0] = 16777216, b[SP_PRODUCT_BLOCK - 1] = 1;          // 2^24 + 1 is 2^24
  b[SP_PRODUCT_BLOCK] = 1, b[SP_PRODUCT_BLOCK + 1] = 1;  // 2, not lost one by one
  const sp_product_job job = {
      .m = 1, .n = 1, .k = K, .a = a, .b = b, .a_row = K, .a_k = 1, .b_k = 1, .b_column = 1, .c = &c, .c_step = 1};
  for (sp_cpu_index cpu = 0; cpu < SP_CPUS; cpu++) {
    if (!sp_cpu_runs(cpu)) continue;
    run_job(sp_product_kernels_of(cpu), SP_FLOAT32, job, SP_PRODUCT_LEAST_CACHE);
    assert_true(c == 16777218);
  }
}

// Products are not rounded before they are added: (1 + 2^-12)^2 - 1 - 2^-11 is 2^-24.
static void multiply_adds_are_fused(void **state) {
  (void)state;
  const float x = 1 + 0x1p-12f, a[] = {1 + 0x1p-11f, x}, b[] = {-1, x};
  float c = 7;
  const sp_product_job job = {
      .m = 1, .n = 1, .k = 2, .a = a, .b = b, .a_row = 2, .a_k = 1, .b_k = 1, .b_column = 1, .c = &c, .c_step = 1};
  for (sp_cpu_index cpu = 0; cpu < SP_CPUS; cpu++) {
    if (!sp_cpu_runs(cpu)) continue;
    run_job(sp_product_kernels_of(cpu), SP_FLOAT32, job, SP_PRODUCT_LEAST_CACHE);
    assert_true(c == 0x1p-24f);
  }
}

// The error of sums of k products of uniform values in [0, 1), against float64. A chain over all k would lose hundreds of units
// in the last place; blocks lose less than one for each block, and fewer on average (docs/numerics.md).
static void sums_are_accurate(void **state) {
  (void)state;
  enum { N = 16, K = 1000000 };
  static const struct {
    int64_t k;
    double most;  // relative error
  } bounds[] = {{100, 4e-7}, {1000, 4e-7}, {10000, 4e-7}, {100000, 2e-6}, {K, 2e-5}};
  dice d = {.key = sp_random_key_make(5, SP_RANDOM_DATA, 0)};
  float *a = malloc(K * sizeof *a), *b = malloc((size_t)N * K * sizeof *b), c[N];
  assert_true(a && b);
  for (int64_t i = 0; i < K; i++) a[i] = (float)sp_random_uniform(d.key, d.thrown++);
  for (int64_t i = 0; i < N * K; i++) b[i] = (float)sp_random_uniform(d.key, d.thrown++);
  for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
    int64_t k = bounds[i].k;
    const sp_product_job job = {
        .m = 1, .n = N, .k = k, .a = a, .b = b, .a_row = k, .a_k = 1, .b_k = N, .b_column = 1, .c = c, .c_step = N};
    run_job(sp_product_kernels_of(sp_cpu()), SP_FLOAT32, job, SP_PRODUCT_LEAST_CACHE);
    double worst = 0;
    for (int j = 0; j < N; j++) {
      double exact = 0;
      for (int64_t l = 0; l < k; l++) exact += (double)a[l] * (double)b[l * N + j];
      worst = fmax(worst, fabs((double)c[j] - exact) / exact);
    }
    print_message("k = %lld: relative error %.2g\n", (long long)k, worst);
    assert_true(worst < bounds[i].most);
  }
  free(a), free(b);
}

static void the_peak_counts_its_operations(void **state) {
  (void)state;
  for (sp_cpu_index cpu = 0; cpu < SP_CPUS; cpu++) {
    if (!sp_cpu_runs(cpu)) continue;
    const sp_product_kernels *kernels = sp_product_kernels_of(cpu);
    assert_true(kernels->peak_float(20) == 2 * kernels->peak_float(10) && kernels->peak_float(1) > 0);
    assert_true(kernels->peak_double(20) == 2 * kernels->peak_double(10) && kernels->peak_double(1) > 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(small_products),
      cmocka_unit_test(sizes_around_those_of_the_kernels),
      cmocka_unit_test(large_products),
      cmocka_unit_test(products_of_layers),
      cmocka_unit_test(sums_over_lanes),
      cmocka_unit_test(blocks_are_summed_by_themselves),
      cmocka_unit_test(multiply_adds_are_fused),
      cmocka_unit_test(sums_are_accurate),
      cmocka_unit_test(the_peak_counts_its_operations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
