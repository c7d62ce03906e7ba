// SPDX-License-Identifier: Apache-2.0
// Checkpoints on several ranks and (simulated) nodes: what is saved on some is loaded with the same bits on others, and
// every failure is everybody's.

#include <dirent.h>
#include <hdf5.h>
#include <limits.h>
#include <mpi.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "checkpoint/checkpoint_directory.h"
#include "checkpoint/checkpoint_verify.h"
#include "checkpoint/load.h"
#include "checkpoint/parameters_file.h"
#include "checkpoint/saver.h"
#include "checkpoint_state.h"
#include "comm/window.h"

static char directory[256];

static sp_shards shards_of(const sp_comm *comm, const sp_parameter_table *table) {
  return (sp_shards){table->blocks, comm->rank, comm->size};
}

static int group_setup(void **state) {
  (void)state;
  int rank;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == 0) make_directory(directory);
  MPI_Bcast(directory, sizeof directory, MPI_CHAR, 0, MPI_COMM_WORLD);
  return 0;
}

static int group_teardown(void **state) {
  (void)state;
  int rank;
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank == 0 ? (int)sp_directory_remove(directory) : 0;
}

/// An empty directory for a test, the same on all ranks; made by the first save.
static void fresh(const sp_comm *comm, char *path) {
  snprintf(path, 300, "%s/checkpoints", directory);
  MPI_Barrier(comm->world);
  if (comm->rank == 0) assert_ok(sp_directory_remove(path));
  MPI_Barrier(comm->world);
}

/// How many files and directories are in a directory, hidden ones too.
static int entries(const char *path) {
  int count = 0;
  DIR *opened = opendir(path);
  assert_non_null(opened);
  for (const struct dirent *entry; (entry = readdir(opened));) {
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  }
  closedir(opened);
  return count;
}

static void save_step(const sp_comm *comm, const char *path, const sp_parameter_table *table, int64_t step) {
  sp_shards shards = shards_of(comm, table);
  sp_state state;
  make_state(&shards, table, SP_FLOAT32, 1, false, &state);
  state.progress.step = step;
  assert_ok(save_checkpoint(comm, path, &shards, &state));
  free_state(&state);
}

static void load_on(MPI_Comm parent, int ranks_per_node, const char *path, const sp_parameter_table *table,
                    sp_dtype precision, int slots) {
  sp_comm comm;
  assert_ok(sp_comm_open_nodes(parent, ranks_per_node, &comm));
  sp_shards shards = shards_of(&comm, table);
  sp_state state;
  make_state(&shards, table, precision, slots, true, &state);
  assert_ok(sp_checkpoint_load(&comm, path, &shards, &state));
  assert_true(is_known(&shards, &state));
  assert_memory_equal(&state.progress, &known_progress, sizeof known_progress);

  // again, into one vector a node
  sp_window window;
  int64_t bytes = sp_parameter_values(table) * (int64_t)sp_dtype_size(precision);
  assert_ok(sp_window_open(&comm, bytes, "parameters of a test", &window));
  free(state.parameters);
  state.parameters = window.memory;
  state.parameters_shared = true;
  assert_ok(sp_checkpoint_load(&comm, path, &shards, &state));
  assert_true(is_known(&shards, &state));
  state.parameters = NULL;
  free_state(&state);
  sp_window_close(&window);
  sp_comm_close(&comm);
}

static void round_trip(const sp_comm *comm, const sp_parameter_table *table, sp_dtype precision, int slots) {
  char path[300], step[400];
  fresh(comm, path);
  sp_shards shards = shards_of(comm, table);
  sp_state state;
  make_state(&shards, table, precision, slots, false, &state);
  assert_ok(save_checkpoint(comm, path, &shards, &state));
  free_state(&state);
  snprintf(step, sizeof step, "%s/step-000001234", path);
  for (int size = 1; size <= comm->size; size++) {
    MPI_Comm some;
    MPI_Comm_split(comm->world, comm->rank / size, comm->rank, &some);
    load_on(some, 2, step, table, precision, slots);
    MPI_Comm_free(&some);
  }
}

