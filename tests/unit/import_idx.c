// SPDX-License-Identifier: Apache-2.0
// IDX files: every type, the pairs and names of data sets, layouts of the output, and errors in files.
#include "import_files.h"

static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0,   0,   0,   2,   0,   0,
                                       0, 3, 0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255};
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 9};

static void pairs_become_data_sets(void **state) {
  (void)state;
  sp_import_idx_options options = {.train_images = make_gzip_file("images.gz", images, sizeof images),
                                   .train_labels = make_file("labels", labels, sizeof labels)};
  options.test_images = options.train_images;
  options.test_labels = options.train_labels;
  const char *output = in_directory("pairs.h5");
  assert_ok(import_into(output, &sp_import_idx, &options));
  const double pixels[] = {0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255}, classes[] = {7, 9};
  for (int test = 0; test < 2; test++) {
    assert_dataset(output, test ? "/test/images" : "/train/images", H5T_INTEGER, 1, 3, (hsize_t[]){2, 2, 3}, pixels);
    assert_dataset(output, test ? "/test/labels" : "/train/labels", H5T_INTEGER, 1, 1, (hsize_t[]){2}, classes);
  }
}

static void types_keep_their_values(void **state) {
  (void)state;
  static const struct {
    unsigned char code, data[16];
    size_t size;
    H5T_class_t class;
    double values[2];
  } types[] = {{0x08, {1, 255}, 1, H5T_INTEGER, {1, 255}},
               {0x09, {1, 0xff}, 1, H5T_INTEGER, {1, -1}},
               {0x0B, {1, 2, 0xff, 0xfe}, 2, H5T_INTEGER, {258, -2}},
               {0x0C, {1, 2, 3, 4, 0x80, 0, 0, 0}, 4, H5T_INTEGER, {16909060, -2147483648.0}},
               {0x0D, {0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0}, 4, H5T_FLOAT, {1, -2.5}},
               {0x0E, {0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xbf, 0xd0, 0, 0, 0, 0, 0, 0}, 8, H5T_FLOAT, {1.5, -0.25}}};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    unsigned char file[24] = {0, 0, types[i].code, 1, 0, 0, 0, 2};
    memcpy(file + 8, types[i].data, 16);
    char assignment[400];
    snprintf(assignment, sizeof assignment, "/a/b/c=%s", make_file("typed", file, 8 + 2 * types[i].size));
    sp_import_idx_options options = {.dataset = {(const char *[]){assignment}, 1}};
    const char *output = in_directory("typed.h5");
    assert_ok(import_into(output, &sp_import_idx, &options));
    assert_dataset(output, "/a/b/c", types[i].class, types[i].size, 1, (hsize_t[]){2}, types[i].values);
  }
}

static void eight_dimensions(void **state) {
  (void)state;
  unsigned char file[4 + 32 + 6] = {0, 0, 8, 8};
  for (int i = 0; i < 8; i++) file[4 + 4 * i + 3] = i == 0 ? 3 : i == 7 ? 2 : 1;
  for (int i = 0; i < 6; i++) file[36 + i] = (unsigned char)i;
  sp_import_idx_options options = {.train_images = make_file("eight", file, sizeof file)};
  assert_ok(import_into(in_directory("eight.h5"), &sp_import_idx, &options));
  assert_dataset(in_directory("eight.h5"), "/train/images", H5T_INTEGER, 1, 8, (hsize_t[]){3, 1, 1, 1, 1, 1, 1, 2},
                 (double[]){0, 1, 2, 3, 4, 5});
}

static void layouts_hold_the_same(void **state) {
  (void)state;
  enum { ROWS = 1000, VALUES = 3 };
  static unsigned char file[12 + ROWS * VALUES * 2] = {0, 0, 0x0B, 2, 0, 0, ROWS >> 8, ROWS & 255, 0, 0, 0, VALUES};
  static double values[ROWS * VALUES];
  for (int i = 0; i < ROWS * VALUES; i++) {
    file[12 + 2 * i] = (unsigned char)(i >> 8);
    file[13 + 2 * i] = (unsigned char)i;
    values[i] = i;
  }
  sp_import_idx_options options = {.train_images = make_file("many", file, sizeof file)};
  static const int64_t layouts[][2] = {{0, 0}, {7, 0}, {7, 1}, {0, 9}, {5000, 0}};
  for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
    sp_import_output where = {
        .output = in_directory("layout.h5"), .force = true, .chunk = layouts[i][0], .gzip = layouts[i][1]};
    assert_ok(sp_import_run(&sp_import_idx, &options, &where, "shardprop import idx …"));
    assert_dataset(where.output, "/train/images", H5T_INTEGER, 2, 2, (hsize_t[]){ROWS, VALUES}, values);
  }
}

