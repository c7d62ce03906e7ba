// SPDX-License-Identifier: Apache-2.0
// Sums over the rows of lanes: in one call the same bits as lane by lane, added along the lane tree. For every number of
// lanes, with lanes without rows, panels, and more columns than are computed at a time.
#include "compute/lane_rows.h"

#include "check.h"
#include "compute/product.h"
#include "exchange/lanes.h"
#include "model.h"

enum { MOST = 70, BEFORE = 3 };  // lanes; rows before those of the lanes

static int64_t end[MOST];

/// Give lanes 0 to 4 rows each, behind other rows. Returns the end of the last one.
static sp_lane_rows make_lanes(int64_t lanes) {
  int64_t row = BEFORE;
  for (int64_t i = 0; i < lanes; i++) end[i] = row += (i * 7 + lanes) % 5;
  return (sp_lane_rows){lanes, BEFORE, end};
}

static sp_lane_rows one_lane(const sp_lane_rows *rows, int64_t lane) {
  return (sp_lane_rows){1, sp_lane_begin(rows, lane), rows->end + lane};
}

typedef struct table {
  sp_dtype precision;
  char *values;
  int64_t width;
} table;

static void *row_of(const table *t, int64_t row) {
  return t->values + (size_t)(row * t->width) * sp_dtype_size(t->precision);
}

static void add_rows(void *context, int64_t into, int64_t from) {
  const table *t = context;
  sp_add(t->precision, t->width, row_of(t, into), row_of(t, from));
}

static table table_of(sp_dtype precision, int64_t rows, int64_t width) {
  return (table){precision, calloc((size_t)(rows * width) + 1, sp_dtype_size(precision)), width};
}

/// Compare `sum` with the sum of the rows of `each` along the tree.
static void check_sum(table *each, int64_t lanes, const void *sum) {
  sp_lanes_sum_tree(lanes, NULL, lanes, add_rows, each);
  assert_memory_equal(each->values, sum, (size_t)each->width * sp_dtype_size(each->precision));
}

static void products(void **state) {
  (void)state;
  static const sp_arithmetic arithmetics[] = {{.precision = SP_FLOAT32}, {.precision = SP_FLOAT64}};
  static const int64_t sizes[][2] = {{1, 1}, {37, 5}, {600, 130}, {3, 20000}};
  for (int p = 0; p < 2; p++) {
    for (int s = 0; s < 4; s++) {
      for (int64_t lanes = 1; lanes <= MOST; lanes += s < 2 ? 1 : 23) {
        const sp_arithmetic how = arithmetics[p];
        const int64_t m = sizes[s][0], n = sizes[s][1];
        const sp_lane_rows rows = make_lanes(lanes);
        const int64_t k = end[lanes - 1];
        sp_compute *compute;
        const sp_product *product;
        assert_ok(sp_compute_create(how, &compute));
        const sp_product_shape shape = {.m = m, .n = n, .k = k, .a_transposed = true, .panels_of_rows = true};
        assert_ok(sp_compute_product(compute, &shape, &product));
        void *a = random_values(how.precision, k * m, 1), *b = random_values(how.precision, k * n, 2);
        table each = table_of(how.precision, lanes, m * n), sum = table_of(how.precision, 1, m * n);
        for (int64_t panel = 0; panel < sp_product_panels(product); panel++) {
          sp_product_run_lanes(product, panel, &rows, a, b, sum.values);
          for (int64_t i = 0; i < lanes; i++) {
            const sp_lane_rows lane = one_lane(&rows, i);
            sp_product_run_lanes(product, panel, &lane, a, b, row_of(&each, i));
          }
        }
        double element = 0;
        for (int64_t l = BEFORE; l < k; l++) {
          element += sp_value_at(how.precision, a, l * m + m - 1) * sp_value_at(how.precision, b, l * n);
        }
        assert_near(sp_value_at(how.precision, sum.values, (m - 1) * n), element, 1e-4);
        check_sum(&each, lanes, sum.values);
        free(a), free(b), free(each.values), free(sum.values);
        sp_compute_free(compute);
      }
    }
  }
}

static void columns(void **state) {
  (void)state;
  static const int64_t widths[] = {1, 5, 128, 300};
  for (int p = 0; p < 2; p++) {
    const sp_dtype precision = p ? SP_FLOAT64 : SP_FLOAT32;
    for (int64_t lanes = 1; lanes <= MOST; lanes++) {
      const int64_t n = widths[lanes % 4];
      const sp_lane_rows rows = make_lanes(lanes);
      void *x = random_values(precision, end[lanes - 1] * n, 3);
      table each = table_of(precision, lanes, n), sum = table_of(precision, 1, n);
      sp_column_sums(precision, &rows, n, x, sum.values);
      for (int64_t i = 0; i < lanes; i++) {
        const sp_lane_rows lane = one_lane(&rows, i);
        sp_column_sums(precision, &lane, n, x, row_of(&each, i));
      }
      check_sum(&each, lanes, sum.values);
      free(x), free(each.values), free(sum.values);
    }
  }
}

// Rounded to the precision before they are added.
static void wide_sums(void **state) {
  (void)state;
  for (int p = 0; p < 2; p++) {
    const sp_dtype precision = p ? SP_FLOAT64 : SP_FLOAT32;
    for (int64_t lanes = 1; lanes <= MOST; lanes++) {
      const int64_t n = 1 + lanes * 5 % 200, step = n + 2;
      double *sums = random_values(SP_FLOAT64, lanes * step, 4);
      table each = table_of(precision, lanes, n), sum = table_of(precision, 1, n);
      sp_lanes_add(precision, lanes, n, 1.0 / 3, sums, step, sum.values);
      for (int64_t i = 0; i < lanes * n; i++) {
        sp_value_set(precision, each.values, i, 1.0 / 3 * sums[i / n * step + i % n]);
      }
      check_sum(&each, lanes, sum.values);
      free(sums), free(each.values), free(sum.values);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(products),
      cmocka_unit_test(columns),
      cmocka_unit_test(wide_sums),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
