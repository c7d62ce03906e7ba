// SPDX-License-Identifier: Apache-2.0
// Synthetic problems: the same numbers for the same options, and the stated properties of the problems.
#include "import_files.h"

static void read_all(const char *path, const char *name, double *values) {
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), set = H5Dopen2(file, name, H5P_DEFAULT);
  assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  H5Dclose(set);
  H5Fclose(file);
}

static void read_numbers(const char *path, const char *attribute, double *values) {
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  hid_t id = H5Aopen_by_name(file, "/train/targets", attribute, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(H5Aread(id, H5T_NATIVE_DOUBLE, values) >= 0);
  H5Aclose(id);
  H5Fclose(file);
}

static void regression_is_linear(void **state) {  // without noise, targets follow from the weights that are recorded
  (void)state;
  enum { ROWS = 500, FEATURES = 7 };
  sp_import_synthetic_options options = {.rows = ROWS, .features = FEATURES, .regression = true, .noise = 0, .seed = 3};
  const char *path = in_directory("linear.h5");
  assert_ok(import_into(path, &sp_import_synthetic, &options));
  static double features[ROWS * FEATURES], targets[ROWS];
  double weights[FEATURES], bias;
  read_all(path, "/train/features", features);
  read_all(path, "/train/targets", targets);
  read_numbers(path, "weights", weights);
  read_numbers(path, "bias", &bias);
  for (int i = 0; i < ROWS; i++) {
    double sum = bias;
    for (int j = 0; j < FEATURES; j++) sum += weights[j] * features[i * FEATURES + j];
    assert_near(targets[i], sum, 1e-6 * (1 + fabs(sum)));
  }
  assert_false(holds(path, "/test"));
}

static void noise_has_its_deviation(void **state) {
  (void)state;
  enum { ROWS = 20000 };
  sp_import_synthetic_options options = {.rows = ROWS, .features = 1, .regression = true, .noise = 0.5, .seed = 3};
  static double features[ROWS], targets[ROWS];
  const char *path = in_directory("noise.h5");
  assert_ok(import_into(path, &sp_import_synthetic, &options));
  double weight, bias, sum = 0, squares = 0;
  read_all(path, "/train/features", features);
  read_all(path, "/train/targets", targets);
  read_numbers(path, "weights", &weight);
  read_numbers(path, "bias", &bias);
  for (int i = 0; i < ROWS; i++) {
    double error = targets[i] - weight * features[i] - bias;
    sum += error;
    squares += error * error;
  }
  assert_near(sum / ROWS, 0, 0.02);
  assert_near(sqrt(squares / ROWS), 0.5, 0.02);
}

static void classes_are_clusters(
    void **state) {  // the nearest mean of the training rows finds the classes of the test rows
  (void)state;
  enum { ROWS = 3000, TEST = 1000, FEATURES = 20, CLASSES = 4 };
  sp_import_synthetic_options options = {
      .rows = ROWS, .test_rows = TEST, .features = FEATURES, .classes = CLASSES, .noise = 1, .seed = 1};
  const char *path = in_directory("clusters.h5");
  assert_ok(import_into(path, &sp_import_synthetic, &options));
  static double features[ROWS * FEATURES], targets[ROWS], mean[CLASSES][FEATURES];
  double rows[CLASSES] = {0};
  read_all(path, "/train/features", features);
  read_all(path, "/train/targets", targets);
  for (int i = 0; i < ROWS; i++) {
    int class = (int)targets[i];
    assert_in_range(class, 0, CLASSES - 1);
    rows[class]++;
    for (int j = 0; j < FEATURES; j++) mean[class][j] += features[i * FEATURES + j];
  }
  for (int c = 0; c < CLASSES; c++) {
    assert_in_range(rows[c], ROWS / CLASSES - 150, ROWS / CLASSES + 150);
    for (int j = 0; j < FEATURES; j++) mean[c][j] /= rows[c];
  }
  int right = 0;
  read_all(path, "/test/features", features);
  read_all(path, "/test/targets", targets);
  for (int i = 0; i < TEST; i++) {
    int nearest = 0;
    double least = INFINITY;
    for (int c = 0; c < CLASSES; c++) {
      double distance = 0;
      for (int j = 0; j < FEATURES; j++) distance += pow(features[i * FEATURES + j] - mean[c][j], 2);
      if (distance < least) nearest = c;
      if (distance < least) least = distance;
    }
    right += nearest == (int)targets[i];
  }
  assert_true(right > TEST * 95 / 100);
}

static void same_options_same_bytes(void **state) {
  (void)state;
  sp_import_synthetic_options options = {
      .rows = 100, .test_rows = 5, .features = 3, .classes = 2, .noise = 1, .seed = 9};
  char *data[2];
  size_t size[2];
  for (int i = 0; i < 2; i++) {
    assert_ok(import_into(in_directory("same.h5"), &sp_import_synthetic, &options));
    assert_ok(sp_file_read(in_directory("same.h5"), 1 << 20, &data[i], &size[i]));
  }
  assert_int_equal(size[0], size[1]);
  assert_memory_equal(data[0], data[1], size[0]);
  free(data[0]);
  free(data[1]);
}

static void the_seed_matters_and_test_rows_do_not(void **state) {
  (void)state;
  sp_import_synthetic_options options = {.rows = 50, .features = 2, .regression = true, .noise = 1, .seed = 1};
  double values[3][100];
  for (int i = 0; i < 3; i++) {
    options.test_rows = i == 1 ? 20 : 0;
    options.seed = i == 2 ? 2 : 1;
    assert_ok(import_into(in_directory("seed.h5"), &sp_import_synthetic, &options));
    read_all(in_directory("seed.h5"), "/train/features", values[i]);
  }
  assert_memory_equal(values[0], values[1], sizeof values[0]);
  assert_memory_not_equal(values[0], values[2], sizeof values[0]);
}

static void wrong_options(void **state) {
  (void)state;
  sp_import_synthetic_options options = {.rows = 5, .features = 2, .noise = 1};
  assert_import_fails(&sp_import_synthetic, &options, SP_ERR_USAGE, "expected either --classes or --regression");
  options.classes = 1;
  assert_import_fails(&sp_import_synthetic, &options, SP_ERR_USAGE, "--classes: found 1, expected at least 2");
  options.classes = 2;
  options.regression = true;
  assert_import_fails(&sp_import_synthetic, &options, SP_ERR_USAGE, "expected either");
  options.regression = false;
  options.rows = INT64_MAX / 2;
  assert_import_fails(&sp_import_synthetic, &options, SP_ERR_MEMORY, "more values than can be addressed");
  options.rows = (int64_t)1 << 55;
  assert_import_fails(&sp_import_synthetic, &options, SP_ERR_SPACE, "of free space, expected");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(regression_is_linear),
      cmocka_unit_test(noise_has_its_deviation),
      cmocka_unit_test(classes_are_clusters),
      cmocka_unit_test(same_options_same_bytes),
      cmocka_unit_test(the_seed_matters_and_test_rows_do_not),
      cmocka_unit_test(wrong_options),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