static void wrong_headers(void **state) {
  (void)state;
  static const struct {
    size_t at;
    unsigned char value;
    const char *message;
  } cases[] = {{0, 1, "offset 0: found bytes 0x01 0x00, expected 0x00 0x00"},
               {1, 1, "offset 0: found bytes 0x00 0x01"},
               {2, 0x0A, "offset 2: found type 0x0a"},
               {3, 0, "offset 3: found 0 dimensions, expected 1 to 8"},
               {3, 9, "offset 3: found 9 dimensions"},
               {11, 0, "offset 8: found a dimension of 0"},
               {4, 0x7f, "offset 16: values: found 12 bytes, expected 12784238604: the file is truncated"},
               {7, 1, "offset 16: values: found 12 bytes, expected 6: more data follow"},
               {3, 2, "offset 12: values: found 16 bytes, expected 4: more data follow"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    unsigned char file[sizeof images];
    memcpy(file, images, sizeof file);
    file[cases[i].at] = cases[i].value;
    sp_import_idx_options options = {.train_images = make_file("wrong", file, sizeof file)};
    assert_import_fails(&sp_import_idx, &options, SP_ERR_DATA, cases[i].message);
  }
}

static void wrong_sizes(void **state) {
  (void)state;
  sp_import_idx_options options = {.train_images = make_file("cut", images, 10)};
  assert_import_fails(&sp_import_idx, &options, SP_ERR_DATA,
                      "offset 8: IDX header, a dimension: found 2 bytes, expected 4");
  options.train_images = make_file("empty", "", 0);
  assert_import_fails(&sp_import_idx, &options, SP_ERR_DATA, "offset 0: IDX header: found 0 bytes, expected 4");
  options.train_images = make_gzip_file("cut.gz", images, sizeof images - 1);
  assert_import_fails(&sp_import_idx, &options, SP_ERR_DATA, "offset 16: rows: found 11 bytes, expected 12");
  unsigned char longer[sizeof images + 1] = {0};
  memcpy(longer, images, sizeof images);
  options.train_images = make_gzip_file("long.gz", longer, sizeof longer);
  assert_import_fails(&sp_import_idx, &options, SP_ERR_DATA, "offset 28: found more data, expected the end");
  static const unsigned char huge[] = {0,   0,   0x0E, 4,   255, 255, 255, 255, 255, 255,
                                       255, 255, 255,  255, 255, 255, 255, 255, 255, 255};
  options.train_images = make_file("huge", huge, sizeof huge);
  assert_import_fails(&sp_import_idx, &options, SP_ERR_SHAPE, "huge");
  static const unsigned char large[] = {0, 0, 8, 2, 0, 255, 0, 0, 0, 255, 0, 0};
  options.train_images = make_gzip_file("large.gz", large, sizeof large);
  assert_import_fails(&sp_import_idx, &options, SP_ERR_DATA, "more than a gzip file of");
}

static void damaged_gzip(void **state) {
  (void)state;
  const char *path = make_gzip_file("damaged.gz", images, sizeof images);
  char *data;
  size_t size;
  assert_ok(sp_file_read(path, 1000, &data, &size));
  sp_import_idx_options options = {.train_images = make_file("damaged.gz", data, size - 6)};
  assert_import_fails(&sp_import_idx, &options, SP_ERR_DATA, "the gzip file is truncated");
  data[size - 6] ^= 1;  // in the checksum
  options.train_images = make_file("damaged.gz", data, size);
  assert_import_fails(&sp_import_idx, &options, SP_ERR_DATA, "the gzip file is damaged");
  options.train_images = make_gzip_file("twice.gz", data, size);
  assert_import_fails(&sp_import_idx, &options, SP_ERR_DATA, "twice.gz: is compressed with gzip twice");
  free(data);
}

/// Two files in one, followed by `size` other bytes.
static const char *joined(const void *second, size_t size) {
  const char *path = make_gzip_file("first.gz", images, 10),
             *rest = make_gzip_file("second.gz", images + 10, sizeof images - 10);
  char *data[2], all[1000];
  size_t sizes[2];
  assert_ok(sp_file_read(path, 300, &data[0], &sizes[0]));
  assert_ok(sp_file_read(rest, 300, &data[1], &sizes[1]));
  memcpy(all, data[0], sizes[0]);
  memcpy(all + sizes[0], data[1], sizes[1]);
  memcpy(all + sizes[0] + sizes[1], second, size);
  free(data[0]);
  free(data[1]);
  return make_file("joined.gz", all, sizes[0] + sizes[1] + size);
}

static void behind_gzip_data(void **state) {
  (void)state;
  static const char zeros[600] = {0};
  sp_import_idx_options options = {.train_images = joined("", 0)};
  const char *out = in_directory("out.h5");
  assert_ok(import_into(out, &sp_import_idx, &options));
  options.train_images = joined(zeros, sizeof zeros);  // as on a tape
  assert_ok(import_into(out, &sp_import_idx, &options));
  static const char *const behind[] = {"x", "garbage", "\x1f", "\x1f\x8c member with a damaged header"};
  for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
    options.train_images = joined(behind[i], strlen(behind[i]));
    assert_import_fails(&sp_import_idx, &options, SP_ERR_DATA, "found other data after the end of the gzip data");
  }
  options.train_images = joined("\x1f\x8b\x07 member", 10);
  assert_import_fails(&sp_import_idx, &options, SP_ERR_DATA, "the gzip file is damaged");
  options.train_images = joined("\x1f\x8b\x08", 3);
  assert_import_fails(&sp_import_idx, &options, SP_ERR_DATA, "the gzip file is truncated");
}

