// SPDX-License-Identifier: Apache-2.0
// Random products for the tests of the kernels: any shape, strides, transpositions, alignments and values. The kernels of
// every instruction set that this processor has must give the bits of the reference, except that NaN equals NaN.
#ifndef SP_TESTS_PRODUCTS_H
#define SP_TESTS_PRODUCTS_H

#include "base/random.h"
#include "check.h"
#include "compute/product_kernels.h"
#include "compute/reference.h"

typedef struct dice {
  sp_random_key key;
  uint64_t thrown;
} dice;

static inline int64_t throw_dice(dice *d, int64_t sides) {
  return (int64_t)(sp_random_uniform(d->key, d->thrown++) * (double)sides);
}

/// A random value; now and then one that is NaN, infinite, denormal, huge or a zero of either sign.
static inline double throw_value(dice *d, sp_dtype precision, bool strange) {
  double x = sp_random_uniform(d->key, d->thrown++) - 0.5;
  if (!strange || throw_dice(d, 40) > 0) return x;
  bool single = precision == SP_FLOAT32;
  const double values[] = {(double)NAN,
                           (double)INFINITY,
                           -(double)INFINITY,
                           0.0,
                           -0.0,
                           x * 1e-300,
                           single ? x * 1e-40 : x * 4e-308,
                           single ? 3e38 : 1.7e308,
                           -1,
                           1};
  return values[throw_dice(d, sizeof values / sizeof *values)];
}

static inline void set_value(sp_dtype precision, void *values, int64_t i, double x) {
  if (precision == SP_FLOAT32) {
    ((float *)values)[i] = (float)x;
  } else {
    ((double *)values)[i] = x;
  }
}

/// Memory that ends where the values end, so that valgrind and the sanitizers see what is read beyond.
typedef struct values {
  void *memory, *at;
  int64_t count;
} values;

static inline values random_matrix(dice *d, sp_dtype precision, int64_t rows, int64_t columns, int64_t step,
                                   bool strange) {
  int64_t count = rows > 0 ? (rows - 1) * step + columns : 0, before = throw_dice(d, 4);
  values v = {.memory = malloc((size_t)(before + count) * sp_dtype_size(precision) + 1), .count = count};
  assert_non_null(v.memory);
  v.at = (char *)v.memory + (size_t)before * sp_dtype_size(precision);
  for (int64_t i = 0; i < count; i++) set_value(precision, v.at, i, throw_value(d, precision, strange));
  return v;
}

/// Returns the first value that differs, or -1.
static inline int64_t first_difference(sp_dtype precision, const void *a, const void *b, int64_t count) {
  const size_t size = sp_dtype_size(precision);
  for (int64_t i = 0; i < count; i++) {
    const char *x = (const char *)a + (size_t)i * size, *y = (const char *)b + (size_t)i * size;
    if (memcmp(x, y, size) == 0) continue;
    bool nan = precision == SP_FLOAT32 ? isnan(*(const float *)x) && isnan(*(const float *)y)
                                       : isnan(*(const double *)x) && isnan(*(const double *)y);
    if (!nan) return i;
  }
  return -1;
}

/// Run a job with the memory that it needs for a cache of the given size.
static inline void run_job(const sp_product_kernels *kernels, sp_dtype precision, sp_product_job job, int64_t cache) {
  int64_t bytes = sp_product_scratch(cache);
  job.cache = cache;
  job.scratch = aligned_alloc(64, (size_t)(bytes + 63) / 64 * 64);
  assert_non_null(job.scratch);
  precision == SP_FLOAT32 ? kernels->product_float(&job) : kernels->product_double(&job);
  free(job.scratch);
}

/// Precedes a statement for caches of all sizes, each twice as large as the one before.
#define for_each_cache(cache) for (int64_t cache = SP_PRODUCT_LEAST_CACHE; cache <= SP_PRODUCT_MOST_CACHE; cache *= 2)

