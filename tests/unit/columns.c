// SPDX-License-Identifier: Apache-2.0
// Columns from the configuration to the data set: their list, files of their own, transforms of each, and what is refused.
#include "data/column_list.h"

#include "data/fingerprint.h"
#include "data/row_cache.h"
#include "data/row_delivery.h"
#include "hdf5_writer.h"
#include "train/run_config.h"

enum { ROWS = 6 };

static const char model[] = "model: {layers: [{dense: 2}], loss: mse}\noptimizer: sgd\n";

static sp_status read_text(const char *data, sp_run_config *config) {
  char text[4096];
  snprintf(text, sizeof text, "%s%s", model, data);
  return sp_run_config_read(text, strlen(text), "x.yaml", NULL, 0, config);
}

static sp_run_config read_data(const char *data) {
  sp_run_config config;
  assert_ok(read_text(data, &config));
  return config;
}

static void refused(const char *data, const char *message) {
  sp_run_config config;
  assert_int_equal(read_text(data, &config), SP_ERR_CONFIG);
  assert_string_equal(sp_error_message(), message);
}

// --- the list -----------------------------------------------------------------------------------------------------

static void assert_listed(const char *data, const char *expected) {
  sp_run_config config = read_data(data);
  sp_column_source column[SP_MAX_COLUMNS];
  sp_text text = {0};
  int count = sp_data_list_columns(config.data, config.data->test ? config.data->test : config.data->train, column);
  for (int c = 0; c < count; c++) {
    const sp_selected_list *transforms = column[c].transforms;
    sp_text_add(&text, "%s=%s", column[c].name, column[c].stored ? column[c].stored : "none");
    if (column[c].file) sp_text_add(&text, "@%s", column[c].file->item[0]);
    for (int64_t i = 0; i < transforms->count; i++) sp_text_add(&text, ":%s", transforms->item[i].type->name);
    sp_text_add(&text, " ");
  }
  assert_string_equal(sp_text_string(&text), expected);
  sp_text_free(&text);
  sp_run_config_free(&config);
}

static void columns_are_listed_in_one_order(void **state) {
  (void)state;
  assert_listed("data: {train: {file: a.h5, features: /x, targets: /y}}", "features=/x targets=/y ");
  assert_listed("data: {train: {file: a.h5, columns: {w: /w, targets: /y, a: /a, features: /x}}}",
                "features=/x targets=/y w=/w a=/a ");
  assert_listed("data: {train: {file: a.h5, targets: /y, columns: {features: {from: /x, file: b.h5}}}}",
                "features=/x@b.h5 targets=/y ");
  assert_listed("data: {train: {file: a.h5, columns: {image: /i, label: /l}}}", "image=/i label=/l ");
  // Another part has the order of data.train, and may lack columns.
  assert_listed(
      "data: {train: {file: a.h5, features: /x, columns: {w: /w, a: /a}},\n"
      "       test: {file: b.h5, columns: {a: {from: /b, file: [c.h5]}, features: /x}}}",
      "features=/x w=none a=/b@c.h5 ");
}

static void transforms_go_to_their_columns(void **state) {
  (void)state;
  assert_listed(
      "data: {train: {file: a.h5, features: /x, targets: /y, columns: {w: /w}},\n"
      "       transform: [standardize], transforms: {w: [{scale: 2}, standardize], targets: [{scale: 3}]}}",
      "features=/x:standardize targets=/y:scale w=/w:scale:standardize ");
  assert_listed("data: {train: {file: a.h5, features: /x, targets: /y}, target_transform: [{scale: 2}]}",
                "features=/x targets=/y:scale ");
  refused(
      "data: {train: {file: a.h5, features: /x}, transform: [standardize],\n transforms: {features: [standardize]}}",
      "x.yaml:4:15: data.transforms.features: data.transform is given, too: remove one of them");
  refused("data: {train: {file: a.h5, features: /x}, target_transform: [standardize], transforms: {targets: []}}",
          "x.yaml:3:89: data.transforms.targets: data.train has no column of this name (it has features)");
  refused("data: {train: {file: a.h5, features: /x, columns: {weight: /w}}, transforms: {wieght: [standardize]}}",
          "x.yaml:3:79: data.transforms.wieght: data.train has no column of this name (did you mean 'weight'?)");
}

