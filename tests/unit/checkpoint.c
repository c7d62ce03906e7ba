// SPDX-License-Identifier: Apache-2.0
// Checkpoints in one process: manifest, boxes, retention and links, finding, inspecting, printing, initial parameters.

#include <hdf5.h>
#include <limits.h>
#include <mpi.h>
#include <sha2.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checkpoint/box.h"
#include "checkpoint/checkpoint_directory.h"
#include "checkpoint/checkpoint_hash.h"
#include "checkpoint/checkpoint_inspect.h"
#include "checkpoint/checkpoint_verify.h"
#include "checkpoint/load.h"
#include "checkpoint/manifest.h"
#include "checkpoint/parameters_file.h"
#include "checkpoint/retention.h"
#include "checkpoint_state.h"

static char directory[256];
static sp_comm comm;

static int setup(void **state) {
  (void)state;
  make_directory(directory);
  return (int)sp_comm_open(MPI_COMM_SELF, &comm);
}

static int teardown(void **state) {
  (void)state;
  sp_comm_close(&comm);
  return (int)sp_directory_remove(directory);
}

static void save_steps(const char *path, const int64_t *step, int count) {
  sp_shards shards = {1, 0, 1};
  sp_state state;
  make_state(&shards, &small_table, SP_FLOAT32, 1, false, &state);
  state.arithmetic = 3;
  for (int i = 0; i < count; i++) {
    state.progress.step = step[i];
    assert_ok(save_checkpoint(&comm, path, &shards, &state));
  }
  free_state(&state);
}

// --- parts of it --------------------------------------------------------------------------------------------------

/// The boxes of every range of a shape cover exactly its values, in order.
static void check_boxes(const sp_shape *shape) {
  int64_t size = sp_shape_size(shape);
  for (int64_t begin = 0; begin < size; begin++) {
    for (int64_t end = begin + 1; end <= size; end++) {
      int boxes = 0;
      for (int64_t at = begin; at < end; boxes++) {
        sp_box box;
        int64_t values = sp_box_next(shape, at, end, &box), inside = 1;
        for (int d = 0; d < shape->rank; d++) inside *= box.count[d];
        assert_int_equal(values, inside);
        int64_t index[SP_MAX_RANK] = {0};
        for (int64_t k = 0; k < values; k++, at++) {  // walk the box in row-major order
          int64_t flat = 0;
          for (int d = 0; d < shape->rank; d++) flat = flat * shape->extent[d] + box.start[d] + index[d];
          assert_int_equal(flat, at);
          for (int d = shape->rank - 1; d >= 0 && ++index[d] == box.count[d]; d--) index[d] = 0;
        }
      }
      assert_in_range(boxes, 1, shape->rank > 1 ? 2 * shape->rank - 1 : 1);
    }
  }
}

static void boxes_cover_ranges(void **state) {
  (void)state;
  static const sp_shape shapes[] = {{0, {0}}, {1, {9}}, {2, {4, 5}}, {3, {3, 2, 4}}, {4, {2, 3, 1, 4}}, {2, {1, 6}}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) check_boxes(&shapes[i]);
}

static void manifest_says_it_again(void **state) {
  (void)state;
  sp_manifest_part parts[] = {{"node-0000.h5", 12345}, {"node-0001.h5", INT64_C(123456789012345)}};
  sp_manifest manifest = {.parts = 2, .part = parts}, again;
  sp_manifest_set_state(&manifest, "abc", 3);
  assert_int_equal(manifest.state_hash[0], 0x06b05ab6733a6185u);  // XXH3_128bits("abc"), from xxhsum -H2
  assert_int_equal(manifest.state_hash[1], 0x78af5f94892f3950u);
  sp_text text = {0};
  sp_manifest_write(&manifest, &text);
  assert_ok(sp_manifest_parse(text.data, text.size, &again));
  assert_int_equal(again.state_bytes, 3);
  assert_int_equal(again.parts, 2);
  assert_string_equal(again.part[1].file, "node-0001.h5");
  assert_int_equal(again.part[1].bytes, INT64_C(123456789012345));
  sp_manifest_free(&again);
  assert_fails(sp_manifest_parse(text.data, text.size - 1, &again), SP_ERR_CORRUPT, "checksum differs");
  assert_fails(sp_manifest_parse("", 0, &again), SP_ERR_CORRUPT, "not a manifest");
  assert_fails(sp_manifest_parse("shardprop checkpoint 1\n", 23, &again), SP_ERR_CORRUPT,
               "has format 1, expected 3, and its checksum differs");
  sp_text_free(&text);
}

