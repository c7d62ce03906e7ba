// SPDX-License-Identifier: Apache-2.0
// Which targets losses accept; the check of all targets in order; attributes that change stored numbers; fingerprints.
#include <math.h>

#include "columns.h"
#include "compute/elementwise.h"
#include "data/column_check.h"
#include "data/fingerprint.h"
#include "data/moments.h"
#include "data/row_cache.h"
#include "data/row_dataset.h"
#include "data/transform.h"
#include "hdf5_writer.h"
#include "model/loss.h"
#include "model/network.h"
#include "model/prediction.h"
#include "train/data_identity.h"

static const sp_selected_list none = {NULL, 0};

static sp_status check(const sp_loss_type *loss, int64_t size, int64_t rows, const float *targets, int64_t *row) {
  double wide[16];
  for (int64_t i = 0; i < rows * size; i++) wide[i] = (double)targets[i];
  sp_status narrow = loss->check(
      &(sp_delivered){.column = SP_TARGETS, .precision = SP_FLOAT32, .rows = rows, .size = size, .values = targets},
      row);
  int64_t again = -1;
  assert_int_equal(
      loss->check(
          &(sp_delivered){.column = "percent", .precision = SP_FLOAT64, .rows = rows, .size = size, .values = wide},
          &again),
      narrow);
  if (narrow != SP_OK) assert_int_equal(again, *row);
  return narrow;
}

static void every_loss_states_its_targets(void **state) {
  (void)state;
  for (int i = 0; sp_losses[i]; i++) {
    const sp_loss_type *loss = (const sp_loss_type *)(const void *)sp_losses[i];
    const float good[] = {0, 1}, bad[] = {0, 1, 0, NAN, 1, 0};
    int64_t row = -1;
    assert_non_null(loss->targets);
    assert_ok(check(loss, 2, 1, good, &row));
    assert_fails(check(loss, 2, 3, bad, &row), SP_ERR_DATA, "replace the value");
    assert_int_equal(row, 1);
  }
}

static void yes_or_no(void **state) {
  (void)state;
  const sp_loss_type *loss = &sp_loss_sigmoid_cross_entropy;
  int64_t row;
  assert_ok(check(loss, 1, 4, (float[]){0, 1, 0.25F, 1.0000001F}, &row));
  assert_fails(check(loss, 1, 3, (float[]){1, 1, -1}, &row), SP_ERR_DATA,
               "target -1, expected 0 to 1: to convert labels -1 and 1");
  assert_int_equal(row, 2);
  assert_fails(check(loss, 2, 2, (float[]){0, 0, 0, 255}, &row), SP_ERR_DATA, "divide by 255");
  assert_int_equal(row, 1);
  assert_fails(check(loss, 2, 2, (float[]){0, 0.5F, 37.5F, 99}, &row), SP_ERR_DATA,
               "target 37.5, expected 0 to 1: to convert percent");
  assert_fails(check(loss, 1, 3, (float[]){0, 100, 50}, &row), SP_ERR_DATA, "[{scale: 0.01}]");
  assert_fails(check(loss, 1, 3, (float[]){0, 100, 150}, &row), SP_ERR_DATA, "divide by 255");
  assert_fails(check(loss, 1, 2, (float[]){0, 2}, &row), SP_ERR_DATA, "target 2, expected 0 to 1");
  assert_fails(check(loss, 1, 2, (float[]){0, INFINITY}, &row), SP_ERR_DATA, "target inf");
}