static void same_bits_on_any_count(void **state) {
  (void)state;
  static const int nodes[] = {1, 2, 3, INT_MAX};
  for (int i = 0; i < 4; i++) {
    sp_comm comm;
    assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, nodes[i], &comm));
    round_trip(&comm, &small_table, SP_FLOAT32, 1);
    round_trip(&comm, &large_table, SP_FLOAT32, 2);
    round_trip(&comm, &large_table, SP_FLOAT64, 1);
    round_trip(&comm, &small_table, SP_FLOAT64, 0);
    sp_comm_close(&comm);
  }
}

/// As anybody would, from another directory, after the checkpoint has been moved.
static void read_natural(const char *file_name, const sp_parameter_table *table, int vector) {
  hid_t file = H5Fopen(file_name, H5F_ACC_RDONLY, H5P_DEFAULT);
  assert_true(file >= 0);
  for (int64_t i = 0; i < table->tensors; i++) {
    const sp_tensor *tensor = &table->tensor[i];
    char name[200];
    snprintf(name, sizeof name, "%s/%s", vector ? "/optimizer/square_avg" : "/parameters", tensor->name);
    if (vector && tensor->kind == SP_TENSOR_STATISTIC) {     // no rule trains it
      assert_true(H5Lexists(file, name, H5P_DEFAULT) <= 0);  // negative if the group is missing, too
      continue;
    }
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    assert_true(set >= 0);
    hid_t space = H5Dget_space(set);
    hsize_t extent[H5S_MAX_RANK];
    assert_int_equal(H5Sget_simple_extent_dims(space, extent, NULL), tensor->shape.rank ? tensor->shape.rank : 1);
    for (int d = 0; d < tensor->shape.rank; d++) assert_int_equal(extent[d], tensor->shape.extent[d]);
    double *value = calloc((size_t)tensor->count, sizeof *value);
    assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0);
    for (int64_t k = 0; k < tensor->count; k++) assert_true(value[k] == known_value(vector, tensor->offset + k));
    free(value);
    H5Sclose(space);
    H5Dclose(set);
  }
  H5Fclose(file);
}

static void state_file_joins_the_parts(void **unused) {
  (void)unused;
  for (int ranks_per_node = 1; ranks_per_node < 4; ranks_per_node++) {
    sp_comm comm;
    char path[300], step[400], moved[400], parts[500];
    assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, ranks_per_node, &comm));
    fresh(&comm, path);
    save_step(&comm, path, &large_table, 7);
    if (comm.rank == 0) {
      snprintf(step, sizeof step, "%s/step-000000007", path);
      snprintf(moved, sizeof moved, "%s/elsewhere", path);
      assert_int_equal(rename(step, moved), 0);
      snprintf(parts, sizeof parts, "%s/node-%04d.h5", moved, comm.node_count - 1);
      assert_true(sp_file_exists(parts));
      snprintf(parts, sizeof parts, "%s/state.h5", moved);
      read_natural(parts, &large_table, 0);
      read_natural(parts, &large_table, 1);
      assert_ok(sp_checkpoint_verify(moved));
    }
    sp_comm_close(&comm);
  }
}

