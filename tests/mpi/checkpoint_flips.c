// SPDX-License-Identifier: Apache-2.0
// 2,000 random bytes changed and 200 random truncations over the files of a checkpoint of several parts and slots: each
// is noticed, by load and verify alike, or what is loaded has all the bits. SHARDPROP_SEED chooses other places,
// SHARDPROP_FLIPS how many: other ones on every rank count.
// Every rank writes a part as a node of its own, then does its share of the trials alone, on a copy.
#include <limits.h>
#include <mpi.h>
#include <unistd.h>

#include "checkpoint/checkpoint_verify.h"
#include "checkpoint/load.h"
#include "checkpoint_state.h"

enum { FILES = 64, SLOTS = 2 };

static const sp_tensor flip_tensors[] = {
    {"dense_1/weight", SP_TENSOR_TRAINED, {2, {151, 199}}, 0, 30049},
    {"dense_1/bias", SP_TENSOR_TRAINED, {1, {199}}, 30064, 199},
    {"norm_1/mean", SP_TENSOR_STATISTIC, {1, {199}}, 8 * SP_BLOCK, 199},
};
static const sp_parameter_table table = {flip_tensors, 3, 30447, 8, 9, NULL};
static const sp_shards whole = {9, 0, 1};

typedef struct content {
  char path[PATH_MAX], *data;
  size_t size;
} content;

static sp_comm alone;
static char checkpoint[400];  // this rank's copy
static content file[FILES];
static int files, flips = 2000;
static sp_state expected;
static uint64_t seed = 1, drawn;
static int rank, ranks, harmless;  // trials that were so to somebody who wants the parameters only

static void write_content(const content *f, size_t size) {
  FILE *out = fopen(f->path, "wb");
  assert_non_null(out);
  assert_int_equal(fwrite(f->data, 1, size, out), size);
  assert_int_equal(fclose(out), 0);
}

static void copy_file(const char *from, const char *name) {
  char path[PATH_MAX];
  content *f = &file[files++];
  snprintf(path, sizeof path, "%s/%s", from, name);
  snprintf(f->path, sizeof f->path, "%s/%s", checkpoint, name);
  assert_ok(sp_file_read(path, 1 << 24, &f->data, &f->size));
  write_content(f, f->size);
}

/// A checkpoint of all ranks in a directory, and this rank's copy of it.
static void make_copies(const char *directory) {
  sp_comm comm;
  sp_state state;
  char original[300];
  assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, 1, &comm));
  sp_shards shards = {table.blocks, comm.rank, comm.size};
  make_state(&shards, &table, SP_FLOAT32, SLOTS, false, &state);
  assert_ok(save_checkpoint(&comm, directory, &shards, &state));
  free_state(&state);

  snprintf(original, sizeof original, "%s/step-000001234", directory);
  snprintf(checkpoint, sizeof checkpoint, "%s/rank-%d/step-000001234", directory, comm.rank);
  assert_ok(sp_directory_create(checkpoint));
  copy_file(original, "manifest");
  copy_file(original, "state.h5");
  for (int i = 0; i < comm.node_count; i++) {
    char name[32];
    snprintf(name, sizeof name, "node-%04d.h5", i);
    copy_file(original, name);
  }
  sp_comm_close(&comm);
}

static int64_t draw(int64_t below) {
  uint32_t bits[4];
  sp_random_bits(sp_random_key_make(seed, SP_RANDOM_DATA, (uint64_t)(1000 * ranks + rank)), drawn++, 0, bits);
  return (int64_t)((((uint64_t)bits[0] << 32 | bits[1]) >> 1) % (uint64_t)below);
}

/// Load the parameters and `slots` slots. Returns whether that succeeded, and checks the bits if so.
static bool load(int slots, const char *what) {
  sp_state state;
  make_state(&whole, &table, SP_FLOAT32, slots, true, &state);
  sp_status status = sp_checkpoint_load(&alone, checkpoint, &whole, &state);
  if (status == SP_OK) {
    size_t bytes = (size_t)sp_parameter_values(&table) * sizeof(float);
    bool same = memcmp(state.parameters, expected.parameters, bytes) == 0;
    for (int i = 0; i < slots; i++) same = same && memcmp(state.slot[i], expected.slot[i], bytes) == 0;
    same = same && memcmp(&state.progress, &known_progress, sizeof known_progress) == 0;
    same = same && memcmp(state.array[0].value, expected.array[0].value, 3 * sizeof(double)) == 0;
    if (!same) fail_msg("seed %llu: %s: loads other bits", (unsigned long long)seed, what);
  } else if (status != SP_ERR_CORRUPT || !strstr(sp_error_message(), "step-000001234: ")) {
    fail_msg("seed %llu: %s: status %d: %s", (unsigned long long)seed, what, (int)status, sp_error_message());
  }
  free_state(&state);
  return status == SP_OK;
}

/// The damage is noticed.
static void look(const char *what) {
  sp_status verified = sp_checkpoint_verify(checkpoint);
  bool loads = load(SLOTS, what);
  if (loads || verified != SP_ERR_CORRUPT) {
    fail_msg("seed %llu: %s: %s, verify gives %d", (unsigned long long)seed, what,
             loads ? "is loaded" : "is not loaded", (int)verified);
  }
  harmless += load(0, what);
}

static void flip(void) {
  const content *f = &file[draw(files)];
  int64_t at = draw((int64_t)f->size), mask = 1 + draw(255);
  char what[PATH_MAX + 80];
  snprintf(what, sizeof what, "%s: byte %lld changed by %llx", f->path, (long long)at, (unsigned long long)mask);
  flip_byte(f->path, at, (int)mask);
  look(what);
  flip_byte(f->path, at, (int)mask);
}

static void cut(void) {
  const content *f = &file[draw(files)];
  int64_t size = draw((int64_t)f->size);
  char what[PATH_MAX + 80];
  snprintf(what, sizeof what, "%s: cut to %lld bytes", f->path, (long long)size);
  assert_int_equal(truncate(f->path, size), 0);
  look(what);
  write_content(f, f->size);
}

static void flips_and_cuts(void **unused) {
  (void)unused;
  assert_true(load(SLOTS, "untouched"));
  for (int i = rank; i < flips; i += ranks) flip();
  for (int i = rank; i < flips / 10; i += ranks) cut();
  assert_true(load(SLOTS, "everything undone"));
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  char directory[256] = "";
  const char *chosen_seed = getenv("SHARDPROP_SEED"), *chosen_flips = getenv("SHARDPROP_FLIPS");
  if (chosen_seed) seed = strtoull(chosen_seed, NULL, 10);
  if (chosen_flips) flips = atoi(chosen_flips);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (rank == 0) make_directory(directory);
  MPI_Bcast(directory, sizeof directory, MPI_CHAR, 0, MPI_COMM_WORLD);
  assert_ok(sp_comm_open(MPI_COMM_SELF, &alone));
  make_copies(directory);
  make_state(&whole, &table, SP_FLOAT32, SLOTS, false, &expected);

  const struct CMUnitTest tests[] = {cmocka_unit_test(flips_and_cuts)};
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  MPI_Allreduce(MPI_IN_PLACE, &harmless, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  if (rank == 0 && !failed) {
    printf("seed %llu: %d bytes changed, %d files cut, in %d parts: all noticed; %d harmless to the parameters\n",
           (unsigned long long)seed, flips, flips / 10, ranks, harmless);
  }
  for (int i = 0; i < files; i++) free(file[i].data);
  free_state(&expected);
  sp_comm_close(&alone);
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank == 0) assert_ok(sp_directory_remove(directory));
  MPI_Finalize();
  return failed;
}