// --- the directory ------------------------------------------------------------------------------------------------

static void assert_leads(const char *path, const char *name, const char *target) {
  char link[400], found[400] = "";
  snprintf(link, sizeof link, "%s/%s", path, name);
  ssize_t length = readlink(link, found, sizeof found - 1);
  assert_string_equal(length < 0 ? "(none)" : found, target);
}

static bool step_is_there(const char *path, int64_t step) {
  char name[400];
  snprintf(name, sizeof name, "%s/step-%09lld", path, (long long)step);
  return sp_file_exists(name);
}

static void newest_and_best_are_kept(void **state) {
  (void)state;
  char path[300], name[400];
  snprintf(path, sizeof path, "%s/retain", directory);
  save_steps(path, (int64_t[]){10, 20, 30, 40, 1000000000}, 5);
  snprintf(name, sizeof name, "%s/.step-000000050.partial/inside", path);
  assert_ok(sp_directory_create(name));
  assert_ok(sp_checkpoint_retain(path, &(sp_retention){2, 0, 1000000000, 20}));
  assert_false(step_is_there(path, 10));
  assert_true(step_is_there(path, 20));
  assert_false(step_is_there(path, 30));
  assert_true(step_is_there(path, 40));
  assert_true(step_is_there(path, 1000000000));
  snprintf(name, sizeof name, "%s/.step-000000050.partial", path);
  assert_false(sp_file_exists(name));
  assert_leads(path, "last", "step-1000000000");
  assert_leads(path, "best", "step-000000020");

  assert_ok(sp_checkpoint_retain(path, &(sp_retention){1, 0, 1000000000, 40}));  // another best: the old one goes
  assert_false(step_is_there(path, 20));
  assert_leads(path, "best", "step-000000040");
  assert_ok(sp_checkpoint_retain(path, &(sp_retention){1, 0, 1000000000, 45}));  // one that could not be saved
  assert_true(step_is_there(path, 40));
  assert_leads(path, "best", "step-000000040");
  assert_ok(sp_checkpoint_retain(path, &(sp_retention){1, 0, 1000000000, -1}));
  assert_false(step_is_there(path, 40));
  assert_leads(path, "best", "(none)");
  assert_leads(path, "last", "step-1000000000");
}

/// A run that went back behind a damaged checkpoint keeps what it saves from then on.
static void later_ones_do_not_count(void **state) {
  (void)state;
  char path[300];
  snprintf(path, sizeof path, "%s/back", directory);
  save_steps(path, (int64_t[]){10, 20, 25, 30}, 4);
  assert_ok(sp_checkpoint_retain(path, &(sp_retention){1, 0, 25, 10}));
  assert_true(step_is_there(path, 10));
  assert_false(step_is_there(path, 20));
  assert_true(step_is_there(path, 25));
  assert_true(step_is_there(path, 30));
  assert_leads(path, "last", "step-000000025");
  assert_leads(path, "best", "step-000000010");
}

