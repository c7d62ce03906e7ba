// SPDX-License-Identifier: Apache-2.0
// Data sets: the delivered values for every stored type and layout, from files and from the cache, bit for bit.
#include "data/row_dataset.h"

#include "columns.h"
#include "config/names.h"
#include "data/moments.h"
#include "data/original_units.h"
#include "data/row_cache.h"
#include "data/transforms.h"
#include "hdf5/convert.h"
#include "hdf5_writer.h"

static const sp_selected_list none = {NULL, 0};

static sp_status open_files(const char *const *files, int64_t count, const char *features, const char *targets,
                            sp_dtype precision, sp_dataset **out) {
  sp_data_source_options source = {.file = {files, count}, .features = features, .targets = targets};
  return open_pair(&source, &none, &none, precision, out);
}

static sp_dataset *opened(const char *path, const char *features, const char *targets, sp_dtype precision) {
  sp_dataset *dataset;
  assert_ok(open_files(&path, 1, features, targets, precision, &dataset));
  return dataset;
}

static const char *signature_of(const sp_dataset *dataset, char buffer[256]) {
  sp_text text = {0};
  sp_dataset_signature(dataset, &text);
  snprintf(buffer, 256, "%s", sp_text_string(&text));
  sp_text_free(&text);
  return buffer;
}

/// A copy of all rows, filled in two parts. The caller frees it.
static void *fill_cache(sp_dataset *dataset) {
  int64_t bytes = sp_dataset_cache_bytes(dataset), rows = sp_dataset_rows(dataset), first = rows / 3;
  void *cache = aligned_alloc(64, (size_t)(bytes + 63) / 64 * 64);
  assert_ok(sp_dataset_cache_fill(dataset, cache, first, rows - first));
  assert_ok(sp_dataset_cache_fill(dataset, cache, 0, first));
  return cache;
}

/// All rows' features as doubles, from the files and again from memory: equal. The caller frees them.
static double *all_features(sp_dataset *dataset) {
  int64_t rows = sp_dataset_rows(dataset), values = sp_shape_size(sp_dataset_shape(dataset, FEATURES));
  int64_t *row = malloc((size_t)rows * sizeof *row);
  for (int64_t i = 0; i < rows; i++) row[i] = i;
  size_t bytes = (size_t)(rows * values) * sizeof(double);
  double *read = malloc(bytes), *copied = malloc(bytes);
  assert_ok(gather_pair(dataset, row, rows, read, NULL));
  void *cache = fill_cache(dataset);
  sp_dataset_cache_use(dataset, cache);
  assert_ok(gather_pair(dataset, row, rows, copied, NULL));
  assert_memory_equal(read, copied, bytes);
  sp_dataset_cache_use(dataset, NULL);
  free(cache);
  free(copied);
  free(row);
  return read;
}

// --- types --------------------------------------------------------------------------------------------------------

static void every_integer_type(void **state) {
  (void)state;
  const hid_t stored[] = {H5T_STD_I8LE,  H5T_STD_U8LE,  H5T_STD_I16LE, H5T_STD_I16BE, H5T_STD_U16LE,
                          H5T_STD_U16BE, H5T_STD_I32LE, H5T_STD_I32BE, H5T_STD_U32LE, H5T_STD_U32BE,
                          H5T_STD_I64LE, H5T_STD_I64BE, H5T_STD_U64LE, H5T_STD_U64BE};
  for (size_t t = 0; t < sizeof stored / sizeof *stored; t++) {
    bool is_signed = H5Tget_sign(stored[t]) == H5T_SGN_2;
    int bits = (int)H5Tget_size(stored[t]) * 8;
    uint64_t high = is_signed ? (1ull << (bits - 1)) - 1 : bits == 64 ? UINT64_MAX : (1ull << bits) - 1;
    int64_t low = is_signed ? -(int64_t)high - 1 : 0;
    const uint64_t values[6] = {0, 1, 100, high, high - 1, (uint64_t)low};
    const char *path = in_directory("integers.h5");
    hid_t file = new_file(path);
    write_values(file, "/x", stored[t], is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64, 1, (hsize_t[]){6}, values);
    H5Fclose(file);
    for (int wide = 0; wide <= 1; wide++) {
      sp_dataset *dataset = opened(path, "/x", "/x", wide ? SP_FLOAT64 : SP_FLOAT32);
      assert_true(form_of(dataset, TARGETS).integer);
      const int64_t row[6] = {0, 1, 2, 3, 4, 5};
      float narrow[6];
      double doubles[6];
      assert_ok(gather_pair(dataset, row, 6, wide ? (void *)doubles : narrow, NULL));
      for (int i = 0; i < 6; i++) {
        double expected = is_signed ? (double)(int64_t)values[i] : (double)values[i];
        float expected_narrow = is_signed ? (float)(int64_t)values[i] : (float)values[i];
        if (wide) assert_near(doubles[i], expected, 0);
        if (!wide) assert_near(narrow[i], expected_narrow, 0);
      }
      sp_dataset_close(dataset);
    }
  }
}