/// A vector of several runs: each part holds several ranges of it.
static void runs_on_any_count(void **unused) {
  (void)unused;
  MPI_Comm some;
  sp_comm comm, all;
  char path[300], step[400], file[500];
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &all));
  fresh(&all, path);
  snprintf(step, sizeof step, "%s/step-000001234", path);
  MPI_Comm_split(all.world, all.rank < 3 ? 0 : MPI_UNDEFINED, all.rank, &some);
  if (some != MPI_COMM_NULL) {
    assert_ok(sp_comm_open_nodes(some, 2, &comm));
    save_step(&comm, path, &wide_table, 1234);
    if (comm.rank == 0) {
      snprintf(file, sizeof file, "%s/state.h5", step);
      read_natural(file, &wide_table, 0);
      read_natural(file, &wide_table, 1);
      assert_ok(sp_checkpoint_verify(step));
    }
    sp_comm_close(&comm);
    MPI_Comm_free(&some);
  }
  MPI_Barrier(all.world);
  static const int sizes[] = {1, 2, 5};
  for (int i = 0; i < 3; i++) {
    MPI_Comm_split(all.world, all.rank < sizes[i] ? 0 : MPI_UNDEFINED, all.rank, &some);
    if (some == MPI_COMM_NULL) continue;
    load_on(some, 3, step, &wide_table, SP_FLOAT32, 1);
    MPI_Comm_free(&some);
  }
  sp_comm_close(&all);
}

static void falls_back_to_the_one_before(void **unused) {
  (void)unused;
  sp_comm comm;
  char path[300], file[400];
  bool found = true;
  assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, 2, &comm));
  fresh(&comm, path);
  sp_shards shards = shards_of(&comm, &large_table);
  sp_state state;
  make_state(&shards, &large_table, SP_FLOAT32, 1, true, &state);
  assert_ok(sp_checkpoint_load_newest(&comm, path, &shards, &state, &found));
  assert_false(found);

  save_step(&comm, path, &large_table, 100);
  save_step(&comm, path, &large_table, 200);
  assert_ok(sp_checkpoint_load_newest(&comm, path, &shards, &state, &found));
  assert_true(found);
  assert_int_equal(state.progress.step, 200);

  snprintf(file, sizeof file, "%s/step-000000200/node-0000.h5", path);
  if (comm.rank == 0) flip_byte(file, sp_file_size(file) - 1, 0x10);
  MPI_Barrier(comm.world);
  sp_log_level level = sp_log_get_level();
  sp_log_set_level(SP_LOG_SILENT);
  assert_ok(sp_checkpoint_load_newest(&comm, path, &shards, &state, &found));
  assert_int_equal(state.progress.step, 100);
  assert_true(is_known(&shards, &state));

  MPI_Barrier(comm.world);
  snprintf(file, sizeof file, "%s/step-000000100/manifest", path);
  if (comm.rank == 0) assert_int_equal(truncate(file, 10), 0);
  MPI_Barrier(comm.world);
  assert_fails(sp_checkpoint_load_newest(&comm, path, &shards, &state, &found), SP_ERR_CORRUPT, "step-000000100");
  sp_log_set_level(level);

  save_step(&comm, path, &large_table, 200);  // takes the place of the damaged one
  assert_ok(sp_checkpoint_load_newest(&comm, path, &shards, &state, &found));
  assert_int_equal(state.progress.step, 200);
  free_state(&state);
  sp_comm_close(&comm);
}

static void damage_is_named_on_all(void **unused) {
  (void)unused;
  sp_comm comm;
  char path[300], step[400], file[500];
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &comm));
  fresh(&comm, path);
  save_step(&comm, path, &large_table, 5);
  snprintf(step, sizeof step, "%s/step-000000005", path);
  snprintf(file, sizeof file, "%s/node-0000.h5", step);
  if (comm.rank == 0) flip_byte(file, sp_file_size(file) - 5 * SP_BLOCK * 4 - 100, 1);  // block 17 of the last set
  MPI_Barrier(comm.world);
  sp_shards shards = shards_of(&comm, &large_table);
  sp_state state;
  make_state(&shards, &large_table, SP_FLOAT32, 1, true, &state);
  assert_fails(sp_checkpoint_load(&comm, step, &shards, &state), SP_ERR_CORRUPT,
               "step-000000005: node-0000.h5: slot square_avg: block 17 (dense_1/weight to dense_2/weight): checksum "
               "differs");
  assert_int_equal(state.progress.step, 0);
  free_state(&state);
  sp_comm_close(&comm);
}