static void distributions(void **state) {
  (void)state;
  const sp_loss_type *loss = &sp_loss_softmax_cross_entropy;
  int64_t row;
  assert_ok(check(loss, 3, 2, (float[]){0, 1, 0, 0.3333F, 0.3333F, 0.3333F}, &row));
  assert_fails(check(loss, 3, 2, (float[]){0, 1, 0, 1, 1, 0}, &row), SP_ERR_DATA, "add up to 2, expected 1");
  assert_int_equal(row, 1);
  assert_fails(check(loss, 3, 1, (float[]){0, 0, 0}, &row), SP_ERR_DATA, "add up to 0");
  assert_fails(check(loss, 3, 1, (float[]){1, -0.5F, 0.5F}, &row), SP_ERR_DATA, "target -0.5");
  assert_fails(check(loss, 3, 1, (float[]){0, 255, 0}, &row), SP_ERR_DATA, "divide by 255");
  assert_fails(check(loss, 3, 2, (float[]){1, 0, 0, -0.6931472F, -1.3862944F, -1.3862944F}, &row), SP_ERR_DATA,
               ": the row looks like logarithms of probabilities");
  assert_fails(check(loss, 3, 1, (float[]){-1, 1, -1}, &row), SP_ERR_DATA, "to convert -1 and 1");
  assert_fails(check(loss, 3, 1, (float[]){-1, 0, 0}, &row), SP_ERR_DATA, "to convert -1 and 1");
}

static void the_first_outside(void **state) {
  (void)state;
  enum { N = 10000 };
  float *values = calloc(N, sizeof *values);
  assert_int_equal(sp_first_outside(SP_FLOAT32, N, values, 0, 1), -1);
  for (int i = N - 1; i >= 0; i -= 997) {
    values[i] = i % 2 ? NAN : -1;
    assert_int_equal(sp_first_outside(SP_FLOAT32, N, values, 0, 1), i);
  }
  free(values);
}

static sp_dataset *opened(const char *path, const char *features, const char *targets) {
  const sp_data_source_options source = {.file = {&path, 1}, .features = features, .targets = targets};
  sp_dataset *dataset;
  assert_ok(open_pair(&source, &none, &none, SP_FLOAT32, &dataset));
  return dataset;
}

static sp_status check_labels(const char *path, const char *targets, int64_t rows, int64_t classes) {
  sp_dataset *dataset = opened(path, targets, targets);
  assert_ok(use_classes(dataset, classes));
  sp_status status = sp_dataset_check(dataset, TARGETS, 0, rows, NULL, NULL);
  sp_dataset_close(dataset);
  return status;
}

static void labels_from_one(void **state) {
  (void)state;
  const char *path = in_directory("from_one.h5");
  hid_t file = new_file(path);
  write_values(file, "/one", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (hsize_t[]){4}, (uint8_t[]){2, 1, 3, 3});
  write_values(file, "/zero", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (hsize_t[]){4}, (uint8_t[]){2, 1, 3, 0});
  write_values(file, "/four", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (hsize_t[]){4}, (uint8_t[]){2, 1, 3, 4});
  H5Fclose(file);
  assert_fails(
      check_labels(path, "/one", 4, 3), SP_ERR_DATA,
      "row 2: label 3, expected 0 to 2 (all labels are from 1 to 3; to count from 0, use data.target_transform: "
      "[{scale: {factor: 1, shift: -1}}, {one_hot: {classes: 3}}], or");
  for (int i = 0; i < 2; i++) {
    assert_fails(check_labels(path, i ? "/zero" : "/four", 4, 3), SP_ERR_DATA, "row 2: label 3, expected 0 to 2");
    assert_null(strstr(sp_error_message(), "from 1"));
  }
}