static void odd_integer_types(void **state) {  // 12 bits in 2 bytes (either order), 3 bytes, and h5py's truth values
  (void)state;
  hid_t twelve = H5Tcopy(H5T_STD_I16BE), three = H5Tcopy(H5T_STD_I32LE), truth = H5Tenum_create(H5T_NATIVE_INT8);
  H5Tset_precision(twelve, 12);
  H5Tset_precision(three, 24);
  H5Tset_size(three, 3);
  H5Tenum_insert(truth, "FALSE", &(int8_t){0});
  H5Tenum_insert(truth, "TRUE", &(int8_t){1});
  const int values[4] = {-2048, 2047, -1, 5};
  const int8_t truths[4] = {1, 0, 0, 1};
  const char *path = in_directory("odd.h5");
  hid_t file = new_file(path);
  write_values(file, "/twelve", twelve, H5T_NATIVE_INT, 1, (hsize_t[]){4}, values);
  write_values(file, "/three", three, H5T_NATIVE_INT, 1, (hsize_t[]){4}, values);
  write_values(file, "/truth", truth, truth, 1, (hsize_t[]){4}, truths);
  H5Fclose(file);
  const char *names[] = {"/twelve", "/three", "/truth"};
  for (int n = 0; n < 3; n++) {
    sp_dataset *dataset = opened(path, names[n], "/truth", SP_FLOAT64);
    double *x = all_features(dataset);
    for (int i = 0; i < 4; i++) assert_near(x[i], n == 2 ? truths[i] : values[i], 0);
    free(x);
    sp_dataset_close(dataset);
  }
  H5Tclose(twelve);
  H5Tclose(three);
  H5Tclose(truth);
}

static hid_t half_type(hid_t base) {
  hid_t half = H5Tcopy(base);
  H5Tset_fields(half, 15, 10, 5, 0, 10);
  H5Tset_size(half, 2);
  H5Tset_ebias(half, 15);
  return half;
}

static void every_float_type(void **state) {
  (void)state;
  // 1, -2, the largest, the smallest normal and subnormal: IEEE 754 binary16, whose values every float type holds.
  const uint16_t bits[5] = {0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001};
  const double values[5] = {1, -2, 65504, 0x1p-14, 0x1p-24};
  hid_t little = half_type(H5T_IEEE_F32LE), big = half_type(H5T_IEEE_F32BE);
  uint8_t little_bytes[10], big_bytes[10];
  for (int i = 0; i < 5; i++) {
    little_bytes[2 * i] = big_bytes[2 * i + 1] = (uint8_t)bits[i];
    little_bytes[2 * i + 1] = big_bytes[2 * i] = (uint8_t)(bits[i] >> 8);
  }
  const char *path = in_directory("floats.h5");
  hid_t file = new_file(path);
  write_values(file, "/half/little", little, little, 1, (hsize_t[]){5}, little_bytes);
  write_values(file, "/half/big", big, big, 1, (hsize_t[]){5}, big_bytes);
  write_values(file, "/single/little", H5T_IEEE_F32LE, H5T_NATIVE_DOUBLE, 1, (hsize_t[]){5}, values);
  write_values(file, "/single/big", H5T_IEEE_F32BE, H5T_NATIVE_DOUBLE, 1, (hsize_t[]){5}, values);
  write_values(file, "/double/little", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, (hsize_t[]){5}, values);
  write_values(file, "/double/big", H5T_IEEE_F64BE, H5T_NATIVE_DOUBLE, 1, (hsize_t[]){5}, values);
  H5Fclose(file);
  const char *names[] = {"/half/little", "/half/big", "/single/little", "/single/big", "/double/little", "/double/big"};
  for (int n = 0; n < 6; n++) {
    sp_dataset *dataset = opened(path, names[n], names[n], SP_FLOAT64);
    char text[256];
    assert_string_equal(signature_of(dataset, text), n < 4 ? "5 rows, features float32, targets float32"
                                                           : "5 rows, features float64, targets float64");
    assert_false(form_of(dataset, TARGETS).integer);
    double *x = all_features(dataset);
    for (int i = 0; i < 5; i++) assert_near(x[i], values[i], 0);
    free(x);
    sp_dataset_close(dataset);
  }
  H5Tclose(little);
  H5Tclose(big);
}