static void nothing_non_finite_is_saved(void **unused) {
  (void)unused;
  sp_comm comm;
  char path[300];
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &comm));
  fresh(&comm, path);
  sp_shards shards = shards_of(&comm, &large_table);
  for (int vector = 0; vector < 2; vector++) {
    sp_state state;
    make_state(&shards, &large_table, SP_FLOAT64, 1, false, &state);
    if (comm.rank == comm.size - 1) {
      double *value = vector ? state.slot[0] : state.parameters;
      int64_t first = sp_shard_slice(&shards, comm.rank, 0).first;
      value[vector ? (23 - first) * SP_BLOCK - 10000 : 87297] = vector ? NAN : INFINITY;
    }
    assert_fails(save_checkpoint(&comm, path, &shards, &state), SP_ERR_NONFINITE,
                 vector ? "slot square_avg: block 20 (dense_2/weight)" : "parameters: block 21 (");
    assert_int_equal(entries(path), 0);
    free_state(&state);
  }
  sp_comm_close(&comm);
}

/// A limit on the size of files fails as a full disk does.
static void full_disk_leaves_nothing(void **unused) {
  (void)unused;
  sp_comm comm;
  char path[300], step[400];
  assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, 2, &comm));
  fresh(&comm, path);
  save_step(&comm, path, &large_table, 1);
  struct rlimit before, small;
  getrlimit(RLIMIT_FSIZE, &before);
  small = before;
  signal(SIGXFSZ, SIG_IGN);
  sp_shards shards = shards_of(&comm, &large_table);
  sp_state state;
  make_state(&shards, &large_table, SP_FLOAT64, 1, false, &state);
  sp_saver *saver;
  assert_ok(sp_saver_create(&comm, &shards, &state, &(sp_saver_options){.directory = path}, &saver));
  assert_ok(sp_saver_reserve(saver));
  static const rlim_t limits[] = {1000, 70000};  // none of a part can be written, or some of it
  for (int i = 0; i < 2; i++) {
    small.rlim_cur = limits[i];
    setrlimit(RLIMIT_FSIZE, &small);
    sp_saver_take(saver, &state);
    sp_saver_start(saver);
    sp_status status = finish_saving(saver);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, SP_ERR_SPACE);
    assert_non_null(strstr(sp_error_message(), "node-"));
    assert_int_equal(entries(path), 1);
    MPI_Barrier(comm.world);
  }
  sp_saver_take(saver, &state);  // there is room again
  sp_saver_start(saver);
  assert_ok(finish_saving(saver));
  assert_int_equal(entries(path), 2);
  sp_saver_free(saver);
  free_state(&state);
  make_state(&shards, &large_table, SP_FLOAT32, 1, true, &state);
  snprintf(step, sizeof step, "%s/step-000000001", path);
  assert_ok(sp_checkpoint_load(&comm, step, &shards, &state));
  free_state(&state);
  sp_comm_close(&comm);
}

static void a_whole_one_stays_and_left_overs_go(void **unused) {
  (void)unused;
  sp_comm comm;
  char path[300], file[400];
  struct stat before, after;
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &comm));
  fresh(&comm, path);
  snprintf(file, sizeof file, "%s/.step-000000001.partial/node-0099.h5", path);
  if (comm.rank == 0) assert_ok(sp_directory_create(file));  // of a run that was killed
  MPI_Barrier(comm.world);
  save_step(&comm, path, &small_table, 1);
  snprintf(file, sizeof file, "%s/.step-000000001.partial", path);
  assert_false(sp_file_exists(file));
  snprintf(file, sizeof file, "%s/step-000000001/node-0099.h5", path);
  assert_false(sp_file_exists(file));

  snprintf(file, sizeof file, "%s/step-000000001/state.h5", path);
  assert_int_equal(stat(file, &before), 0);
  save_step(&comm, path, &small_table, 1);
  assert_int_equal(stat(file, &after), 0);
  assert_int_equal(before.st_ino, after.st_ino);
  assert_int_equal(before.st_mtime, after.st_mtime);
  sp_comm_close(&comm);
}

