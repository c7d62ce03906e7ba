// SPDX-License-Identifier: Apache-2.0
// A signal that one rank gets while 2^31 rows are looked through ends the start on all ranks, and leaves nothing. The file
// takes no space: it has been written at its beginning only.
#include <hdf5.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/files.h"
#include "base/interrupt.h"
#include "check.h"
#include "shardprop/trainer.h"

static int rank, size;
static char place[] = "/tmp/shardprop-large.XXXXXX";

static void write_sparse(hid_t file, const char *name, hid_t type, int rank_of, const hsize_t *extent) {
  hsize_t first[] = {0, 0}, one[] = {1, 1};
  hid_t space = H5Screate_simple(rank_of, extent, NULL), memory = H5Screate_simple(rank_of, one, NULL);
  hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER);
  hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  H5Sselect_hyperslab(space, H5S_SELECT_SET, first, NULL, one, NULL);
  assert_true(H5Dwrite(dataset, H5T_NATIVE_INT, memory, space, H5P_DEFAULT, (const int[]){1}) >= 0);
  H5Dclose(dataset);
  H5Pclose(properties);
  H5Sclose(memory);
  H5Sclose(space);
}

static int make_data(void **state) {
  (void)state;
  const hsize_t rows = (hsize_t)1 << 31;
  if (rank == 0 && !mkdtemp(place)) return 1;
  MPI_Bcast(place, sizeof place, MPI_CHAR, 0, MPI_COMM_WORLD);
  if (chdir(place) != 0) return 1;
  if (rank == 0) {
    hid_t file = H5Fcreate("large.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    write_sparse(file, "x", H5T_STD_U8LE, 2, (hsize_t[]){rows, 1});
    write_sparse(file, "y", H5T_STD_I64LE, 1, &rows);
    H5Fclose(file);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  return 0;
}

static int remove_data(void **state) {
  (void)state;
  MPI_Barrier(MPI_COMM_WORLD);
  return chdir("/") != 0 || (rank == 0 && sp_directory_remove(place) != SP_OK);
}

static void stops(const char *transform) {
  static const char text[] =
      "run: {name: large, directory: run}\n"
      "data: {train: {file: large.h5, features: /x, targets: /y}, cache: none}\n"
      "model: {layers: [{dense: {units: 3}}], loss: softmax_cross_entropy}\n"
      "train: {batch_size: 40, lanes: 8, steps: 1}\n";
  const char *overrides[] = {transform};
  sp_training_options options = {
      .text = text, .config = "large.yaml", .overrides = overrides, .count = 1, .quiet = true};
  sp_training *training = NULL;
  struct itimerval soon = {.it_value = {.tv_usec = 300000}};
  sp_interrupt_listen();
  if (rank == size - 1) setitimer(ITIMER_REAL, &soon, NULL);
  sp_status status = sp_training_open(MPI_COMM_WORLD, &options, &training);
  soon = (struct itimerval){0};
  setitimer(ITIMER_REAL, &soon, NULL);
  sp_interrupt_end();
  assert_int_equal(status, SP_STOPPED);
  assert_null(training);
  assert_false(sp_file_exists("run"));
}

static void while_targets_are_checked(void **state) {
  (void)state;
  stops("data.transform=[]");
}

static void while_statistics_are_taken(void **state) {
  (void)state;
  stops("data.transform=[standardize]");
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const struct CMUnitTest tests[] = {cmocka_unit_test(while_targets_are_checked),
                                     cmocka_unit_test(while_statistics_are_taken)};
  int failed = cmocka_run_group_tests(tests, make_data, remove_data);
  MPI_Finalize();
  return failed;
}