// --- shapes and layouts -------------------------------------------------------------------------------------------

static void shapes_of_samples(void **state) {
  (void)state;
  const float x[24] = {0};
  const char *path = in_directory("shapes.h5");
  hid_t file = new_file(path);
  write_values(file, "/a", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 1, (hsize_t[]){4}, x);
  write_values(file, "/b", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, (hsize_t[]){4, 1}, x);
  write_values(file, "/c", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 3, (hsize_t[]){4, 2, 3}, x);
  H5Fclose(file);
  sp_dataset *dataset = opened(path, "/a", "/b", SP_FLOAT32);
  assert_int_equal(sp_dataset_shape(dataset, FEATURES)->rank, 0);  // one value is a scalar, however it is stored
  assert_int_equal(sp_dataset_shape(dataset, TARGETS)->rank, 0);
  sp_dataset_close(dataset);
  dataset = opened(path, "/c", "c", SP_FLOAT32);
  assert_true(sp_shape_equal(sp_dataset_shape(dataset, FEATURES), &(sp_shape){.rank = 2, .extent = {2, 3}}));
  assert_true(sp_shape_equal(sp_dataset_shape(dataset, TARGETS), &(sp_shape){.rank = 2, .extent = {2, 3}}));
  char text[256];
  assert_non_null(strstr(sp_dataset_describe(dataset, text), "shapes.h5:/c, 4 rows of float32 [2, 3]; targets c"));
  sp_dataset_close(dataset);
}

enum { ROWS = 1000, SIDE = 7, VALUES = SIDE * SIDE };

/// What each layout below holds: 1000 images of 7 by 7.
static int image_value(int64_t row, int64_t i) { return (int)((row * 7919 + i * 31) % 30011); }

static void check_images(const char *path, const char *name, int64_t chunk_rows) {
  sp_dataset *dataset = opened(path, name, "/y", SP_FLOAT64);
  assert_int_equal(sp_dataset_rows(dataset), ROWS);
  assert_int_equal(sp_dataset_chunk_rows(dataset), chunk_rows);
  double *x = all_features(dataset);
  for (int i = 0; i < ROWS * VALUES; i++) assert_near(x[i], image_value(i / VALUES, i % VALUES), 0);
  free(x);
  // Scattered rows, some of them twice and some of them neighbours, with their targets.
  int64_t row[64];
  double features[64][VALUES];
  int32_t label[64];
  for (int i = 0; i < 64; i++) row[i] = i % 3 == 0 ? 17 + i / 9 : (i * 389) % ROWS;
  assert_ok(use_classes(dataset, 10));
  assert_ok(gather_pair(dataset, row, 64, features, label));
  for (int i = 0; i < 64; i++) {
    assert_int_equal(label[i], row[i] % 10);
    for (int v = 0; v < VALUES; v++) assert_near(features[i][v], image_value(row[i], v), 0);
  }
  sp_dataset_close(dataset);
}

/// A chunked data set's creation list; deflated and with checksums when `packed`.
static hid_t chunks(hsize_t rows, hsize_t height, hsize_t width, bool packed) {
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(creation, 3, (hsize_t[]){rows, height, width});
  if (packed) {
    H5Pset_shuffle(creation);
    H5Pset_deflate(creation, 4);
    H5Pset_fletcher32(creation);
  }
  return creation;
}

