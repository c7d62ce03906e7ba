// SPDX-License-Identifier: Apache-2.0
// The listing of an HDF5 file by inspect: sizes that cannot be addressed, cycles of groups, links, paths that are not files.
#include "hdf5/hdf5_list.h"

#include <sys/stat.h>

#include "hdf5/hdf5_dataset.h"
#include "hdf5_writer.h"

static void sizes_that_overflow(void **state) {
  (void)state;
  const char *path = in_directory("huge.h5");
  const hsize_t extent[3] = {(hsize_t)1 << 40, (hsize_t)1 << 30, 8}, chunk[3] = {1, (hsize_t)1 << 20, 8};
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE), file = new_file(path);
  H5Pset_chunk(creation, 3, chunk);
  write_with(file, "/x", H5T_STD_I64LE, H5T_NATIVE_INT64, 3, extent, creation, NULL);
  H5Pclose(creation);
  H5Fclose(file);
  sp_text out = {0};
  assert_ok(sp_hdf5_list(path, false, &out));
  assert_non_null(
      strstr(out.data, "[1099511627776, 1073741824, 8]  chunks [1, 1048576, 8]  more bytes than can be addressed"));
  sp_text_free(&out);
  assert_ok(sp_hdf5_list(path, true, &out));
  assert_non_null(strstr(out.data, "\"bytes\": null}"));
  sp_text_free(&out);
}

static void names_are_in_one_line(void **state) {
  (void)state;
  const char *path = in_directory("names.h5");
  const uint8_t x[4] = {0};
  hid_t file = new_file(path);
  write_values(file, "/a\nb\x1b[31m\xff", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (hsize_t[]){4}, x);
  H5Fclose(file);
  sp_text out = {0};
  assert_ok(sp_hdf5_list(path, false, &out));
  assert_non_null(strstr(out.data, "/a\\nb\\x1b[31m\\xff "));
  assert_ptr_equal(strchr(out.data, '\n'), out.data + out.size - 1);  // one line
  sp_text_free(&out);
  assert_ok(sp_hdf5_list(path, true, &out));
  assert_non_null(strstr(out.data, "\"/a\\u000ab\\u001b[31m\\ufffd\""));
  sp_text_free(&out);
}

static int lines(const sp_text *text) {
  int count = 0;
  for (size_t i = 0; i < text->size; i++) count += text->data[i] == '\n';
  return count;
}

static void links_that_lead_nowhere(void **state) {
  (void)state;
  const char *path = in_directory("dangling.h5");
  const uint8_t x[4] = {0};
  hid_t file = new_file(path);
  write_values(file, "/good", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (hsize_t[]){4}, x);
  H5Lcreate_soft("/now\nhere", file, "/soft", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/there/x", file, "/further", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external("gone.h5", "/group", file, "/there", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external("dangling.h5", "/gone", file, "/absent", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/b", file, "/a", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/a", file, "/b", H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  static const char *const expected[] = {
      "/soft                             is a soft link to /now\\nhere, which cannot be followed: ",
      "/further                          is a soft link to /there/x, which cannot be followed: ",
      "/there                            is an external link to /group of the file gone.h5, which does not exist\n",
      "/absent                           is an external link to /gone of the file ",
      "/a                                cannot be followed, because these links form a cycle: /a -> /b -> /a\n",
      "/b                                cannot be followed, because these links form a cycle: /b -> /a -> /b\n",
      "/good                             uint8 [4]"};
  sp_text out = {0};
  assert_ok(sp_hdf5_list(path, false, &out));
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    if (!strstr(out.data, expected[i])) fail_msg("not listed: %s\n%s", expected[i], out.data);
  }
  assert_int_equal(lines(&out), 7);
  sp_text_free(&out);
  assert_ok(sp_hdf5_list(path, true, &out));
  assert_non_null(strstr(out.data,
                         "{\"path\": \"/there\", \"error\": \"is an external link to /group of the file gone.h5, which "
                         "does not exist\"}"));
  sp_text_free(&out);
}

