// SPDX-License-Identifier: Apache-2.0
// Transforms: their arithmetic to the bit, their shapes, and what they refuse.
#include "data/transform.h"

#include "check.h"
#include "data/transforms.h"

typedef struct scale_options {
  double factor, shift;
} scale_options;
typedef struct standardize_options {
  int over;
} standardize_options;
typedef struct one_hot_options {
  int64_t classes;
} one_hot_options;
typedef struct reshape_options {
  sp_shape shape;
} reshape_options;

static const sp_transform_draw evaluation = {0};
static const sp_shape image = {.rank = 2, .extent = {2, 3}};

static sp_status create(const sp_selected *selected, int64_t count, const sp_shape *sample, sp_dtype precision,
                        sp_transform_chain *chain) {
  return sp_transform_chain_create(&(sp_selected_list){selected, count}, sample, precision, chain);
}

// From a row of the precision, in place.
static sp_status apply(const sp_transform_chain *chain, void *row) {
  double sample[24];
  memcpy(sample, row, (size_t)chain->sample_values * sp_dtype_size(chain->precision));
  return sp_transform_chain_apply(chain, &evaluation, chain->precision, sample, row);
}

static sp_selected of(const sp_transform_type *type, const void *options) {
  return (sp_selected){.type = &type->variant, .options = options, .path = "data.transform[0]"};
}

static void scale_is_a_plain_product(void **state) {
  (void)state;
  scale_options o = {.factor = 0.00392156863, .shift = 0};
  sp_selected s = of(&sp_transform_scale, &o);
  sp_transform_chain chain;
  assert_ok(create(&s, 1, &image, SP_FLOAT32, &chain));
  assert_int_equal(chain.values, 6);
  float row[6] = {0, 1, -0.0f, 128, 254, 255}, expected[6];
  for (int i = 0; i < 6; i++) expected[i] = row[i] * (float)0.00392156863;
  assert_ok(apply(&chain, row));
  assert_memory_equal(row, expected, sizeof row);
  sp_transform_chain_free(&chain);
}

// Bytes are scaled while they are converted: the same bits as one after the other.
static void scale_of_bytes(void **state) {
  (void)state;
  scale_options third = {.factor = 1.0 / 3, .shift = 0}, none = {.factor = 1, .shift = 1e-3};
  const sp_selected first[] = {of(&sp_transform_scale, &third), of(&sp_transform_scale, &none)};
  const sp_selected second[] = {of(&sp_transform_reshape, &(reshape_options){.shape = image}), first[0], first[1]};
  const uint8_t bytes[6] = {0, 1, 7, 100, 254, 255};
  sp_transform_chain chain;
  float row[6], again[6];
  assert_ok(create(first, 2, &image, SP_FLOAT32, &chain));
  assert_int_equal(chain.converted, 1);
  assert_ok(sp_transform_chain_apply(&chain, &evaluation, SP_UINT8, bytes, row));
  sp_transform_chain_free(&chain);
  assert_ok(create(second, 3, &image, SP_FLOAT32, &chain));
  assert_int_equal(chain.converted, 0);
  assert_ok(sp_transform_chain_apply(&chain, &evaluation, SP_UINT8, bytes, again));
  sp_transform_chain_free(&chain);
  assert_memory_equal(row, again, sizeof row);
  for (int i = 0; i < 6; i++) {
    volatile float product = (float)bytes[i] * (float)(1.0 / 3);  // volatile: two roundings
    float sum = product * 1.0f + 1e-3f;
    assert_memory_equal(&row[i], &sum, sizeof sum);
  }
}