static hid_t external(const char *path) {
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(creation, path, 0, ROWS * VALUES * sizeof(int16_t));
  return creation;
}

/// Rows 0 to 599 from /contiguous, the rest from the same rows of /packed.
static hid_t virtual_parts(const hsize_t *extent) {
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  hid_t to = H5Screate_simple(3, extent, NULL), from = H5Screate_simple(3, extent, NULL);
  const hsize_t begin[2][3] = {{0, 0, 0}, {600, 0, 0}}, count[2][3] = {{600, SIDE, SIDE}, {400, SIDE, SIDE}};
  for (int i = 0; i < 2; i++) {
    H5Sselect_hyperslab(to, H5S_SELECT_SET, begin[i], NULL, count[i], NULL);
    H5Sselect_hyperslab(from, H5S_SELECT_SET, begin[i], NULL, count[i], NULL);
    H5Pset_virtual(creation, to, "images.h5", i == 0 ? "/contiguous" : "/packed", from);
  }
  H5Sclose(to);
  H5Sclose(from);
  return creation;
}

static void every_layout(void **state) {
  (void)state;
  static int16_t x[ROWS * VALUES];
  static uint8_t y[ROWS];
  const hsize_t extent[3] = {ROWS, SIDE, SIDE};
  for (int i = 0; i < ROWS * VALUES; i++) x[i] = (int16_t)image_value(i / VALUES, i % VALUES);
  for (int i = 0; i < ROWS; i++) y[i] = (uint8_t)(i % 10);
  const char *path = in_directory("images.h5");
  hid_t creation[] = {H5Pcreate(H5P_DATASET_CREATE), chunks(64, SIDE, SIDE, false), chunks(33, 4, 5, true),
                      external(in_directory("images.raw")), chunks(ROWS, SIDE, SIDE, true)};
  const char *names[] = {"/contiguous", "/chunked", "/packed", "/external", "/one"};
  const int64_t chunk_rows[] = {0, 64, 33, 0, ROWS};
  hid_t file = new_file(path);
  for (int i = 0; i < 5; i++) {
    write_with(file, names[i], H5T_STD_I16BE, H5T_NATIVE_INT16, 3, extent, creation[i], x);
    H5Pclose(creation[i]);
  }
  write_values(file, "/y", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, extent, y);
  H5Fclose(file);
  for (int i = 0; i < 5; i++) check_images(path, names[i], chunk_rows[i]);

  const char *joined = in_directory("joined.h5");
  hid_t parts = virtual_parts(extent);
  file = new_file(joined);
  write_with(file, "/virtual", H5T_STD_I16BE, H5T_NATIVE_INT16, 3, extent, parts, NULL);
  write_values(file, "/y", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, extent, y);
  H5Fclose(file);
  H5Pclose(parts);
  check_images(joined, "/virtual", 0);
  sp_dataset *dataset = opened(joined, "/virtual", "/y", SP_FLOAT32);
  assert_true(sp_dataset_has_file(dataset, joined) && sp_dataset_has_file(dataset, path));
  assert_false(sp_dataset_has_file(dataset, in_directory("images.raw")));
  assert_false(sp_dataset_has_file(dataset, in_directory("nowhere.h5")));
  sp_dataset_close(dataset);
}