/// Compare one random product of a shape. Strides, transpositions and values are random.
static inline void check_random_product(dice *d, sp_dtype precision, int64_t m, int64_t n, int64_t k) {
  const bool strange = throw_dice(d, 2);
  sp_product_part part = {.shape = {.m = m,
                                    .n = n,
                                    .k = k,
                                    .a_transposed = throw_dice(d, 2),
                                    .b_transposed = throw_dice(d, 2),
                                    .bias = throw_dice(d, 2),
                                    .activation = throw_dice(d, 2) ? SP_RELU : SP_IDENTITY}};
  const sp_product_shape *s = &part.shape;
  const int64_t a_rows = s->a_transposed ? k : m, a_columns = s->a_transposed ? m : k;
  const int64_t b_rows = s->b_transposed ? n : k, b_columns = s->b_transposed ? k : n;
  part.a_step = a_columns + throw_dice(d, 2) * throw_dice(d, 20);
  part.b_step = b_columns + throw_dice(d, 2) * throw_dice(d, 20);
  part.c_step = n + throw_dice(d, 2) * throw_dice(d, 20);
  values a = random_matrix(d, precision, a_rows, a_columns, part.a_step, strange);
  values b = random_matrix(d, precision, b_rows, b_columns, part.b_step, strange);
  values bias = random_matrix(d, precision, 1, n, n, strange);
  values c = random_matrix(d, precision, m, n, part.c_step, false);
  const size_t size = sp_dtype_size(precision), bytes = (size_t)c.count * size;
  void *before = malloc(bytes + 1), *expected = malloc(bytes + 1);
  assert_true(before && expected);
  memcpy(before, c.at, bytes);  // what lies between the rows must stay
  memcpy(expected, c.at, bytes);
  sp_reference_product(precision, &part, a.at, b.at, bias.at, expected);
  for (int64_t i = 0; i < m; i++) {
    sp_activate(precision, s->activation, n, (char *)expected + (size_t)(i * part.c_step) * size);
  }
  const sp_product_job job = {.m = m,
                              .n = n,
                              .k = k,
                              .a = a.at,
                              .b = b.at,
                              .bias = s->bias ? bias.at : NULL,
                              .a_row = s->a_transposed ? 1 : part.a_step,
                              .a_k = s->a_transposed ? part.a_step : 1,
                              .b_k = s->b_transposed ? 1 : part.b_step,
                              .b_column = s->b_transposed ? part.b_step : 1,
                              .c = c.at,
                              .c_step = part.c_step,
                              .relu = s->activation == SP_RELU};
  for (sp_cpu_index cpu = 0; cpu < SP_CPUS; cpu++) {
    if (!sp_cpu_runs(cpu)) continue;
    for_each_cache(cache) {
      memcpy(c.at, before, bytes);
      run_job(sp_product_kernels_of(cpu), precision, job, cache);
      int64_t wrong = first_difference(precision, c.at, expected, c.count);
      if (wrong < 0) continue;
      fail_msg(
          "%s, %s, cache %d: (%d x %d) (%d x %d), A %d B %d transposed, bias %d, relu %d, steps %d %d %d: row %d, "
          "column %d",
          sp_cpu_name(cpu), sp_dtype_name(precision), (int)cache, (int)m, (int)k, (int)k, (int)n, s->a_transposed,
          s->b_transposed, s->bias, s->activation == SP_RELU, (int)part.a_step, (int)part.b_step, (int)part.c_step,
          (int)(wrong / part.c_step), (int)(wrong % part.c_step));
    }
  }
  free(a.memory), free(b.memory), free(bias.memory), free(c.memory), free(before), free(expected);
}

/// Compare the sum over lanes of random products with the references of the lanes, added in the order of the lanes.
static inline void check_random_lanes(dice *d, sp_dtype precision, int64_t m, int64_t n, int64_t lanes,
                                      int64_t most_rows) {
  const size_t size = sp_dtype_size(precision);
  const bool strange = throw_dice(d, 2);
  int64_t *end = malloc((size_t)lanes * sizeof *end);
  assert_non_null(end);
  sp_lane_rows rows = {.lanes = lanes, .begin = throw_dice(d, 3), .end = end};
  for (int64_t i = 0; i < lanes; i++) end[i] = sp_lane_begin(&rows, i) + throw_dice(d, most_rows + 1);
  const int64_t all = end[lanes - 1], count = m * n;
  values a = random_matrix(d, precision, all, m, m, strange), b = random_matrix(d, precision, all, n, n, strange);
  values c = random_matrix(d, precision, m, n, n, false);
  char *sum = malloc((size_t)(SP_LANE_SUMS * count) * size + 1);
  assert_non_null(sum);
  for (int64_t lane = 0; lane < lanes; lane++) {
    int64_t begin = sp_lane_begin(&rows, lane);
    int place = sp_lane_place(lane);
    const sp_product_part part = {
        .shape = {.m = m, .n = n, .k = end[lane] - begin, .a_transposed = true}, .a_step = m, .b_step = n, .c_step = n};
    sp_reference_product(precision, &part, (char *)a.at + (size_t)(begin * m) * size,
                         (char *)b.at + (size_t)(begin * n) * size, NULL, sum + (size_t)(place * count) * size);
    for (int left = sp_lane_additions(lanes, lane); left > 0; left--, place--) {
      char *into = sum + (size_t)((place - 1) * count) * size;
      sp_add(precision, count, into, into + (size_t)count * size);
    }
  }
  const sp_product_job job = {.m = m,
                              .n = n,
                              .a = a.at,
                              .b = b.at,
                              .a_row = 1,
                              .a_k = m,
                              .b_k = n,
                              .b_column = 1,
                              .c = c.at,
                              .c_step = n,
                              .lanes = &rows};
  for (sp_cpu_index cpu = 0; cpu < SP_CPUS; cpu++) {
    if (!sp_cpu_runs(cpu)) continue;
    for_each_cache(cache) {
      memset(c.at, 0x3f, (size_t)count * size);
      run_job(sp_product_kernels_of(cpu), precision, job, cache);
      int64_t wrong = first_difference(precision, c.at, sum, count);
      if (wrong < 0) continue;
      fail_msg("%s, %s, cache %d: %d lanes, %d x %d, %d rows: row %d, column %d", sp_cpu_name(cpu),
               sp_dtype_name(precision), (int)cache, (int)lanes, (int)m, (int)n, (int)all, (int)(wrong / n),
               (int)(wrong % n));
    }
  }
  free(a.memory), free(b.memory), free(c.memory), free(end), free(sum);
}

#endif