static void what_is_wrong_has_its_place(void **state) {
  (void)state;
  refused("data: {train: {file: a.h5}}", "x.yaml:3:8: data.train: expected features, targets or columns");
  refused("data: {train: {features: /x}}",
          "x.yaml:3:8: data.train.file: missing: the column features has no file of its own");
  refused("data: {train: {columns: {a: {from: /x, file: a.h5}, b: /b}}}",
          "x.yaml:3:8: data.train.file: missing: the column b has no file of its own");
  refused("data: {train: {file: a.h5, features: /x, columns: {features: /y}}}",
          "x.yaml:3:28: data.train.features: data.train.columns has this column, too: remove one of them");
  refused("data: {train: {file: a.h5, features: /x, columns: {w: /w, w: /v}}}",
          "x.yaml:3:59: data.train.columns.w: duplicate key, first given at x.yaml:3:52");
  refused("data: {train: {file: a.h5, features: /x, columns: {w-1: /w}}}",
          "x.yaml:3:52: data.train.columns.w-1: expected a name of 1 to 63 letters, digits and _");
  refused("data: {train: {file: a.h5, features: /x},\n test: {file: b.h5, columns: {featurs: /y}}}",
          "x.yaml:4:31: data.test.columns.featurs: data.train has no column of this name (did you mean 'features'?)");
  refused("data: {train: {file: a.h5, features: /x}, validation: {file: b.h5, features: /x, targets: /y}}",
          "x.yaml:3:82: data.validation.targets: data.train has no column of this name (it has features)");
  refused("data: {train: {file: a.h5, features: /x}, validation: {fraction: 0.1, columns: {w: /w}}}",
          "x.yaml:3:43: data.validation: has both a fraction and a file: remove one of them");
  refused("data: {train: {file: a.h5, features: '', targets: /y}}",
          "x.yaml:3:28: data.train.features: the name of the data set is empty");
  refused("data: {train: {file: a.h5, features: /x, columns: {w: ''}}}",
          "x.yaml:3:52: data.train.columns.w: the name of the data set is empty");
  refused("data: {train: {file: a.h5, columns: {w: {from: /w, file: ''}}}}",
          "x.yaml:3:52: data.train.columns.w.file: the name of a file is empty, expected at least one HDF5 file");
  refused("data: {train: {file: a.h5, columns: {w: {from: /w, file: []}}}}",
          "x.yaml:3:52: data.train.columns.w.file: the list of files is empty, expected at least one HDF5 file");
  refused("data: {train: {file: [a.h5, ''], features: /x}}",
          "x.yaml:3:16: data.train.file: the name of a file is empty, expected at least one HDF5 file");
  char many[1024] = "data: {train: {file: a.h5, features: /x, columns: {";
  for (int i = 0; i < SP_MAX_COLUMNS; i++) snprintf(many + strlen(many), 32, "c%d: /x, ", i);
  strcat(many, "}}}");
  refused(many, "x.yaml:3:42: data.train.columns: expected at most 32 columns, got 33");
  refused("data: {train: {file: a.h5, features: /x}, test: {}}",
          "x.yaml:3:43: data.test: expected features, targets or columns");
}

static void one_input_is_read(void **state) {
  (void)state;
  sp_run_config config;
  static const char two[] =
      "model: {inputs: {a: ~, b: [2]}, layers: [{dense: 2}], loss: mse}\noptimizer: sgd\n"
      "data: {train: {file: a.h5, columns: {a: /a, b: /b}}}\n";
  assert_fails(sp_run_config_read(two, strlen(two), "x.yaml", NULL, 0, &config), SP_ERR_CONFIG,
               "x.yaml:1:9: model.inputs: expected one input, got 2: a network reads one column");
}

// --- data sets ----------------------------------------------------------------------------------------------------

