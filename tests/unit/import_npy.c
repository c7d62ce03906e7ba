// SPDX-License-Identifier: Apache-2.0
// NPY files: types, byte orders, versions, Fortran order, float16, and headers that NumPy does not write.
#include "import_files.h"

/// A file as NumPy writes it: magic, version, length, dictionary padded with blanks to 64 bytes, data.
static const char *make_npy(const char *name, int version, const char *dictionary, const void *data, size_t size) {
  unsigned char file[4096] = "\x93NUMPY";
  size_t prefix = version == 1 ? 10 : 12, length = (strlen(dictionary) + 1 + prefix + 63) / 64 * 64 - prefix;
  file[6] = (unsigned char)version;
  file[8] = (unsigned char)length;
  file[9] = (unsigned char)(length >> 8);
  memset(file + prefix, ' ', length);
  memcpy(file + prefix, dictionary, strlen(dictionary));
  file[prefix + length - 1] = '\n';
  memcpy(file + prefix + length, data, size);
  return make_file(name, file, prefix + length + size);
}

static void types_and_byte_orders(void **state) {
  (void)state;
  static const struct {
    const char *descr;
    unsigned char data[16];
    size_t size, stored;
    H5T_class_t class;
    double values[2];
  } types[] = {
      {"|b1", {1, 0}, 1, 1, H5T_INTEGER, {1, 0}},
      {"|u1", {200, 3}, 1, 1, H5T_INTEGER, {200, 3}},
      {"|i1", {200, 3}, 1, 1, H5T_INTEGER, {-56, 3}},
      {"<i2", {0x01, 0x02, 0xfe, 0xff}, 2, 2, H5T_INTEGER, {513, -2}},
      {">u2", {0x01, 0x02, 0xff, 0xfe}, 2, 2, H5T_INTEGER, {258, 65534}},
      {"<u4", {1, 0, 0, 0, 0, 0, 0, 0x80}, 4, 4, H5T_INTEGER, {1, 2147483648.0}},
      {">i4", {0xff, 0xff, 0xff, 0xff, 0, 0, 1, 0}, 4, 4, H5T_INTEGER, {-1, 256}},
      {"<i8",
       {1, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
       8,
       8,
       H5T_INTEGER,
       {4294967297.0, -1}},
      {">u8", {0, 0, 0, 0, 0, 0, 0, 9, 0x80, 0, 0, 0, 0, 0, 0, 0}, 8, 8, H5T_INTEGER, {9, 9223372036854775808.0}},
      {"<f4", {0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0}, 4, 4, H5T_FLOAT, {1, -2.5}},
      {">f8", {0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xbf, 0xd0, 0, 0, 0, 0, 0, 0}, 8, 8, H5T_FLOAT, {1.5, -0.25}}};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    char dictionary[200];
    snprintf(dictionary, sizeof dictionary, "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }", types[i].descr);
    sp_import_npy_options options = {.features = make_npy("x.npy", 1, dictionary, types[i].data, 2 * types[i].size)};
    assert_ok(import_into(in_directory("x.h5"), &sp_import_npy, &options));
    assert_dataset(in_directory("x.h5"), "/train/features", types[i].class, types[i].stored, 1, (hsize_t[]){2},
                   types[i].values);
  }
}