/// A part with a name that only looks as if it had a number.
static void a_part_that_is_not_numbered(void **state) {
  (void)state;
  const char *path = in_directory("single.h5"), *part = in_directory("is%b.h5"), *other = in_directory("is0.h5"),
             *third = in_directory("third.h5");
  const hsize_t extent[] = {4, 2};
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, extent, NULL), file;
  write_simple(part, 4, 2, 0);
  write_simple(other, 4, 2, 0);
  write_simple(third, 4, 2, 0);
  file = new_file(path);
  assert_true(H5Pset_virtual(creation, space, "is%%b.h5", "/x", space) >= 0);
  H5Dclose(H5Dcreate2(file, "/x", H5T_STD_U8LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
  H5Lcreate_external("is0.h5", "/y", file, "/y", H5P_DEFAULT, H5P_DEFAULT);
  H5Sclose(space);
  H5Pclose(creation);
  H5Fclose(file);
  sp_dataset *dataset = opened(path, "/x", "/y", SP_FLOAT32);
  assert_true(sp_dataset_has_file(dataset, part));
  assert_true(sp_dataset_has_file(dataset, other));
  assert_false(sp_dataset_has_file(dataset, third));
  sp_dataset_close(dataset);
}

/// Features in numbered parts, targets behind a link into another file.
static void files_behind_others(void **state) {
  (void)state;
  enum { PARTS = 3 };
  const char *path = in_directory("front.h5");
  const hsize_t begin[] = {0, 0}, block[] = {4, 2}, extent[] = {4 * PARTS, 2}, most[] = {H5S_UNLIMITED, 2};
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE), to = H5Screate_simple(2, extent, most);
  hid_t from = H5Screate_simple(2, block, NULL), file = new_file(path);
  H5Sselect_hyperslab(to, H5S_SELECT_SET, begin, block, (hsize_t[]){H5S_UNLIMITED, 1}, block);
  assert_true(H5Pset_virtual(creation, to, "100%%-%b.h5", "/x", from) >= 0);
  H5Dclose(H5Dcreate2(file, "/x", H5T_STD_U8LE, to, H5P_DEFAULT, creation, H5P_DEFAULT));
  assert_true(H5Lcreate_external("labels.h5", "/y", file, "/y", H5P_DEFAULT, H5P_DEFAULT) >= 0);
  H5Sclose(to);
  H5Sclose(from);
  H5Pclose(creation);
  H5Fclose(file);
  const char *const names[] = {"labels.h5", "100%-0.h5", "100%-1.h5", "100%-2.h5", "100%-4.h5"};
  for (int i = 0; i < 5; i++) write_simple(in_directory(names[i]), i == 0 ? 4 * PARTS : 4, 2, 4 * i);
  sp_dataset *dataset = opened(path, "/x", "/y", SP_FLOAT32);
  assert_int_equal(sp_dataset_rows(dataset), 4 * PARTS);
  for (int i = 0; i < 4; i++) assert_true(sp_dataset_has_file(dataset, in_directory(names[i])));
  assert_false(sp_dataset_has_file(dataset, in_directory(names[4])));  // behind the gap
  sp_dataset_close(dataset);
}