/// Two files of 2 and 4 rows with /x and /y, and one of 6 rows with /w and /n.
static void write_files(void) {
  double w[ROWS], n[ROWS * 2];
  for (int i = 0; i < ROWS; i++) {
    w[i] = 10 + i;
    n[2 * i] = n[2 * i + 1] = 100 + i;
  }
  write_simple(in_directory("a.h5"), 2, 3, 0);
  write_simple(in_directory("b.h5"), 4, 3, 2);
  hid_t file = new_file(in_directory("w.h5"));
  write_values(file, "/w", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, (hsize_t[]){ROWS}, w);
  write_values(file, "/n", H5T_IEEE_F32LE, H5T_NATIVE_DOUBLE, 2, (hsize_t[]){ROWS, 2}, n);
  write_values(file, "/short", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, (hsize_t[]){ROWS - 1}, w);
  H5Fclose(file);
}

static sp_status open_part(const char *columns, sp_dataset **out) {
  char text[2048];
  snprintf(text, sizeof text, "data: {train: {file: ['%s', '%s'], features: /x, targets: /y, columns: {%s}}}",
           in_directory("a.h5"), in_directory("b.h5"), columns);
  sp_run_config config = read_data(text);
  sp_column_source column[SP_MAX_COLUMNS];
  int count = sp_data_list_columns(config.data, config.data->train, column);
  sp_status status = sp_dataset_open(&config.data->train->file, column, count, SP_FLOAT64, out);
  sp_run_config_free(&config);  // the columns have no transforms, which would be borrowed
  return status;
}

/// With the first `own` columns of w.h5.
static sp_dataset *open_own(int own) {
  char text[1024] = "";
  sp_dataset *dataset;
  const char *path = in_directory("w.h5");
  if (own > 0) snprintf(text, sizeof text, "w: {from: /w, file: '%s'}", path);
  if (own > 1) snprintf(text + strlen(text), 512, ", n: {from: /n, file: '%s'}", path);
  assert_ok(open_part(text, &dataset));
  return dataset;
}

static void a_column_may_have_files_of_its_own(void **state) {
  (void)state;
  char about[256];
  write_files();
  sp_dataset *dataset = open_own(2);
  const int64_t row[] = {5, 0, 2};
  double x[9], y[3], w[3], n[6];
  assert_int_equal(sp_dataset_rows(dataset), ROWS);
  assert_int_equal(sp_dataset_columns(dataset), 4);
  assert_ok(sp_dataset_gather(dataset, NULL, row, 3, (void *[]){x, y, w, n}));
  for (int i = 0; i < 3; i++) {
    assert_true(x[3 * i] == (double)(3 * row[i]) && y[i] == (double)row[i] && w[i] == (double)(10 + row[i]) &&
                n[2 * i + 1] == (double)(100 + row[i]));
  }
  assert_true(sp_dataset_has_file(dataset, in_directory("b.h5")));
  assert_true(sp_dataset_has_file(dataset, in_directory("w.h5")));
  assert_non_null(strstr(sp_dataset_describe(dataset, about), "6 rows"));
  sp_dataset_close(dataset);
  dataset = NULL;
  char text[1024];
  snprintf(text, sizeof text, "w: {from: /short, file: '%s'}", in_directory("w.h5"));
  assert_fails(open_part(text, &dataset), SP_ERR_DATA, "/short has 5 rows in all, but ");
  snprintf(text, sizeof text, "w: {from: /none, file: '%s'}", in_directory("w.h5"));
  assert_fails(open_part(text, &dataset), SP_ERR_DATA, "/none");
}

/// The checks of a data set hold for a column in a file of its own, used or not.
static void packed_values_are_refused_in_every_column(void **state) {
  (void)state;
  char text[1024];
  sp_dataset *dataset = NULL;
  write_files();
  hid_t file = H5Fopen(in_directory("w.h5"), H5F_ACC_RDWR, H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
  hid_t w = H5Dopen2(file, "/w", H5P_DEFAULT);
  hid_t attribute = H5Acreate2(w, "scale_factor", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &(double){0.5}) >= 0);
  H5Aclose(attribute);
  H5Dclose(w);
  H5Sclose(space);
  H5Fclose(file);
  snprintf(text, sizeof text, "w: {from: /w, file: '%s'}", in_directory("w.h5"));
  assert_fails(open_part(text, &dataset), SP_ERR_DATA, "scale_factor");
}