static void files_that_do_not_fit(void **state) {
  (void)state;
  static const unsigned char three[] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 9, 1};
  sp_import_idx_options options = {.train_images = make_file("images", images, sizeof images),
                                   .train_labels = make_file("three", three, sizeof three)};
  assert_import_fails(&sp_import_idx, &options, SP_ERR_DATA, "three: found 3 rows, expected 2, the number of rows of");
  options.train_labels = options.train_images;
  assert_import_fails(&sp_import_idx, &options, SP_ERR_DATA, "expected labels: one integer per row");
  options.train_labels = in_directory("nowhere");
  assert_import_fails(&sp_import_idx, &options, SP_ERR_IO, "nowhere: cannot be opened: No such file");
  options.train_labels = directory;
  assert_import_fails(&sp_import_idx, &options, SP_ERR_DATA, "is a directory, expected a file");
  options.train_images = NULL;
  assert_import_fails(&sp_import_idx, &options, SP_ERR_USAGE, "also requires a file for /train/images");
  options = (sp_import_idx_options){0};
  assert_import_fails(&sp_import_idx, &options, SP_ERR_USAGE, "no input file given");
}

static void wrong_names(void **state) {
  (void)state;
  static const char *const names[] = {"a", "/", "/a/", "//a", "/a/../b", "/a/."};
  char assignment[400];
  const char *path = make_file("labels", labels, sizeof labels);
  sp_import_idx_options options = {.dataset = {(const char *[]){assignment, assignment}, 1}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(assignment, sizeof assignment, "%s=%s", names[i], path);
    assert_import_fails(&sp_import_idx, &options, SP_ERR_USAGE, "expected the name of a data set");
  }
  snprintf(assignment, sizeof assignment, "/a=%s", path);
  options.dataset.count = 2;
  assert_import_fails(&sp_import_idx, &options, SP_ERR_USAGE, "data set /a is named twice");
  options.dataset.count = 1;
  snprintf(assignment, sizeof assignment, "%s", path);
  assert_import_fails(&sp_import_idx, &options, SP_ERR_USAGE, "expected NAME=FILE");
}

static void an_output_is_kept(void **state) {
  (void)state;
  sp_import_idx_options options = {.train_images = make_file("images", images, sizeof images)};
  sp_import_output where = {.output = make_file("kept.h5", "old", 3)};
  assert_fails(sp_import_run(&sp_import_idx, &options, &where, NULL), SP_ERR_DATA, "already exists");
  where.force = true;
  options.train_labels = make_file("bad", "bad", 3);
  assert_fails(sp_import_run(&sp_import_idx, &options, &where, NULL), SP_ERR_DATA, "bad");
  char *data;
  size_t size;
  assert_ok(sp_file_read(where.output, 100, &data, &size));
  assert_string_equal(data, "old");
  free(data);
  where.output = in_directory("new/directories/made.h5");
  options.train_labels = NULL;
  assert_ok(sp_import_run(&sp_import_idx, &options, &where, NULL));
  assert_true(holds(where.output, "/train"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pairs_become_data_sets), cmocka_unit_test(types_keep_their_values),
      cmocka_unit_test(eight_dimensions),       cmocka_unit_test(layouts_hold_the_same),
      cmocka_unit_test(wrong_headers),          cmocka_unit_test(wrong_sizes),
      cmocka_unit_test(damaged_gzip),           cmocka_unit_test(behind_gzip_data),
      cmocka_unit_test(files_that_do_not_fit),  cmocka_unit_test(wrong_names),
      cmocka_unit_test(an_output_is_kept),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