static void labels_of_every_type(void **state) {
  (void)state;
  enum { ROWS = 40000, WRONG = 30001 };
  const hid_t types[] = {H5T_NATIVE_INT8,  H5T_NATIVE_UINT8,  H5T_NATIVE_INT16, H5T_NATIVE_UINT16,
                         H5T_NATIVE_INT32, H5T_NATIVE_UINT32, H5T_NATIVE_INT64, H5T_NATIVE_UINT64};
  int64_t *label = calloc(ROWS, sizeof *label);
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    const int64_t wrong[] = {100, H5Tget_sign(types[i]) == H5T_SGN_2 ? -1 : 101};
    const char *path = in_directory("labels.h5");
    hid_t file = new_file(path);
    for (int w = 0; w < 2; w++) {
      for (int r = 0; r < ROWS; r++) label[r] = r % 100;
      write_values(file, w ? "/good1" : "/good0", types[i], H5T_NATIVE_INT64, 1, (hsize_t[]){ROWS}, label);
      label[WRONG] = wrong[w];
      write_values(file, w ? "/bad1" : "/bad0", types[i], H5T_NATIVE_INT64, 1, (hsize_t[]){ROWS}, label);
    }
    H5Fclose(file);
    assert_ok(check_labels(path, "/good0", ROWS, 100));
    assert_ok(check_labels(path, "/good0", ROWS, 1000000));
    assert_fails(check_labels(path, "/bad0", ROWS, 100), SP_ERR_DATA, "row 30001: label 100, expected 0 to 99");
    assert_fails(check_labels(path, "/bad1", ROWS, 100), SP_ERR_DATA, "row 30001: label ");
    if (wrong[1] < 0)
      assert_fails(check_labels(path, "/bad1", ROWS, 1000000), SP_ERR_DATA, "label -1, expected 0 to 999999");
  }
  free(label);
}

static void labels_that_doubles_do_not_hold(void **state) {
  (void)state;
  const uint64_t label[] = {0, ((uint64_t)1 << 53) + 1, 1}, huge[] = {0, 1, ((uint64_t)1 << 63) + 1};
  const char *path = in_directory("large.h5");
  hid_t file = new_file(path);
  write_values(file, "/y", H5T_STD_I64LE, H5T_NATIVE_UINT64, 1, (hsize_t[]){3}, label);
  write_values(file, "/z", H5T_STD_U64LE, H5T_NATIVE_UINT64, 1, (hsize_t[]){3}, huge);
  H5Fclose(file);
  assert_fails(check_labels(path, "/y", 3, 10), SP_ERR_DATA, "row 1: label 9007199254740993, expected 0 to 9");
  assert_fails(check_labels(path, "/z", 3, 10), SP_ERR_DATA, "row 2: label 9223372036854775809, expected 0 to 9");
}

static sp_status accepts(const void *loss, const sp_delivered *targets, int64_t *row) {
  return loss ? ((const sp_loss_type *)loss)->check(targets, row) : SP_OK;
}