static void another_model_is_refused(void **unused) {
  (void)unused;
  sp_comm comm;
  char path[300], step[400];
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &comm));
  fresh(&comm, path);
  save_step(&comm, path, &small_table, 1);
  snprintf(step, sizeof step, "%s/step-000000001", path);
  sp_shards shards = shards_of(&comm, &small_table);
  sp_state state;

  make_state(&shards, &small_table, SP_FLOAT64, 1, true, &state);
  assert_fails(sp_checkpoint_load(&comm, step, &shards, &state), SP_ERR_CONFIG,
               "precision float32, but this run has precision float64");
  free_state(&state);
  make_state(&shards, &small_table, SP_FLOAT32, 2, true, &state);
  assert_fails(sp_checkpoint_load(&comm, step, &shards, &state), SP_ERR_CONFIG,
               "slots are 'square_avg' in the checkpoint, 'square_avg', 'momentum' in the configuration");
  free_state(&state);

  sp_tensor other[2] = {small_tensors[0], small_tensors[1]};
  sp_parameter_table table = {other, 2, 40, 1, 1, NULL};
  make_state(&shards, &small_table, SP_FLOAT32, 1, true, &state);
  state.table = &table;
  other[0].shape = (sp_shape){2, {5, 7}};
  assert_fails(sp_checkpoint_load(&comm, step, &shards, &state), SP_ERR_CONFIG,
               "tensor 0 is dense_1/weight[7, 5] in the checkpoint, dense_1/weight[5, 7] in the configuration");
  other[0] = small_tensors[0];
  other[1].kind = SP_TENSOR_STATISTIC;
  assert_fails(sp_checkpoint_load(&comm, step, &shards, &state), SP_ERR_CONFIG,
               "tensor 1 is dense_1/bias[5] in the checkpoint, statistic dense_1/bias[5] in the configuration");
  other[1] = small_tensors[1];
  table.tensors = 1;
  assert_fails(sp_checkpoint_load(&comm, step, &shards, &state), SP_ERR_CONFIG,
               "tensor 1 is dense_1/bias[5] in the checkpoint, missing in the configuration");
  table.tensors = 2;
  state.array[0].count = 2;
  assert_fails(sp_checkpoint_load(&comm, step, &shards, &state), SP_ERR_CONFIG,
               "array standardize_mean has 3 values in the checkpoint, 2 in this run");
  strcpy(state.array[0].name, "unheard_of");
  assert_fails(sp_checkpoint_load(&comm, step, &shards, &state), SP_ERR_CONFIG,
               "does not contain the array unheard_of");
  assert_float_equal(get_value(SP_FLOAT32, state.parameters, 0), -1, 0);
  free_state(&state);

  assert_fails(sp_checkpoint_load(&comm, directory, &shards, &state), SP_ERR_CORRUPT, "manifest: is missing");
  sp_comm_close(&comm);
}

/// A run continues with its own arithmetic only; its parameters may be read all the same.
static void another_arithmetic_is_refused(void **unused) {
  (void)unused;
  sp_comm comm;
  char path[300], step[400];
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &comm));
  fresh(&comm, path);
  snprintf(step, sizeof step, "%s/step-000001234", path);
  sp_shards shards = shards_of(&comm, &small_table);
  sp_state state;
  bool found = false;
  make_state(&shards, &small_table, SP_FLOAT32, 1, false, &state);
  state.arithmetic = 2;
  assert_ok(save_checkpoint(&comm, path, &shards, &state));
  free_state(&state);

  make_state(&shards, &small_table, SP_FLOAT32, 1, true, &state);
  state.arithmetic = 3;
  assert_fails(sp_checkpoint_load_newest(&comm, path, &shards, &state, &found), SP_ERR_CONFIG,
               "step-000001234: was written with version 2 of the arithmetic (shardprop ");
  assert_non_null(strstr(sp_error_message(), "this program has version 3"));
  assert_non_null(strstr(sp_error_message(), "model.initial"));
  assert_false(found);
  assert_float_equal(get_value(SP_FLOAT32, state.parameters, 0), -1, 0);
  assert_ok(sp_checkpoint_load(&comm, step, &shards, &state));
  assert_true(is_known(&shards, &state));
  free_state(&state);

  make_state(&shards, &small_table, SP_FLOAT32, 1, true, &state);
  state.arithmetic = 2;
  assert_ok(sp_checkpoint_load_newest(&comm, path, &shards, &state, &found));
  assert_true(found && is_known(&shards, &state));
  free_state(&state);
  sp_comm_close(&comm);
}