static void scale_and_shift_in_both_precisions(void **state) {
  (void)state;
  scale_options o = {.factor = 0.1, .shift = -0.7};
  sp_selected s = of(&sp_transform_scale, &o);
  sp_transform_chain chain;
  float narrow[6] = {1, 2, 3, 4, 5, 6};
  double wide[6] = {1, 2, 3, 4, 5, 6};
  assert_ok(create(&s, 1, &image, SP_FLOAT32, &chain));
  assert_ok(apply(&chain, narrow));
  sp_transform_chain_free(&chain);
  assert_ok(create(&s, 1, &image, SP_FLOAT64, &chain));
  assert_ok(apply(&chain, wide));
  sp_transform_chain_free(&chain);
  for (int i = 0; i < 6; i++) {
    volatile float product = (float)(i + 1) * 0.1f;  // volatile: two roundings
    volatile double product64 = (i + 1) * 0.1;
    float sum = product + -0.7f;
    double sum64 = product64 + -0.7;
    assert_memory_equal(&narrow[i], &sum, sizeof sum);
    assert_memory_equal(&wide[i], &sum64, sizeof sum64);
  }
}

static void standardize_known_answer(void **state) {
  (void)state;
  sp_shape pair = {.rank = 1, .extent = {2}};
  const double rows[4][2] = {{1, 7}, {2, 7}, {3, 7}, {6, 7}};
  // Means 3 and 7, variances (4 + 1 + 0 + 9) / 4 and 0.
  for (int over = 0; over <= 1; over++) {
    standardize_options o = {.over = over};
    sp_selected s = of(&sp_transform_standardize, &o);
    sp_transform_chain chain;
    assert_ok(create(&s, 1, &pair, SP_FLOAT64, &chain));
    sp_transform *t = chain.standardizer;
    assert_int_equal(t->type->moments_size(t), over == 0 ? 2 : 1);
    double mean[2] = {0}, sum[2] = {0};
    for (int i = 0; i < 4; i++) t->type->moments_add(t, rows[i], NULL, mean);
    for (int i = 0; i < 2; i++) mean[i] /= 4;  // rows; `all` adds each row's mean
    for (int i = 0; i < 4; i++) t->type->moments_add(t, rows[i], mean, sum);
    if (over == 0) {
      assert_near(mean[0], 3, 0);
      assert_near(mean[1], 7, 0);
      assert_near(sum[0], 14, 0);
      assert_near(sum[1], 0, 0);
    } else {
      assert_near(mean[0], 5, 0);
      assert_near(sum[0], 23, 0);  // (16 + 9 + 4 + 1 + 4 * 4) / 2
    }
    t->type->moments_set(t, mean, (double[2]){2, 0});  // a deviation of 0 counts as 1
    double row[2] = {6, 9};
    assert_ok(apply(&chain, row));
    assert_near(row[0], over == 0 ? 1.5 : 0.5, 0);
    assert_near(row[1], 2, 0);
    sp_transform_chain_free(&chain);
  }
}

static void standardize_in_float32(void **state) {
  (void)state;
  standardize_options o = {.over = 0};
  sp_selected s = of(&sp_transform_standardize, &o);
  sp_transform_chain chain;
  assert_ok(create(&s, 1, &image, SP_FLOAT32, &chain));
  const double mean[6] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6}, deviation[6] = {3, 7, 0.1, 11, 13, 1e-3};
  chain.standardizer->type->moments_set(chain.standardizer, mean, deviation);
  float row[6] = {1, 2, 3, 4, 5, 6};
  assert_ok(apply(&chain, row));
  for (int i = 0; i < 6; i++) {
    float expected = ((float)(i + 1) - (float)mean[i]) * (float)(1 / deviation[i]);
    assert_memory_equal(&row[i], &expected, sizeof expected);
  }
  sp_transform_chain_free(&chain);
}

static void one_hot_expands(void **state) {
  (void)state;
  one_hot_options o = {.classes = 4};
  sp_selected s = of(&sp_transform_one_hot, &o);
  sp_transform_chain chain;
  sp_shape triple = {.rank = 1, .extent = {3}}, scalar = {.rank = 0};
  assert_ok(create(&s, 1, &triple, SP_FLOAT32, &chain));
  assert_true(sp_shape_equal(&chain.shape, &(sp_shape){.rank = 2, .extent = {3, 4}}));
  float row[12] = {3, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9};
  const float expected[12] = {0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0};
  assert_ok(apply(&chain, row));
  assert_memory_equal(row, expected, sizeof row);
  sp_transform_chain_free(&chain);
  assert_ok(create(&s, 1, &scalar, SP_FLOAT64, &chain));
  assert_true(sp_shape_equal(&chain.shape, &(sp_shape){.rank = 1, .extent = {4}}));
  double one[4] = {2, 9, 9, 9};
  assert_ok(apply(&chain, one));
  for (int i = 0; i < 4; i++) assert_near(one[i], i == 2, 0);
  static const double wrong[] = {-1, 4, 0.5, NAN};
  for (int i = 0; i < 4; i++) {
    one[0] = wrong[i];
    assert_fails(apply(&chain, one), SP_ERR_DATA, "expected an integer from 0 to 3");
  }
  sp_transform_chain_free(&chain);
}