/// Messages show the values as the file stores them, not rounded to float32.
static void values_of_the_file(void **state) {
  (void)state;
  const double large[] = {1, 1e39}, near[] = {0, 1.0000021}, classes[] = {0, 16777217}, words[] = {0, -200};
  const float whole[] = {0, NAN};
  const sp_data_source_options source = {.file = {(const char *const[]){in_directory("shown.h5")}, 1}};
  hid_t file = new_file(source.file.item[0]);
  write_values(file, "/large", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, (hsize_t[]){2}, large);
  write_values(file, "/near", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, (hsize_t[]){2}, near);
  write_values(file, "/classes", H5T_STD_I64LE, H5T_NATIVE_DOUBLE, 1, (hsize_t[]){2}, classes);
  write_values(file, "/words", H5T_STD_I16LE, H5T_NATIVE_DOUBLE, 1, (hsize_t[]){2}, words);
  write_values(file, "/nan", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 1, (hsize_t[]){2}, whole);
  H5Fclose(file);
  const sp_selected scaled = {.type = &sp_transform_scale.variant,
                              .options = &(struct { double factor, shift; }){0.01, 0}};
  const sp_selected standardized = {.type = &sp_transform_standardize.variant, .options = &(int){0}};
  const sp_selected one_hot = {.type = &sp_transform_one_hot.variant, .options = &(int64_t){9}};
  const struct {
    const char *targets;
    const sp_selected *transform;
    const sp_loss_type *loss;
    const char *expected;
  } cases[] = {
      {"/large", NULL, &sp_loss_mse, "row 1: target 1e+39, expected a finite number: the largest float32 is 3.4e38"},
      {"/large", NULL, &sp_loss_sigmoid_cross_entropy, "target 1e+39, expected 0 to 1: the largest float32 is"},
      {"/large", &standardized, NULL,
       "row 1: value 0 is 1e+39, so that `standardize` cannot compute a mean: the largest float32 is"},
      {"/large", &one_hot, NULL, "row 1: one_hot: value 1e+39: expected an integer from 0 to 8"},
      {"/near", NULL, &sp_loss_sigmoid_cross_entropy, "target 1.0000021, expected 0 to 1"},
      {"/classes", &one_hot, NULL, "one_hot: value 16777217: expected"},
      {"/words", &scaled, &sp_loss_sigmoid_cross_entropy, "target -2 (-200 in the file), expected 0 to 1"},
      {"/nan", NULL, &sp_loss_mse, "target nan, expected a finite number: remove the row"},
      {"/nan", &standardized, NULL, "row 1: value 0 is nan, so that `standardize` cannot compute a mean: remove"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    sp_selected_list transforms = {cases[i].transform, cases[i].transform != NULL};
    sp_data_source_options from = source;
    sp_dataset *dataset;
    double sum = 0;
    from.features = from.targets = cases[i].targets;
    assert_ok(open_pair(&from, &none, &transforms, SP_FLOAT32, &dataset));
    bool statistics = cases[i].transform == &standardized;
    assert_fails(statistics ? sp_dataset_moments_add(dataset, 0, 2, NULL, &sum)
                            : sp_dataset_check(dataset, TARGETS, 0, 2, accepts, cases[i].loss),
                 SP_ERR_DATA, cases[i].expected);
    sp_dataset_close(dataset);
  }
}

// --- attributes ---------------------------------------------------------------------------------------------------

static void attribute(hid_t file, const char *name, const char *key, int count, const double *value) {
  hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), space = H5Screate_simple(1, (hsize_t[]){(hsize_t)count}, NULL);
  hid_t written = H5Acreate2(dataset, key, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(H5Awrite(written, H5T_NATIVE_DOUBLE, value) >= 0);
  H5Aclose(written);
  H5Sclose(space);
  H5Dclose(dataset);
}

static void text_attribute(hid_t file, const char *name, const char *key, const char *text) {
  hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), space = H5Screate(H5S_SCALAR), type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, strlen(text));
  hid_t written = H5Acreate2(dataset, key, type, space, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(H5Awrite(written, type, text) >= 0);
  H5Aclose(written);
  H5Tclose(type);
  H5Sclose(space);
  H5Dclose(dataset);
}

static void refused_at_opening(const char *path, const char *name, const char *expected) {
  const sp_data_source_options source = {.file = {&path, 1}, .features = name, .targets = name};
  sp_dataset *dataset;
  assert_fails(open_pair(&source, &none, &none, SP_FLOAT32, &dataset), SP_ERR_DATA, expected);
}