static void only_used_columns_are_copied(void **state) {
  (void)state;
  write_files();
  sp_dataset *dataset = open_own(2);
  const sp_column_use use[4] = {{.read = true}, {0}, {.read = true}, {0}};
  assert_ok(sp_dataset_use(dataset, use));
  assert_int_equal(sp_dataset_cache_bytes(dataset),
                   64 + ROWS * 8);  // 18 bytes of features, then the weights on a boundary
  char *cache = aligned_alloc(64, 128);
  assert_ok(sp_dataset_cache_fill(dataset, cache, 0, ROWS));
  sp_dataset_cache_use(dataset, cache);
  double x[3], w = 0, y = -1, n[2] = {-1, -1};
  assert_ok(sp_dataset_gather(dataset, NULL, (const int64_t[]){4}, 1, (void *[]){x, &y, &w, n}));
  assert_true(x[0] == 12 && w == 14 && y == -1 && n[0] == -1);  // unused columns are not delivered
  sp_dataset_close(dataset);
  free(cache);
}

/// Chunks are those of the longest column that is used.
static void the_longest_column_has_the_chunks(void **state) {
  (void)state;
  write_files();
  const double values[ROWS * 4] = {0};
  hid_t file = H5Fopen(in_directory("w.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
  for (int i = 0; i < 2; i++) {
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 2, (hsize_t[]){i ? 3 : 2, i ? 4 : 1});
    write_with(file, i ? "/long" : "/narrow", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 2, (hsize_t[]){ROWS, i ? 4 : 1},
               creation, values);
    H5Pclose(creation);
  }
  H5Fclose(file);
  char text[1024];
  const char *path = in_directory("w.h5");
  sp_dataset *dataset;
  snprintf(text, sizeof text, "a: {from: /narrow, file: '%s'}, b: {from: /long, file: '%s'}", path, path);
  assert_ok(open_part(text, &dataset));
  assert_int_equal(sp_dataset_chunk_rows(dataset), 3);
  assert_ok(sp_dataset_use(dataset, (const sp_column_use[4]){{0}, {.read = true}, {.read = true}, {0}}));
  assert_int_equal(sp_dataset_chunk_rows(dataset), 2);
  assert_ok(sp_dataset_use(dataset, (const sp_column_use[4]){{.read = true}, {0}, {0}, {0}}));
  assert_int_equal(sp_dataset_chunk_rows(dataset), 0);  // contiguous
  sp_dataset_close(dataset);
}

static void all_columns_identify_the_data(void **state) {
  (void)state;
  uint64_t before, after, without;
  sp_text text = {0};
  write_files();
  sp_dataset *dataset = open_own(1);
  sp_dataset_signature(dataset, &text);
  assert_string_equal(text.data, "6 rows, features uint8 [3], targets uint8, w float64");
  assert_ok(sp_dataset_fingerprint(dataset, &before));
  sp_dataset_close(dataset);
  dataset = open_own(0);
  assert_ok(sp_dataset_fingerprint(dataset, &without));
  sp_dataset_close(dataset);
  hid_t file = H5Fopen(in_directory("w.h5"), H5F_ACC_RDWR, H5P_DEFAULT), w = H5Dopen2(file, "/w", H5P_DEFAULT);
  H5Dwrite(w, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, (double[ROWS]){10, 11, 12, 13, 14, 99});
  H5Dclose(w);
  H5Fclose(file);
  dataset = open_own(1);
  assert_ok(sp_dataset_fingerprint(dataset, &after));
  sp_dataset_close(dataset);
  assert_true(before != after && before != without);
  sp_text_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(columns_are_listed_in_one_order),    cmocka_unit_test(transforms_go_to_their_columns),
      cmocka_unit_test(what_is_wrong_has_its_place),        cmocka_unit_test(one_input_is_read),
      cmocka_unit_test(a_column_may_have_files_of_its_own), cmocka_unit_test(packed_values_are_refused_in_every_column),
      cmocka_unit_test(only_used_columns_are_copied),       cmocka_unit_test(the_longest_column_has_the_chunks),
      cmocka_unit_test(all_columns_identify_the_data),
  };
  return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