static void directory_that_cannot_be(void **unused) {
  (void)unused;
  sp_comm comm;
  char path[300], file[400];
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &comm));
  fresh(&comm, path);
  if (comm.rank == 0) assert_ok(sp_file_write(path, "a file", 6));
  MPI_Barrier(comm.world);
  snprintf(file, sizeof file, "%s/inside", path);
  sp_shards shards = shards_of(&comm, &small_table);
  sp_state state;
  make_state(&shards, &small_table, SP_FLOAT32, 1, false, &state);
  assert_fails(save_checkpoint(&comm, file, &shards, &state), SP_ERR_IO, "checkpoints");
  MPI_Barrier(comm.world);
  if (comm.rank == 0) unlink(path);
  free_state(&state);
  sp_comm_close(&comm);
}

static void parameters_come_from_a_checkpoint(void **unused) {
  (void)unused;
  sp_comm comm;
  char path[300], step[400];
  assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, 1, &comm));
  fresh(&comm, path);
  save_step(&comm, path, &large_table, 3);
  double *vector = calloc(23 * SP_BLOCK, sizeof *vector);
  assert_ok(sp_parameters_read(&comm, path, &large_table, SP_FLOAT64, vector, false));
  for (int64_t i = 0; i < large_table.tensors; i++) {
    for (int64_t k = 0; k < large_tensors[i].count; k++) {
      assert_true(vector[large_tensors[i].offset + k] == known_value(0, large_tensors[i].offset + k));
    }
  }
  sp_comm pairs;
  sp_window window;
  assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, 2, &pairs));
  assert_ok(sp_window_open(&pairs, 23 * SP_BLOCK * sizeof *vector, "parameters of a test", &window));
  assert_ok(sp_parameters_read(&pairs, path, &large_table, SP_FLOAT64, window.memory, true));
  assert_memory_equal(window.memory, vector, 23 * SP_BLOCK * sizeof *vector);
  sp_window_close(&window);
  sp_comm_close(&pairs);
  MPI_Barrier(comm.world);
  snprintf(step, sizeof step, "%s/step-000000003/node-0000.h5", path);
  if (comm.rank == 0) unlink(step);
  MPI_Barrier(comm.world);
  assert_fails(sp_parameters_read(&comm, path, &large_table, SP_FLOAT64, vector, false), SP_ERR_CORRUPT,
               "node-0000.h5: is missing");
  free(vector);
  sp_comm_close(&comm);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_bits_on_any_count),
      cmocka_unit_test(state_file_joins_the_parts),
      cmocka_unit_test(falls_back_to_the_one_before),
      cmocka_unit_test(damage_is_named_on_all),
      cmocka_unit_test(nothing_non_finite_is_saved),
      cmocka_unit_test(full_disk_leaves_nothing),
      cmocka_unit_test(another_model_is_refused),
      cmocka_unit_test(another_arithmetic_is_refused),
      cmocka_unit_test(a_whole_one_stays_and_left_overs_go),
      cmocka_unit_test(directory_that_cannot_be),
      cmocka_unit_test(parameters_come_from_a_checkpoint),
      cmocka_unit_test(runs_on_any_count),
  };
  int failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
  MPI_Finalize();
  return failed;
}
