// SPDX-License-Identifier: Apache-2.0
// Whatever happens to the bytes of a checkpoint, loading it fails as damaged or gives exactly the right bits.
#include <mpi.h>
#include <unistd.h>

#include "checkpoint/checkpoint_verify.h"
#include "checkpoint/load.h"
#include "checkpoint_state.h"

static char directory[256], checkpoint[300];
static const sp_shards shards = {1, 0, 1};
static sp_comm comm;

static int setup(void **unused) {
  (void)unused;
  sp_state state;
  make_directory(directory);
  snprintf(checkpoint, sizeof checkpoint, "%s/step-000001234", directory);
  if (sp_comm_open(MPI_COMM_SELF, &comm) != SP_OK) return 1;
  make_state(&shards, &small_table, SP_FLOAT32, 1, false, &state);
  assert_ok(save_checkpoint(&comm, directory, &shards, &state));
  free_state(&state);
  return 0;
}

static int teardown(void **unused) {
  (void)unused;
  sp_comm_close(&comm);
  return (int)sp_directory_remove(directory);
}

/// Load; whether that worked. A failure is SP_ERR_CORRUPT and names the checkpoint, a success has all values.
static bool load(void) {
  sp_state state;
  make_state(&shards, &small_table, SP_FLOAT32, 1, true, &state);
  sp_status status = sp_checkpoint_load(&comm, checkpoint, &shards, &state);
  if (status == SP_OK) {
    assert_true(is_known(&shards, &state));
    assert_memory_equal(&state.progress, &known_progress, sizeof known_progress);
  } else {
    assert_int_equal(status, SP_ERR_CORRUPT);
    assert_non_null(strstr(sp_error_message(), "step-000001234: "));
  }
  free_state(&state);
  return status == SP_OK;
}

/// Every byte, or about `count` of them spread over the file, changed by one bit or by all.
static void flip(const char *name, int64_t count) {
  char path[400];
  snprintf(path, sizeof path, "%s/%s", checkpoint, name);
  int64_t size = sp_file_size(path), stride = count && size > count ? size / count : 1;
  assert_true(size > 0);
  for (int64_t at = 0; at < size; at += stride) {
    int mask = at % 3 == 0 ? 0xff : 1 << at % 8;
    flip_byte(path, at, mask);
    if (load()) fail_msg("%s: byte %lld changed by %x is not noticed", name, (long long)at, (unsigned)mask);
    flip_byte(path, at, mask);
  }
  assert_true(load());
}

static void write_prefix(const char *path, const char *data, int64_t size) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(data, 1, (size_t)size, file), size);
  fclose(file);
}

static void cut(const char *name) {
  char path[400], *data;
  size_t size;
  snprintf(path, sizeof path, "%s/%s", checkpoint, name);
  assert_ok(sp_file_read(path, 1 << 24, &data, &size));
  for (int64_t i = 0; i < 50; i++) {
    write_prefix(path, data, (int64_t)size * i / 50);
    assert_false(load());
  }
  write_prefix(path, data, (int64_t)size - 1);
  assert_false(load());
  unlink(path);
  assert_false(load());
  char *longer = calloc(1, size + 1);
  memcpy(longer, data, size);
  write_prefix(path, longer, (int64_t)size + 1);
  assert_false(load());
  write_prefix(path, data, (int64_t)size);
  assert_true(load());
  free(longer);
  free(data);
}

static void every_byte_of_the_manifest(void **unused) {
  (void)unused;
  flip("manifest", 0);
}

static void every_byte_of_the_state(void **unused) {
  (void)unused;
  flip("state.h5", 0);
}

static void bytes_of_a_part(void **unused) {
  (void)unused;
  flip("node-0000.h5", 500);
}

static void all_lengths(void **unused) {
  (void)unused;
  cut("manifest");
  cut("state.h5");
  cut("node-0000.h5");
}

static void something_else_entirely(void **unused) {
  (void)unused;
  char path[400], aside[400];
  static const char *const names[] = {"manifest", "state.h5", "node-0000.h5"};
  for (int i = 0; i < 3; i++) {  // a directory in its place
    snprintf(path, sizeof path, "%s/%s", checkpoint, names[i]);
    snprintf(aside, sizeof aside, "%s/aside", directory);
    assert_int_equal(rename(path, aside), 0);
    assert_ok(sp_directory_create(path));
    assert_false(load());
    assert_ok(sp_directory_remove(path));
    assert_int_equal(rename(aside, path), 0);
  }
  assert_true(load());
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_byte_of_the_manifest),
      cmocka_unit_test(every_byte_of_the_state),
      cmocka_unit_test(bytes_of_a_part),
      cmocka_unit_test(all_lengths),
      cmocka_unit_test(something_else_entirely),
  };
  int failed = cmocka_run_group_tests(tests, setup, teardown);
  MPI_Finalize();
  return failed;
}