static void reshape_keeps_the_values(void **state) {
  (void)state;
  reshape_options o = {.shape = {.rank = 1, .extent = {6}}};
  sp_selected s = of(&sp_transform_reshape, &o);
  sp_transform_chain chain;
  assert_ok(create(&s, 1, &image, SP_FLOAT32, &chain));
  assert_true(sp_shape_equal(&chain.shape, &o.shape));
  float row[6] = {1, 2, 3, 4, 5, 6};
  assert_ok(apply(&chain, row));
  for (int i = 0; i < 6; i++) assert_near(row[i], i + 1, 0);
  sp_transform_chain_free(&chain);
  o.shape.extent[0] = 5;
  assert_fails(create(&s, 1, &image, SP_FLOAT32, &chain), SP_ERR_SHAPE,
               "data.transform[0]: reshape: shape [5] has 5 values");
  o.shape = (sp_shape){.rank = 2, .extent = {INT64_MAX, 2}};
  assert_fails(create(&s, 1, &image, SP_FLOAT32, &chain), SP_ERR_SHAPE, "more values than a 64-bit integer can count");
}

static void chains_run_in_order(void **state) {
  (void)state;
  scale_options half = {.factor = 0.5, .shift = 0};
  one_hot_options four = {.classes = 4};
  reshape_options flat = {.shape = {.rank = 1, .extent = {24}}};
  const sp_selected s[] = {of(&sp_transform_scale, &half), of(&sp_transform_one_hot, &four),
                           of(&sp_transform_reshape, &flat), of(&sp_transform_scale, &half)};
  sp_transform_chain chain;
  assert_ok(create(s, 4, &image, SP_FLOAT32, &chain));
  assert_true(sp_shape_equal(&chain.shape, &flat.shape));
  float row[24] = {6, 4, 2, 0, 2, 4};
  static const int place[6] = {3, 2, 1, 0, 1, 2};
  assert_ok(apply(&chain, row));
  for (int i = 0; i < 24; i++) assert_near(row[i], i % 4 == place[i / 4] ? 0.5 : 0, 0);
  sp_transform_chain_free(&chain);
}

static void at_most_one_standardize(void **state) {
  (void)state;
  standardize_options o = {.over = 0};
  const sp_selected s[] = {of(&sp_transform_standardize, &o), of(&sp_transform_standardize, &o)};
  sp_transform_chain chain;
  assert_fails(create(s, 2, &image, SP_FLOAT32, &chain), SP_ERR_CONFIG,
               "only one transform of a list may need statistics");
}

static void ranks_have_a_limit(void **state) {
  (void)state;
  one_hot_options o = {.classes = 2};
  sp_selected s = of(&sp_transform_one_hot, &o);
  sp_transform_chain chain;
  sp_shape deep = {.rank = SP_MAX_RANK, .extent = {1, 1, 1, 1, 1, 1, 1, 1}};
  assert_fails(create(&s, 1, &deep, SP_FLOAT32, &chain), SP_ERR_SHAPE, "cannot have one more dimension");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scale_is_a_plain_product),
      cmocka_unit_test(scale_of_bytes),
      cmocka_unit_test(scale_and_shift_in_both_precisions),
      cmocka_unit_test(standardize_known_answer),
      cmocka_unit_test(standardize_in_float32),
      cmocka_unit_test(one_hot_expands),
      cmocka_unit_test(reshape_keeps_the_values),
      cmocka_unit_test(chains_run_in_order),
      cmocka_unit_test(at_most_one_standardize),
      cmocka_unit_test(ranks_have_a_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