static void packed_values(void **state) {
  (void)state;
  const int8_t values[] = {1, 2, 3};
  const char *const names[] = {"/scaled", "/shifted", "/text", "/two", "/unsigned", "/trivial", "/both"};
  const char *path = in_directory("packed.h5");
  hid_t file = new_file(path);
  for (int i = 0; i < 7; i++) write_values(file, names[i], H5T_STD_I8LE, H5T_NATIVE_INT8, 1, (hsize_t[]){3}, values);
  attribute(file, "/scaled", "scale_factor", 1, (double[]){0.5});
  attribute(file, "/shifted", "add_offset", 1, (double[]){273.15});
  text_attribute(file, "/text", "scale_factor", "0.5");
  attribute(file, "/two", "scale_factor", 2, (double[]){1, 2});
  text_attribute(file, "/unsigned", "_Unsigned", "true");
  attribute(file, "/both", "scale_factor", 1, (double[]){0.5});
  attribute(file, "/both", "add_offset", 1, (double[]){2});
  attribute(file, "/trivial", "scale_factor", 1, (double[]){1});
  attribute(file, "/trivial", "add_offset", 1, (double[]){0});
  text_attribute(file, "/trivial", "_Unsigned", "false");
  text_attribute(file, "/trivial", "units", "K");
  H5Fclose(file);
  refused_at_opening(
      path, "/scaled",
      "packed.h5: /scaled: attribute scale_factor 0.5: the numbers are packed (value = stored * scale_factor), and");
  refused_at_opening(path, "/shifted",
                     "attribute add_offset 273.14999999999998: the numbers are packed (value = stored + add_offset)");
  refused_at_opening(path, "/both",
                     "attributes scale_factor 0.5 and add_offset 2: the numbers are packed (value = stored * "
                     "scale_factor + add_offset)");
  refused_at_opening(path, "/text", "/text: attribute scale_factor is text, expected a number");
  refused_at_opening(path, "/two", "/two: attribute scale_factor has 2 values, expected 1");
  refused_at_opening(path, "/unsigned", "/unsigned: attribute _Unsigned is \"true\"");
  sp_dataset_close(opened(path, "/trivial", "/trivial"));
}

static void missing_values(void **state) {
  (void)state;
  const float values[] = {1, NAN, 3, -999.9F, 5, 100};
  static const struct {
    const char *name, *key;
    int count, good, bad;
    double value[2];
    const char *expected;
  } cases[] = {
      {"/nan", "_FillValue", 1, 0, 1, {NAN}, "row 1: value nan is the data set's attribute _FillValue"},
      {"/fill", "_FillValue", 1, 4, 3, {-999.9}, "row 3: value -999.9 is the data set's attribute _FillValue"},
      {"/missing", "missing_value", 2, 4, 5, {7, 100}, "row 5: value 100 is the data set's attribute missing_value"},
      {"/range",
       "valid_range",
       2,
       0,
       5,
       {-5, 50},
       "row 5: value 100 is outside the range -5 to 50 of the data set's attribute valid_range: "},
      {"/low",
       "valid_min",
       1,
       5,
       3,
       {0},
       "row 3: value -999.9 is outside the range 0 to inf of the data set's attribute valid_min: "},
      {"/high",
       "valid_max",
       1,
       3,
       5,
       {99},
       "row 5: value 100 is outside the range -inf to 99 of the data set's attribute valid_max: "},
  };
  const char *path = in_directory("missing.h5");
  hid_t file = new_file(path);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    write_values(file, cases[i].name, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 1, (hsize_t[]){6}, values);
    attribute(file, cases[i].name, cases[i].key, cases[i].count, cases[i].value);
  }
  H5Fclose(file);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    sp_dataset *dataset = opened(path, cases[i].name, cases[i].name);
    float value;
    assert_ok(sp_dataset_read(dataset, FEATURES, cases[i].good, 1, &value));
    assert_fails(sp_dataset_read(dataset, FEATURES, cases[i].bad, 1, &value), SP_ERR_DATA, cases[i].expected);
    assert_fails(sp_dataset_read(dataset, TARGETS, cases[i].bad, 1, &value), SP_ERR_DATA, cases[i].expected);
    sp_dataset_close(dataset);
  }
}