static void circles_and_links(void **state) {
  (void)state;
  const char *path = in_directory("circle.h5");
  const uint8_t x[4] = {0};
  hid_t file = new_file(path);
  write_values(file, "/a/b/x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (hsize_t[]){4}, x);
  H5Lcreate_hard(file, "/a", file, "/a/b/round", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_hard(file, "/", file, "/a/root", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/nowhere", file, "/dangling", H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  sp_text out = {0};
  assert_ok(sp_hdf5_list(path, false, &out));
  assert_non_null(strstr(out.data, "/a/b/x "));
  assert_int_equal(lines(&out), 2);
  sp_text_free(&out);

  // 2^30 paths to one data set: the walk is bounded.
  path = in_directory("doubling.h5");
  file = new_file(path);
  write_values(file, "/g0/x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (hsize_t[]){4}, x);
  for (int i = 0; i < 30; i++) {
    char from[16], to[40];
    snprintf(from, sizeof from, "/g%d", i);
    snprintf(to, sizeof to, "/g%d", i + 1);
    H5Gclose(H5Gcreate2(file, to, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    for (char side = 'l'; side != 0; side = side == 'l' ? 'r' : 0) {
      snprintf(to, sizeof to, "/g%d/%c", i + 1, side);
      assert_true(H5Lcreate_hard(file, from, file, to, H5P_DEFAULT, H5P_DEFAULT) >= 0);
    }
  }
  H5Fclose(file);
  assert_fails(sp_hdf5_list(path, false, &out), SP_ERR_DATA, "doubling.h5: has more than 100000 links");
  sp_text_free(&out);
}

static void links_to_groups(void **state) {
  (void)state;
  const char *path = in_directory("groups.h5");
  const uint8_t x[4] = {0};
  hid_t file = new_file(in_directory("other.h5"));
  write_values(file, "/g/x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (hsize_t[]){4}, x);
  H5Lcreate_external("groups.h5", "/", file, "/g/back", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/g", file, "/g/loop", H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  file = new_file(path);
  write_values(file, "/z/x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (hsize_t[]){4}, x);
  H5Lcreate_external("other.h5", "/g", file, "/first", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external("other.h5", "/g", file, "/second", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/z", file, "/alias", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/", file, "/z/root", H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  static const char expected[] =
      "/alias                            is a soft link to the group /z\n"
      "/first                            is an external link to the group /g of the file other.h5\n"
      "/first/back                       is an external link to the group / of the file groups.h5, which contains the "
      "link\n"
      "/first/loop                       is a soft link to the group /g, which contains the link\n"
      "/first/x                          uint8 [4]  contiguous  4 B\n"
      "/second                           is an external link to the group /g of the file other.h5, which is listed "
      "already\n"
      "/z/root                           is a soft link to the group /, which contains the link\n"
      "/z/x                              uint8 [4]  contiguous  4 B\n";
  sp_text out = {0};
  assert_ok(sp_hdf5_list(path, false, &out));
  assert_string_equal(out.data, expected);
  sp_text_free(&out);
  assert_ok(sp_hdf5_list(path, true, &out));
  assert_non_null(strstr(out.data, "{\"path\": \"/alias\", \"link\": \"is a soft link to the group /z\"}"));
  sp_text_free(&out);
}

static void what_is_no_file(void **state) {
  (void)state;
  sp_text out = {0};
  const char *path = in_directory("pipe.h5");
  assert_int_equal(mkfifo(path, 0600), 0);
  assert_fails(sp_hdf5_list(path, false, &out), SP_ERR_DATA, "pipe.h5: is a device or pipe, expected an HDF5 file");
  assert_fails(sp_hdf5_list(in_directory("none.h5"), false, &out), SP_ERR_DATA, "none.h5: no such file");
  sp_text_free(&out);
}

static void links_to_pipes(void **state) {
  (void)state;
  const char *path = in_directory("linked.h5");
  assert_int_equal(mkfifo(in_directory("linked.pipe"), 0600), 0);
  hid_t file = new_file(path);
  H5Lcreate_external("linked.pipe", "/x", file, "/x", H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  sp_text list = {0};
  assert_ok(sp_hdf5_list(path, false, &list));
  assert_non_null(strstr(list.data, "/x                                is an external link to /x of the file "));
  assert_non_null(strstr(list.data, "linked.pipe: is a device or pipe"));
  assert_int_equal(lines(&list), 1);
  sp_text_free(&list);
  sp_hdf5_dataset dataset;
  assert_fails(sp_hdf5_dataset_open(path, "/x", 1 << 20, &dataset), SP_ERR_DATA,
               "linked.pipe: is a device or pipe, expected an HDF5 file");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(sizes_that_overflow),     cmocka_unit_test(names_are_in_one_line),
                                     cmocka_unit_test(links_that_lead_nowhere), cmocka_unit_test(circles_and_links),
                                     cmocka_unit_test(links_to_groups),         cmocka_unit_test(what_is_no_file),
                                     cmocka_unit_test(links_to_pipes)};
  return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
