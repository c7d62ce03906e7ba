// SPDX-License-Identifier: Apache-2.0
// Random transforms of images: which values go where, exact draws, no draws outside training, shapes, errors, and chains
// that need memory of their own.
#include "check.h"
#include "data/transforms.h"

typedef struct flip_options {
  double probability;
} flip_options;
typedef struct crop_options {
  sp_shape size;
  int64_t padding;
} crop_options;
typedef struct scale_options {
  double factor, shift;
} scale_options;
typedef struct one_hot_options {
  int64_t classes;
} one_hot_options;

enum { HEIGHT = 4, WIDTH = 5, CHANNELS = 2, VALUES = HEIGHT * WIDTH * CHANNELS, ROWS = 400 };
static const sp_shape image = {3, {HEIGHT, WIDTH, CHANNELS}}, grey = {2, {HEIGHT, WIDTH}};
static const uint64_t seed = 7;

static sp_selected of(const sp_transform_type *type, const void *options) {
  return (sp_selected){.type = &type->variant, .options = options, .path = "data.transform[0]"};
}

static sp_transform_chain created(const sp_selected *selected, int64_t count, const sp_shape *sample,
                                  sp_dtype precision) {
  sp_transform_chain chain;
  assert_ok(sp_transform_chain_create(&(sp_selected_list){selected, count}, sample, precision, &chain));
  return chain;
}

static sp_transform_draw training(int64_t epoch, int64_t row) {
  return (sp_transform_draw){true, sp_random_key_make(seed, SP_RANDOM_TRANSFORM, (uint64_t)epoch), row};
}

/// The first random number of the first transform of a name, as documented: FNV-1a of the name above the row.
static double drawn(const char *name, int64_t epoch, int64_t row, int number) {
  uint32_t hash = 2166136261u, bits[4];
  for (; *name; name++) hash = (hash ^ (uint8_t)*name) * 16777619u;
  sp_random_bits(sp_random_key_make(seed, SP_RANDOM_TRANSFORM, (uint64_t)epoch), (uint64_t)row,
                 ((uint64_t)hash << 32) + (uint64_t)number, bits);
  return (double)(((uint64_t)bits[0] << 32 | bits[1]) >> 11) * 0x1p-53;
}

static const uint8_t *pixels(void) {
  static uint8_t values[VALUES];
  for (int i = 0; i < VALUES; i++) values[i] = (uint8_t)(i + 1);
  return values;
}

static void flips_are_those_of_the_draws(void **state) {
  (void)state;
  flip_options o = {0.3};
  const sp_selected s = of(&sp_transform_random_flip, &o);
  sp_transform_chain chain = created(&s, 1, &image, SP_FLOAT32);
  int flipped = 0;
  float row[VALUES];
  assert_true(sp_shape_equal(&chain.shape, &image) && !chain.same_places);
  for (int64_t r = 0; r < ROWS; r++) {
    const int64_t epoch = r % 3;
    const sp_transform_draw draw = training(epoch, r);
    const bool flip = drawn("random_flip", epoch, r, 0) < 0.3;
    assert_ok(sp_transform_chain_apply(&chain, &draw, SP_UINT8, pixels(), row));
    for (int i = 0; i < VALUES; i++) {
      int c = i % CHANNELS, x = i / CHANNELS % WIDTH, y = i / CHANNELS / WIDTH, from = flip ? WIDTH - 1 - x : x;
      assert_true(row[i] == (float)((y * WIDTH + from) * CHANNELS + c + 1));
    }
    flipped += flip;
  }
  assert_in_range(flipped, 85, 155);  // of 400: 120 and four standard deviations
  const sp_transform_draw evaluation = {.row = 3};
  o.probability = 1;
  assert_ok(sp_transform_chain_apply(&chain, &evaluation, SP_UINT8, pixels(), row));
  for (int i = 0; i < VALUES; i++) assert_true(row[i] == (float)(i + 1));
  sp_transform_chain_free(&chain);
}

/// Is `row` the part of the image that begins at (y, x), with zeros outside of it?
static void assert_part(const double *row, const sp_shape *in, const sp_shape *size, int64_t top, int64_t left) {
  int64_t channels = in->rank > 2 ? in->extent[2] : 1;
  for (int64_t i = 0; i < size->extent[0] * size->extent[1] * channels; i++) {
    int64_t c = i % channels, x = left + i / channels % size->extent[1], y = top + i / channels / size->extent[1];
    bool inside = x >= 0 && y >= 0 && x < in->extent[1] && y < in->extent[0];
    double expected = inside ? (double)((y * in->extent[1] + x) * channels + c + 1) : 0;
    if (row[i] != expected) fail_msg("value %lld is %g, expected %g", (long long)i, row[i], expected);
  }
}

static void try_crop(const sp_shape *in, int64_t height, int64_t width, int64_t padding) {
  crop_options o = {{2, {height, width}}, padding};
  const sp_selected s = of(&sp_transform_random_crop, &o);
  sp_transform_chain chain = created(&s, 1, in, SP_FLOAT64);
  sp_shape expected = *in;
  double row[512];
  expected.extent[0] = height;
  expected.extent[1] = width;
  assert_true(sp_shape_equal(&chain.shape, &expected));
  const double down = (double)(in->extent[0] + 2 * padding - height + 1);
  const double along = (double)(in->extent[1] + 2 * padding - width + 1);
  for (int64_t r = 0; r < ROWS; r++) {
    const sp_transform_draw draw = training(1, r);
    assert_ok(sp_transform_chain_apply(&chain, &draw, SP_UINT8, pixels(), row));
    assert_part(row, in, &o.size, (int64_t)(drawn("random_crop", 1, r, 0) * down) - padding,
                (int64_t)(drawn("random_crop", 1, r, 1) * along) - padding);
  }
  const sp_transform_draw evaluation = {0};
  assert_ok(sp_transform_chain_apply(&chain, &evaluation, SP_UINT8, pixels(), row));
  assert_part(row, in, &o.size, ((int64_t)down - 1) / 2 - padding, ((int64_t)along - 1) / 2 - padding);
  sp_transform_chain_free(&chain);
}