/// One that was frozen while another start went on far beyond it changes nothing.
static void whoever_was_replaced_changes_nothing(void **state) {
  (void)state;
  char path[300], partial[400];
  snprintf(path, sizeof path, "%s/replaced", directory);
  save_steps(path, (int64_t[]){110, 120}, 2);
  assert_ok(sp_checkpoint_retain(path, &(sp_retention){2, 0, 120, 110}));
  snprintf(partial, sizeof partial, "%s/.step-000000130.partial", path);
  assert_ok(sp_directory_create(partial));
  assert_ok(sp_checkpoint_retain(path, &(sp_retention){1, 0, 20, 10}));
  assert_true(step_is_there(path, 110));
  assert_true(step_is_there(path, 120));
  assert_true(sp_file_exists(partial));
  assert_leads(path, "last", "step-000000120");
  assert_leads(path, "best", "step-000000110");
}

static void checkpoints_are_found(void **state) {
  (void)state;
  char run[300], path[300], name[400], found[PATH_MAX], expected[PATH_MAX];
  snprintf(run, sizeof run, "%s/run", directory);
  snprintf(path, sizeof path, "%s/run/checkpoints", directory);
  save_steps(path, (int64_t[]){1, 2, 3}, 3);
  snprintf(name, sizeof name, "%s/step-000000003", path);
  assert_non_null(realpath(name, expected));
  assert_ok(sp_checkpoint_find(run, found));  // no links yet: the newest
  assert_string_equal(found, expected);
  assert_ok(sp_checkpoint_find(path, found));
  assert_string_equal(found, expected);
  assert_ok(sp_checkpoint_find(name, found));
  assert_string_equal(found, expected);
  snprintf(name, sizeof name, "%s/step-000000003/state.h5", path);
  assert_ok(sp_checkpoint_find(name, found));
  assert_string_equal(found, expected);

  assert_ok(sp_checkpoint_retain(path, &(sp_retention){3, 0, 3, 2}));
  snprintf(name, sizeof name, "%s/step-000000002", path);
  assert_non_null(realpath(name, expected));
  assert_ok(sp_checkpoint_find(run, found));  // the best
  assert_string_equal(found, expected);
  snprintf(name, sizeof name, "%s/last", path);
  assert_ok(sp_checkpoint_find(name, found));
  assert_non_null(strstr(found, "/step-000000003"));

  strcpy(found, "untouched");
  assert_fails(sp_checkpoint_find("/no/such/run", found), SP_ERR_USAGE, "/no/such/run: no such run or checkpoint");
  snprintf(name, sizeof name, "%s/empty", directory);
  assert_ok(sp_directory_create(name));
  assert_fails(sp_checkpoint_find(name, found), SP_ERR_USAGE, "empty: no checkpoint found");
  assert_string_equal(found, "untouched");
}

// --- inspect and print --------------------------------------------------------------------------------------------

static void it_says_what_it_is(void **state) {
  (void)state;
  char path[300], name[400];
  snprintf(path, sizeof path, "%s/inspect", directory);
  save_steps(path, (int64_t[]){77}, 1);
  snprintf(name, sizeof name, "%s/step-000000077", path);
  sp_checkpoint_about about;
  assert_ok(sp_checkpoint_inspect(name, &about));
  sp_progress progress = known_progress;
  progress.step = 77;
  assert_memory_equal(&about.progress, &progress, sizeof progress);
  assert_int_equal(about.precision, SP_FLOAT32);
  assert_int_equal(about.lanes, 8);
  assert_int_equal(about.arithmetic, 3);
  assert_int_equal(about.blocks, 1);
  assert_int_equal(about.parts, 1);
  assert_true(about.seed == UINT64_MAX - 5);
  assert_string_equal(about.config, "run: {name: ünicode}\n");
  assert_non_null(strstr(about.versions, "HDF5 "));
  sp_checkpoint_about_free(&about);
}

static void long_configuration_is_kept(void **state) {  // longer than an HDF5 attribute of fixed size may be
  (void)state;
  char path[300], name[400];
  snprintf(path, sizeof path, "%s/long", directory);
  snprintf(name, sizeof name, "%s/step-000001234", path);
  sp_shards shards = {1, 0, 1};
  sp_state saved;
  make_state(&shards, &small_table, SP_FLOAT64, 0, false, &saved);
  char *config = calloc(1, 200001);
  memset(config, 'x', 200000);
  saved.config = config;
  assert_ok(save_checkpoint(&comm, path, &shards, &saved));
  sp_checkpoint_about about;
  assert_ok(sp_checkpoint_inspect(name, &about));
  assert_string_equal(about.config, config);
  sp_checkpoint_about_free(&about);
  free(config);
  free_state(&saved);
}