static void pieces_of_a_large_read(void **state) {  // 20 MB in chunks: read in pieces that end where chunks end
  (void)state;
  enum { MANY = 2000, WIDE = 10000 };
  uint8_t *x = malloc((size_t)MANY * WIDE);
  for (int64_t i = 0; i < (int64_t)MANY * WIDE; i++) x[i] = (uint8_t)(i % 253 ^ i / WIDE);
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(creation, 2, (hsize_t[]){300, WIDE});
  const char *path = in_directory("large.h5");
  hid_t file = new_file(path);
  write_with(file, "/x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 2, (hsize_t[]){MANY, WIDE}, creation, x);
  write_values(file, "/y", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (hsize_t[]){MANY}, x);
  H5Fclose(file);
  H5Pclose(creation);
  sp_dataset *dataset = opened(path, "/x", "/y", SP_FLOAT32);
  uint8_t *cache = fill_cache(dataset);
  assert_memory_equal(cache, x, (size_t)MANY * WIDE);
  assert_memory_equal(cache + (size_t)MANY * WIDE, x, MANY);
  free(cache);
  free(x);
  sp_dataset_close(dataset);
}

// --- several files ------------------------------------------------------------------------------------------------

static void several_files_are_one(void **state) {
  (void)state;
  write_simple(in_directory("part-0.h5"), 10, 3, 0);
  write_simple(in_directory("part-1.h5"), 1, 3, 10);
  write_simple(in_directory("part-2.h5"), 29, 3, 11);
  const char *pattern = in_directory("part-*.h5");
  const char *list[] = {in_directory("part-0.h5"), in_directory("part-[12].h5")};
  for (int way = 0; way < 2; way++) {
    sp_dataset *dataset;
    assert_ok(open_files(way ? list : &pattern, way ? 2 : 1, "x", "y", SP_FLOAT64, &dataset));
    assert_int_equal(sp_dataset_rows(dataset), 40);
    double *x = all_features(dataset);
    for (int i = 0; i < 120; i++) assert_near(x[i], i, 0);
    free(x);
    sp_dataset_close(dataset);
  }
}

static void many_files(void **state) {  // more than stay open at a time
  (void)state;
  enum { FILES = 150 };
  char name[64];
  for (int i = 0; i < FILES; i++) {
    snprintf(name, sizeof name, "many-%03d.h5", i);
    write_simple(in_directory(name), 2, 1, 2 * i);
  }
  const char *pattern = in_directory("many-*");
  sp_dataset *dataset;
  assert_ok(open_files(&pattern, 1, "x", "y", SP_FLOAT64, &dataset));
  for (int round = 0; round < 2; round++) {
    double *x = all_features(dataset);
    for (int i = 0; i < 2 * FILES; i++) assert_near(x[i], i % 251, 0);
    free(x);
  }
  sp_dataset_close(dataset);
}

static void files_of_different_widths(void **state) {  // uint8 and int16 with uint16: what holds them all is int32
  (void)state;
  const int values[3][2] = {{0, 255}, {-32768, 32767}, {0, 65535}};
  const hid_t stored[] = {H5T_STD_U8LE, H5T_STD_I16BE, H5T_STD_U16LE};
  const char *paths[3] = {in_directory("w0.h5"), in_directory("w1.h5"), in_directory("w2.h5")};
  for (int i = 0; i < 3; i++) {
    hid_t file = new_file(paths[i]);
    write_values(file, "/x", stored[i], H5T_NATIVE_INT, 1, (hsize_t[]){2}, values[i]);
    H5Fclose(file);
  }
  sp_dataset *dataset;
  assert_ok(open_files(paths, 3, "/x", "/x", SP_FLOAT64, &dataset));
  char text[256];
  assert_string_equal(signature_of(dataset, text), "6 rows, features int32, targets int32");
  double *x = all_features(dataset);
  for (int i = 0; i < 6; i++) assert_near(x[i], values[i / 2][i % 2], 0);
  free(x);
  sp_dataset_close(dataset);
}

// --- statistics ---------------------------------------------------------------------------------------------------

static void statistics_over_rows(void **state) {
  (void)state;
  const char *path = in_directory("statistics.h5");
  write_simple(path, 50, 4, 0);
  const int element = 0;
  const sp_selected standardize = {
      .type = sp_variant_find(sp_transforms, "standardize"), .options = &element, .path = "data.transform[0]"};
  const sp_selected_list chain = {&standardize, 1};
  sp_data_source_options source = {.file = {&path, 1}, .features = "/x", .targets = "/y"};
  sp_dataset *dataset;
  assert_ok(open_pair(&source, &chain, &chain, SP_FLOAT32, &dataset));
  assert_int_equal(sp_dataset_moments_size(dataset), 5);
  int64_t last = 49;
  float x[4], y;
  assert_fails(gather_pair(dataset, &last, 1, x, &y), SP_ERR_LIBRARY, "have not been set");
  void *cache = fill_cache(dataset);
  for (int cached = 0; cached <= 1; cached++) {
    sp_dataset_cache_use(dataset, cached ? cache : NULL);
    double mean[5] = {0}, squares[5] = {0}, deviation[5];
    assert_ok(sp_dataset_moments_add(dataset, 0, 20, NULL, mean));
    assert_ok(sp_dataset_moments_add(dataset, 20, 30, NULL, mean));
    for (int i = 0; i < 5; i++) mean[i] /= 50;
    for (int i = 0; i < 4; i++) assert_near(mean[i], 98 + i, 0);  // 0, 4, …, 196
    assert_near(mean[4], 4.5, 0);
    assert_ok(sp_dataset_moments_add(dataset, 0, 50, mean, squares));
    for (int i = 0; i < 4; i++) assert_near(squares[i], 16 * 50 * (50.0 * 50 - 1) / 12, 1e-9);
    assert_near(squares[4], 50 * (10.0 * 10 - 1) / 12, 1e-9);
    for (int i = 0; i < 5; i++) deviation[i] = sqrt(squares[i] / 50);
    sp_dataset_moments_set(dataset, FEATURES, mean, deviation);
    sp_dataset_moments_set(dataset, TARGETS, mean + 4, deviation + 4);
    assert_ok(gather_pair(dataset, &last, 1, x, &y));
    for (int i = 0; i < 4; i++) assert_near(x[i], 98 / deviation[i], 1e-6);
    assert_near(y, 4.5 / deviation[4], 1e-6);
    sp_dataset_to_units(dataset, TARGETS, 1, &y);
    assert_near(y, 9, 1e-5);
  }
  sp_dataset_close(dataset);
  free(cache);
}

// --- rows as they are stored --------------------------------------------------------------------------------------

// More of them than one read takes.
static void rows_as_stored(void **state) {
  (void)state;
  enum { MANY = 300000, WIDTH = 4 };
  const char *path = in_directory("stored.h5");
  write_simple(path, MANY, WIDTH, 0);
  sp_dataset *dataset;
  assert_ok(open_files(&path, 1, "/x", "/y", SP_FLOAT64, &dataset));
  sp_stored x = sp_dataset_stored(dataset, FEATURES), y = sp_dataset_stored(dataset, TARGETS);
  assert_int_equal(x.values, WIDTH);
  assert_int_equal(y.values, 1);
  size_t x_size = (size_t)x.values * sp_dtype_size(x.dtype), y_size = sp_dtype_size(y.dtype);
  char *features = malloc(MANY * x_size), *targets = malloc(MANY * y_size), text[32];
  void *cache = fill_cache(dataset);
  for (int cached = 0; cached <= 1; cached++) {
    sp_dataset_cache_use(dataset, cached ? cache : NULL);
    assert_ok(sp_dataset_read(dataset, FEATURES, 1, MANY - 1, features));
    assert_ok(sp_dataset_read(dataset, TARGETS, MANY - 1, 1, targets));
    for (long row = 1; row < MANY; row += 101) {
      char *at = features + (size_t)(row - 1) * x_size + 3 * sp_dtype_size(x.dtype);
      assert_near(strtod(sp_convert_text(x.dtype, at, text), NULL), (double)((row * WIDTH + 3) % 251), 0);
    }
    assert_string_equal(sp_convert_text(y.dtype, targets, text), "9");
  }
  sp_dataset_close(dataset);
  free(features), free(targets), free(cache);
}

// As few digits as are needed, and never another value.
static void stored_values_as_text(void **state) {
  (void)state;
  char text[32];
  assert_string_equal(sp_convert_text(SP_FLOAT32, &(float){0.1f}, text), "0.1");
  assert_string_equal(sp_convert_text(SP_FLOAT64, &(double){0.1}, text), "0.1");
  assert_string_equal(sp_convert_text(SP_FLOAT64, &(double){0.1f}, text), "0.10000000149011612");
  assert_string_equal(sp_convert_text(SP_FLOAT32, &(float){16777215}, text), "16777215");
  assert_string_equal(sp_convert_text(SP_FLOAT64, &(double){1.0 / 3}, text), "0.3333333333333333");
  assert_string_equal(sp_convert_text(SP_FLOAT32, &(float){INFINITY}, text), "inf");
  assert_string_equal(sp_convert_text(SP_FLOAT64, &(double){NAN}, text), "nan");
  assert_string_equal(sp_convert_text(SP_FLOAT32, &(float){-NAN}, text), "nan");
  assert_string_equal(sp_convert_text(SP_UINT64, &(uint64_t){UINT64_MAX}, text), "18446744073709551615");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_integer_type),
      cmocka_unit_test(odd_integer_types),
      cmocka_unit_test(every_float_type),
      cmocka_unit_test(shapes_of_samples),
      cmocka_unit_test(every_layout),
      cmocka_unit_test(pieces_of_a_large_read),
      cmocka_unit_test(several_files_are_one),
      cmocka_unit_test(many_files),
      cmocka_unit_test(files_of_different_widths),
      cmocka_unit_test(statistics_over_rows),
      cmocka_unit_test(rows_as_stored),
      cmocka_unit_test(files_behind_others),
      cmocka_unit_test(a_part_that_is_not_numbered),
      cmocka_unit_test(stored_values_as_text),
  };
  return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