static void crops_are_those_of_the_draws(void **state) {
  (void)state;
  try_crop(&image, 2, 3, 0);
  try_crop(&image, HEIGHT, WIDTH, 0);  // all of it
  try_crop(&image, HEIGHT, WIDTH, 2);  // shifted
  try_crop(&grey, 1, 1, 3);            // may be in the border only
  try_crop(&grey, 8, 2, 2);
  try_crop(&image, HEIGHT + 4, WIDTH + 4, 2);  // more values than before
}

static void other_draws_for_other_transforms(void **state) {
  (void)state;
  flip_options half = {0.5};
  crop_options all = {{2, {HEIGHT, WIDTH}}, 0};
  const sp_selected twice[] = {of(&sp_transform_random_flip, &half), of(&sp_transform_random_flip, &half)};
  const sp_selected later[] = {of(&sp_transform_random_crop, &all), of(&sp_transform_random_flip, &half)};
  sp_transform_chain two = created(twice, 2, &grey, SP_FLOAT32), one = created(twice, 1, &grey, SP_FLOAT32);
  sp_transform_chain third = created(later, 2, &grey, SP_FLOAT32);
  int equal = 0;
  float a[VALUES], b[VALUES];
  for (int64_t r = 0; r < ROWS; r++) {
    const sp_transform_draw draw = training(0, r);
    assert_ok(sp_transform_chain_apply(&two, &draw, SP_UINT8, pixels(), a));
    equal += a[0] == 1;
    assert_ok(sp_transform_chain_apply(&one, &draw, SP_UINT8, pixels(), a));
    assert_ok(sp_transform_chain_apply(&third, &draw, SP_UINT8, pixels(), b));
    assert_memory_equal(a, b, HEIGHT * WIDTH * sizeof *a);  // the first flip of a list, wherever it is
  }
  assert_in_range(equal, 160, 240);  // two flips of the same draw would always undo each other
  sp_transform_chain_free(&one);
  sp_transform_chain_free(&two);
  sp_transform_chain_free(&third);
}

// Scaled while it is converted, made smaller twice, and expanded in place: 20, 20, 6, 6, 2, 8 values.
static void chains_make_samples_smaller(void **state) {
  (void)state;
  scale_options half = {0.5, 0}, shift = {1, -3};
  crop_options six = {{2, {2, 3}}, 0}, two = {{2, {2, 1}}, 0};
  one_hot_options four = {4};
  const sp_selected s[] = {of(&sp_transform_scale, &half), of(&sp_transform_random_crop, &six),
                           of(&sp_transform_scale, &shift), of(&sp_transform_random_crop, &two),
                           of(&sp_transform_one_hot, &four)};
  sp_transform_chain chain = created(s, 5, &grey, SP_FLOAT32);
  assert_int_equal(chain.moves, 2);
  assert_true(sp_shape_equal(&chain.shape, &(sp_shape){3, {2, 1, 4}}));
  uint8_t sample[HEIGHT * WIDTH];
  memset(sample, 99, sizeof sample);
  sample[1 * WIDTH + 2] = 10;  // the centre of the centre: 10 / 2 - 3 = 2, and 0
  sample[2 * WIDTH + 2] = 6;
  const sp_transform_draw evaluation = {0};
  float row[8 + 1] = {[8] = 77};
  static const float expected[8 + 1] = {0, 0, 1, 0, 1, 0, 0, 0, 77};
  assert_ok(sp_transform_chain_apply(&chain, &evaluation, SP_UINT8, sample, row));
  assert_memory_equal(row, expected, sizeof row);
  sample[2 * WIDTH + 2] = 7;  // its place in the file is not known any more
  assert_fails(sp_transform_chain_apply(&chain, &evaluation, SP_UINT8, sample, row), SP_ERR_DATA,
               "one_hot: value 0.5: expected an integer from 0 to 3");
  sp_transform_chain_free(&chain);
}

static void refused(const sp_transform_type *type, const void *options, sp_shape shape, const char *message) {
  sp_transform_chain chain;
  const sp_selected s = of(type, options);
  assert_int_equal(sp_transform_chain_create(&(sp_selected_list){&s, 1}, &shape, SP_FLOAT32, &chain), SP_ERR_SHAPE);
  assert_string_equal(sp_error_message(), message);
}

static void what_is_no_image_is_refused(void **state) {
  (void)state;
  flip_options half = {0.5};
  crop_options large = {{2, {7, 5}}, 1}, line = {{1, {3}}, 0};
  refused(&sp_transform_random_flip, &half, (sp_shape){1, {784}},
          "data.transform[0]: random_flip: expected images of shape [height, width] or [height, width, channels], got "
          "[784]: put a reshape before it");
  refused(&sp_transform_random_crop, &large, image,
          "data.transform[0]: random_crop: a part of size [7, 5] does not fit into an image of shape [4, 5, 2] with a "
          "border of 1");
  refused(&sp_transform_random_crop, &line, image,
          "data.transform[0]: random_crop: size: expected [height, width], got [3]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(flips_are_those_of_the_draws),     cmocka_unit_test(crops_are_those_of_the_draws),
      cmocka_unit_test(other_draws_for_other_transforms), cmocka_unit_test(chains_make_samples_smaller),
      cmocka_unit_test(what_is_no_image_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