/// Run sp_checkpoint_print with stdout going to a file, and read that.
static void capture(const char *checkpoint, bool raw, char **data, size_t *size) {
  char name[400];
  snprintf(name, sizeof name, "%s/output", directory);
  fflush(stdout);
  int before = dup(STDOUT_FILENO);
  assert_non_null(freopen(name, "w", stdout));
  sp_status status = sp_checkpoint_print(checkpoint, raw);
  fflush(stdout);
  dup2(before, STDOUT_FILENO);
  close(before);
  assert_ok(status);
  assert_ok(sp_file_read(name, 1 << 24, data, size));
}

static void values_are_printed(void **state) {
  (void)state;
  char path[300], name[400], *data;
  size_t size;
  snprintf(path, sizeof path, "%s/print", directory);
  snprintf(name, sizeof name, "%s/step-000001234", path);
  sp_shards shards = {23, 0, 1};
  sp_state saved;
  make_state(&shards, &large_table, SP_FLOAT64, 1, false, &saved);
  double *parameters = saved.parameters;
  parameters[72864] = -1234.5;  // of dense_1/bias
  parameters[72865] = 4321.5;
  assert_ok(save_checkpoint(&comm, path, &shards, &saved));

  size_t bytes = 23 * SP_BLOCK * sizeof(double);
  capture(name, true, &data, &size);
  assert_int_equal(size, 2 * bytes);
  assert_memory_equal(data, saved.parameters, bytes);
  assert_memory_equal(data + bytes, saved.slot[0], bytes);
  free(data);

  double sum = 0;
  for (int64_t i = 0; i < 331; i++) sum += parameters[72864 + i];
  char row[300];
  snprintf(row, sizeof row, "%-40s %-20s %-8s %14.6g %14.6g %14.6g\n", "parameters/dense_1/bias", "[331]", "float64",
           -1234.5, 4321.5, sum / 331);
  capture(name, false, &data, &size);
  assert_non_null(strstr(data, row));
  assert_non_null(strstr(data, "optimizer/square_avg/conv_1/weight"));
  free(data);
  free_state(&saved);
}

// --- parameters to start from -------------------------------------------------------------------------------------

static void put(hid_t file, const char *name, hid_t type, int rank, const hsize_t *extent, const void *value) {
  hid_t space = H5Screate_simple(rank, extent, NULL), links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  hid_t set = H5Dcreate2(file, name, type, space, links, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0);
  H5Dclose(set);
  H5Pclose(links);
  H5Sclose(space);
}

static void parameters_come_from_any_file(void **state) {
  (void)state;
  char name[400];
  double weight[35], vector[SP_BLOCK];
  int bias[5] = {5, 4, 3, 2, 1};
  for (int i = 0; i < 35; i++) weight[i] = 0.5 * i;
  snprintf(name, sizeof name, "%s/initial.h5", directory);
  hid_t file = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  put(file, "/parameters/dense_1/weight", H5T_NATIVE_DOUBLE, 2, (hsize_t[]){7, 5}, weight);
  put(file, "/parameters/dense_1/bias", H5T_NATIVE_INT, 1, (hsize_t[]){5}, bias);
  H5Fclose(file);
  memset(vector, 0xff, sizeof vector);
  assert_ok(sp_parameters_read(&comm, name, &small_table, SP_FLOAT64, vector, false));
  for (int i = 0; i < SP_BLOCK; i++) {
    double expected = i < 35 ? weight[i] : i >= 48 && i < 53 ? bias[i - 48] : 0;
    assert_true(vector[i] == expected);
  }
}