/// Create a virtual data set of n values, which are those of a data set in another file.
static void virtual_over(hid_t file, const char *name, hid_t type, hsize_t n, const char *source, const char *part) {
  hid_t space = H5Screate_simple(1, &n, NULL), create = H5Pcreate(H5P_DATASET_CREATE);
  assert_true(H5Pset_virtual(create, space, source, part, space) >= 0);
  hid_t made = H5Dcreate2(file, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
  assert_true(made >= 0);
  H5Dclose(made);
  H5Pclose(create);
  H5Sclose(space);
}

/// The attributes of a part apply to the virtual data set, which has none itself.
static void attributes_of_parts(void **state) {
  (void)state;
  const float values[] = {1, 2, -999};
  char source[300], part[300];
  snprintf(source, sizeof source, "%s", in_directory("source.h5"));
  hid_t file = new_file(source);
  write_values(file, "/packed", H5T_STD_I8LE, H5T_NATIVE_FLOAT, 1, (hsize_t[]){3}, (float[]){1, 2, 3});
  attribute(file, "/packed", "scale_factor", 1, (double[]){0.5});
  write_values(file, "/filled", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 1, (hsize_t[]){3}, values);
  attribute(file, "/filled", "_FillValue", 1, (double[]){-999});
  H5Fclose(file);
  snprintf(part, sizeof part, "%s", in_directory("part.h5"));
  file = new_file(part);
  virtual_over(file, "/filled", H5T_IEEE_F32LE, 3, source, "/filled");
  H5Fclose(file);
  const char *path = in_directory("virtual.h5");
  file = new_file(path);
  virtual_over(file, "/packed", H5T_IEEE_F32LE, 3, source, "/packed");
  virtual_over(file, "/filled", H5T_IEEE_F64LE, 3, source, "/filled");
  virtual_over(file, "/nested", H5T_IEEE_F32LE, 3, part, "/filled");
  H5Fclose(file);
  refused_at_opening(path, "/packed", "source.h5: /packed: attribute scale_factor 0.5");
  const char *const names[] = {"/filled", "/nested"};
  for (int i = 0; i < 2; i++) {
    sp_dataset *dataset = opened(path, names[i], names[i]);
    double value;  // as stored
    assert_ok(sp_dataset_read(dataset, FEATURES, 1, 1, &value));
    assert_fails(sp_dataset_read(dataset, FEATURES, 2, 1, &value), SP_ERR_DATA, "row 2: value -999 is");
    sp_dataset_close(dataset);
  }
}

/// A netCDF variable without _FillValue is filled with a value of the type, which netCDF's readers take for missing.
static void fills_of_netcdf(void **state) {
  (void)state;
  const double values[] = {1, -32767, 65535, -2147483647.0, 9.9692099683868690e+36, -127};
  const hid_t types[] = {H5T_STD_I8LE,  H5T_STD_I16LE,  H5T_STD_U16LE, H5T_STD_I32LE,
                         H5T_STD_I64LE, H5T_IEEE_F32LE, H5T_IEEE_F64LE};
  const int filled[] = {-1, 1, 2, 3, -1, 4, 4};
  for (int netcdf = 0; netcdf < 2; netcdf++) {
    const char *path = in_directory(netcdf ? "netcdf.nc" : "plain.h5");
    hid_t file = new_file(path);
    for (int i = 0; i < 7; i++) {
      char name[] = {'/', (char)('a' + i), '\0'};
      write_values(file, name, types[i], H5T_NATIVE_DOUBLE, 1, (hsize_t[]){6}, values);
    }
    write_values(file, "/own", H5T_IEEE_F32LE, H5T_NATIVE_DOUBLE, 1, (hsize_t[]){6}, values);
    attribute(file, "/own", "_FillValue", 1, (double[]){-999});
    if (netcdf) {
      hid_t group = H5Gopen2(file, "/", H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
      H5Aclose(H5Acreate2(group, "_NCProperties", H5T_C_S1, space, H5P_DEFAULT, H5P_DEFAULT));
      H5Sclose(space);
      H5Gclose(group);
    }
    H5Fclose(file);
    for (int i = 0; i < 7; i++) {
      const char name[] = {'/', (char)('a' + i), '\0'};
      sp_dataset *dataset = opened(path, name, name);
      double value;
      for (int row = 0; row < 6; row++) {
        if (netcdf && row == filled[i]) {
          assert_fails(sp_dataset_read(dataset, FEATURES, row, 1, &value), SP_ERR_DATA,
                       "is netCDF's default fill value");
        } else if (filled[i] < 0 || row == 0) {  // others may be converted to what the type holds
          assert_ok(sp_dataset_read(dataset, FEATURES, row, 1, &value));
        }
      }
      if (!netcdf) assert_ok(sp_dataset_read(dataset, FEATURES, filled[i] < 0 ? 0 : filled[i], 1, &value));
      sp_dataset_close(dataset);
    }
    sp_dataset *dataset = opened(path, "/own", "/own");
    float value[6];
    assert_ok(sp_dataset_read(dataset, FEATURES, 0, 6, value));
    sp_dataset_close(dataset);
  }
}

// --- fingerprints -------------------------------------------------------------------------------------------------

static uint64_t fingerprint(const char *const *paths, int64_t files) {
  const sp_data_source_options source = {.file = {paths, files}, .features = "/x", .targets = "/y"};
  sp_dataset *dataset;
  uint64_t read, cached;
  assert_ok(open_pair(&source, &none, &none, SP_FLOAT32, &dataset));
  assert_ok(sp_dataset_fingerprint(dataset, &read));
  char *cache = malloc((size_t)sp_dataset_cache_bytes(dataset));
  assert_ok(sp_dataset_cache_fill(dataset, cache, 0, sp_dataset_rows(dataset)));
  sp_dataset_cache_use(dataset, cache);
  assert_ok(sp_dataset_fingerprint(dataset, &cached));
  assert_true(read == cached);
  sp_dataset_close(dataset);
  free(cache);
  return read;
}

static void contents_are_told_apart(void **state) {
  (void)state;
  const char *whole = in_directory("whole.h5"), *other = in_directory("other.h5");
  const char *parts[] = {in_directory("a.h5"), in_directory("b.h5")}, *turned[] = {parts[1], parts[0]};
  write_simple(whole, 10, 3, 0);
  write_simple(other, 10, 3, 1);
  write_simple(parts[0], 4, 3, 0);
  write_simple(parts[1], 6, 3, 4);
  uint64_t expected = fingerprint(&whole, 1);
  assert_true(fingerprint(parts, 2) == expected);
  assert_true(fingerprint(turned, 2) != expected);
  assert_true(fingerprint(&other, 1) != expected);
  write_simple(whole, 100000, 100, 0);  // more than is read
  write_simple(other, 100000, 100, 1);
  assert_true(fingerprint(&whole, 1) != fingerprint(&other, 1));
}

/// Checkpoints of version 0.1 say which data they were made with, and nothing of the contents.
static void checkpoints_without_contents(void **state) {
  (void)state;
  static const char old[] = "run: {}\n# data: 3 rows\n";
  assert_ok(sp_data_identity_compare(old, "run: {}\n# data: 3 rows\n# contents: train 00ff\n"));
  assert_fails(sp_data_identity_compare(old, "run: {}\n# data: 4 rows\n# contents: train 00ff\n"), SP_ERR_CONFIG,
               "the run has 3 rows");
  assert_fails(sp_data_identity_compare("# x\n# data: 3 rows\n# contents: train 00fe\n",
                                        "# x\n# data: 3 rows\n# contents: train 00ff\n"),
               SP_ERR_CONFIG, "the rows of the data files do not match");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_loss_states_its_targets),
      cmocka_unit_test(yes_or_no),
      cmocka_unit_test(distributions),
      cmocka_unit_test(the_first_outside),
      cmocka_unit_test(labels_from_one),
      cmocka_unit_test(labels_of_every_type),
      cmocka_unit_test(labels_that_doubles_do_not_hold),
      cmocka_unit_test(values_of_the_file),
      cmocka_unit_test(packed_values),
      cmocka_unit_test(missing_values),
      cmocka_unit_test(attributes_of_parts),
      cmocka_unit_test(fills_of_netcdf),
      cmocka_unit_test(contents_are_told_apart),
      cmocka_unit_test(checkpoints_without_contents),
  };
  return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