static void half_precision(void **state) {  // the values of IEEE 754-2008, and the sign of zero
  (void)state;
  static const unsigned char data[] = {0x00, 0x3c, 0x00, 0xc0, 0xff, 0x7b, 0x00, 0x04, 0x01,
                                       0x00, 0xff, 0x03, 0x55, 0x35, 0x00, 0x7e, 0x00, 0xfc};
  const double values[] = {1, -2, 65504, 0x1p-14, 0x1p-24, 1023 * 0x1p-24, 0.333251953125, NAN, -INFINITY};
  sp_import_npy_options options = {
      .features =
          make_npy("half.npy", 1, "{'descr': '<f2', 'fortran_order': False, 'shape': (3, 3), }", data, sizeof data)};
  assert_ok(import_into(in_directory("half.h5"), &sp_import_npy, &options));
  assert_dataset(in_directory("half.h5"), "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){3, 3}, values);
}

static void versions_and_pairs(void **state) {
  (void)state;
  static const unsigned char x[] = {1, 2, 3, 4, 5, 6}, y[] = {8, 9};
  const char *spread = "{\"shape\" : ( 2 , 3L ) , 'descr':'|u1' , 'fortran_order':False}";
  const char *vector = "{'descr': '|u1', 'fortran_order': True, 'shape': (2,), }";
  sp_import_npy_options options = {.features = make_npy("2.npy", 2, spread, x, 6),
                                   .targets = make_npy("3.npy", 3, vector, y, 2)};
  char *data;
  size_t size;
  assert_ok(sp_file_read(options.features, 4096, &data, &size));
  options.test_features = make_gzip_file("2.npy.gz", data, size);
  options.test_targets = options.targets;
  free(data);
  const char *output = in_directory("pairs.h5");
  assert_ok(import_into(output, &sp_import_npy, &options));
  assert_dataset(output, "/train/features", H5T_INTEGER, 1, 2, (hsize_t[]){2, 3}, (double[]){1, 2, 3, 4, 5, 6});
  assert_dataset(output, "/train/targets", H5T_INTEGER, 1, 1, (hsize_t[]){2}, (double[]){8, 9});
  assert_dataset(output, "/test/features", H5T_INTEGER, 1, 2, (hsize_t[]){2, 3}, (double[]){1, 2, 3, 4, 5, 6});
  options.targets = make_npy("3.npy", 3, "{'descr': '|u1', 'fortran_order': True, 'shape': (1,), }", y, 1);
  assert_import_fails(&sp_import_npy, &options, SP_ERR_DATA, "3.npy: found 1 rows, expected 2, the number of rows of");
}

static void fortran_order(void **state) {  // a[i][j][k] = 100 i + 10 j + k, first index fastest in the file
  (void)state;
  unsigned char data[2 * 24];
  double values[24];
  int n = 0;
  for (int k = 0; k < 4; k++) {
    for (int j = 0; j < 3; j++) {
      for (int i = 0; i < 2; i++, n++) {
        data[2 * n] = (unsigned char)((100 * i + 10 * j + k) >> 8);
        data[2 * n + 1] = (unsigned char)(100 * i + 10 * j + k);
        values[(i * 3 + j) * 4 + k] = 100 * i + 10 * j + k;
      }
    }
  }
  sp_import_npy_options options = {
      .features = make_npy("f.npy", 1, "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3, 4), }", data, 48)};
  assert_ok(import_into(in_directory("f.h5"), &sp_import_npy, &options));
  assert_dataset(in_directory("f.h5"), "/train/features", H5T_INTEGER, 2, 3, (hsize_t[]){2, 3, 4}, values);
}

static void wrong_dictionaries(void **state) {
  (void)state;
  static const struct {
    const char *dictionary, *message;
  } cases[] = {
      {"{'descr': '<c8', 'fortran_order': False, 'shape': (2,), }",
       "offset 20: NPY header: found ''<c8', 'fortran_orde', expected a numeric type"},
      {"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }",
       "overflow.npy: contains pickled Python objects (dtype object), which are not read, expected a numeric type"},
      {"{'descr': '|i4', 'fortran_order': False, 'shape': (2,), }", "expected a numeric type"},
      {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", "expected a numeric type"},
      {"{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }", "expected True or False"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "expected at least one dimension"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2), }", "expected a comma"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", "expected a dimension"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 2), }", "expected a dimension of at least 1"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
       "expected a dimension below 2^63"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 9223372036854775807), }",
       "overflow.npy"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,), }", "more than can be addressed"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,2), }", "expected at most 8 dimensions"},
      {"{'descr': '<f4', 'fortran_order': False, }", "expected 'descr', 'fortran_order' and 'shape'"},
      {"{'descr': '<f4', 'descr': '<f4', 'shape': (2,), }", "each once"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}", "expected one of 'descr'"},
      {"{'descr': '<f4', 'fortran_order': False 'shape': (2,)}", "expected ',' or '}'"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", "found 'x"},
      {"['descr']", "expected '{'"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
       "values: found 8 bytes, expected 12: the file is truncated"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
       "values: found 8 bytes, expected 4: more data follow"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    sp_import_npy_options options = {.features = make_npy("overflow.npy", 1, cases[i].dictionary, "12345678", 8)};
    const char *output = in_directory("fails.h5");
    assert_true(import_into(output, &sp_import_npy, &options) != SP_OK);
    if (!strstr(sp_error_message(), cases[i].message)) fail_msg("%s: %s", cases[i].dictionary, sp_error_message());
    assert_false(sp_file_exists(output));
  }
}

static void wrong_files(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t size;
    const char *message;
  } cases[] = {{"\x93NUMPX\1\0\2\0{}", 12, "expected \\x93NUMPY"},
               {"PK\3\4........", 12, "an archive of arrays (.npz)"},
               {"\x93NUMPY\4\0\2\0{}", 12, "offset 6: found version 4.0"},
               {"\x93NUMPY\1\1\2\0{}", 12, "offset 6: found version 1.1"},
               {"\x93NUMPY\1\0\3\0{}", 12, "offset 10: NPY header: found 2 bytes, expected 3"},
               {"\x93NUMPY\2\0\0\0\0\x7f", 12, "offset 8: found a header of 2130706432 bytes"},
               {"\x93NUM", 4, "NPY header: found 4 bytes, expected 8"},
               {"\x93NUMPY\1\0\0\0", 10, "offset 10: NPY header: found '', expected '{'"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    sp_import_npy_options options = {.features = make_file("wrong.npy", cases[i].bytes, cases[i].size)};
    assert_import_fails(&sp_import_npy, &options, SP_ERR_DATA, cases[i].message);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(types_and_byte_orders), cmocka_unit_test(half_precision),
      cmocka_unit_test(versions_and_pairs),    cmocka_unit_test(fortran_order),
      cmocka_unit_test(wrong_dictionaries),    cmocka_unit_test(wrong_files),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