static void all_that_does_not_fit_is_named(void **state) {
  (void)state;
  char name[400];
  float weight[35] = {0}, vector[SP_BLOCK] = {7};
  snprintf(name, sizeof name, "%s/other.h5", directory);
  hid_t file = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  put(file, "/parameters/dense_1/weight", H5T_NATIVE_FLOAT, 2, (hsize_t[]){5, 7}, weight);
  H5Fclose(file);
  assert_fails(sp_parameters_read(&comm, name, &small_table, SP_FLOAT32, vector, false), SP_ERR_DATA,
               "does not match the model; /parameters/dense_1/weight has shape [5, 7], expected [7, 5]; "
               "/parameters/dense_1/bias is missing");
  file = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  weight[11] = NAN;
  put(file, "/parameters/dense_1/weight", H5T_NATIVE_FLOAT, 2, (hsize_t[]){7, 5}, weight);
  put(file, "/parameters/dense_1/bias", H5T_NATIVE_FLOAT, 1, (hsize_t[]){5}, weight);
  H5Fclose(file);
  assert_fails(sp_parameters_read(&comm, name, &small_table, SP_FLOAT32, vector, false), SP_ERR_DATA, "not finite");
  assert_float_equal(vector[0], 7, 0);
  assert_fails(sp_parameters_read(&comm, "/no/such/file.h5", &small_table, SP_FLOAT32, vector, false), SP_ERR_DATA,
               "/no/such/file.h5");
}

/// The hash covers the values of all tensors, in order, and nothing between them.
static void the_hash_is_that_of_the_values(void **state) {
  (void)state;
  char path[300], name[400], hash[SP_CHECKPOINT_HASH], expected[SHA256_DIGEST_STRING_LENGTH];
  snprintf(path, sizeof path, "%s/hash", directory);
  snprintf(name, sizeof name, "%s/step-000001234", path);
  sp_shards shards = {23, 0, 1};
  sp_state saved;
  make_state(&shards, &large_table, SP_FLOAT64, 2, false, &saved);
  saved.slot_name[1] = "average";
  assert_ok(save_checkpoint(&comm, path, &shards, &saved));
  SHA2_CTX sha;
  SHA256Init(&sha);
  const double *vectors[] = {saved.parameters, saved.slot[0], saved.slot[1]};
  for (int v = 0; v < 3; v++) {
    for (int i = 0; i < (v == 1 ? 5 : 6); i++) {  // square_avg has no values for the statistic, tensor 5
      const sp_tensor *tensor = &large_tensors[i];
      SHA256Update(&sha, (const uint8_t *)(vectors[v] + tensor->offset), (size_t)tensor->count * sizeof(double));
    }
  }
  SHA256End(&sha, expected);
  assert_ok(sp_checkpoint_hash(name, hash));
  assert_string_equal(hash, expected);
  free_state(&saved);
}

/// SHA-256 of "abc" (FIPS 180-4, example): the library is the one we mean.
static void the_hash_is_sha256(void **state) {
  (void)state;
  char digits[SHA256_DIGEST_STRING_LENGTH];
  SHA256Data((const uint8_t *)"abc", 3, digits);
  assert_string_equal(digits, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(boxes_cover_ranges),
      cmocka_unit_test(manifest_says_it_again),
      cmocka_unit_test(newest_and_best_are_kept),
      cmocka_unit_test(later_ones_do_not_count),
      cmocka_unit_test(whoever_was_replaced_changes_nothing),
      cmocka_unit_test(checkpoints_are_found),
      cmocka_unit_test(it_says_what_it_is),
      cmocka_unit_test(long_configuration_is_kept),
      cmocka_unit_test(values_are_printed),
      cmocka_unit_test(the_hash_is_sha256),
      cmocka_unit_test(the_hash_is_that_of_the_values),
      cmocka_unit_test(parameters_come_from_any_file),
      cmocka_unit_test(all_that_does_not_fit_is_named),
  };
  int failed = cmocka_run_group_tests(tests, setup, teardown);
  MPI_Finalize();
  return failed;
}
