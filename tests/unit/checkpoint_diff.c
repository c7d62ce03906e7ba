// SPDX-License-Identifier: Apache-2.0
// The report of the differences between two checkpoints, and of damage to one of them.
#include "checkpoint/checkpoint_diff.h"

#include <mpi.h>
#include <unistd.h>

#include "base/text.h"
#include "checkpoint/checkpoint_verify.h"
#include "checkpoint/decode.h"
#include "checkpoint_state.h"

static char directory[256], a[300], b[300];
static const sp_shards shards = {23, 0, 1}, small_shards = {1, 0, 1};
static sp_comm comm;

static int setup(void **unused) {
  (void)unused;
  make_directory(directory);
  snprintf(a, sizeof a, "%s/a/step-000001234", directory);
  snprintf(b, sizeof b, "%s/b/step-000001234", directory);
  return sp_comm_open(MPI_COMM_SELF, &comm) == SP_OK ? 0 : -1;
}

static int teardown(void **unused) {
  (void)unused;
  sp_comm_close(&comm);
  return (int)sp_directory_remove(directory);
}

/// A checkpoint of the large table in `directory`/`name`, with one value of the parameters and two of slot 1 changed.
static void save(const char *name, const sp_parameter_table *table, sp_dtype precision, int slots, bool changed) {
  char path[300];
  sp_state state;
  const sp_shards *dealt = table == &small_table ? &small_shards : &shards;
  make_state(dealt, table, precision, slots, false, &state);
  state.progress.step = 1234;
  state.progress.seconds = changed ? 1 : 2;
  if (changed) {
    set_value(precision, state.parameters, 3008 + 5 * 331 + 17, 1);
    set_value(precision, state.slot[1], 73200 + 2 * 29 * 97 + 3 * 97 + 4, 2);
    set_value(precision, state.slot[1], 73200 + 14064, -3);
    state.progress.rows_seen++;
    state.array[0].value[2] = 7;
  }
  snprintf(path, sizeof path, "%s/%s", directory, name);
  assert_ok(sp_directory_remove(path));
  assert_ok(save_checkpoint(&comm, path, dealt, &state));
  free_state(&state);
}

static void add_property(void *context, const char *name, const char *left, const char *right) {
  sp_text_add(context, "%s: %s | %s\n", name, left, right);
}

static void add_tensor(void *context, const sp_tensor_difference *d) {
  sp_text_add(context, "%s %s: %lld [", d->vector, d->tensor->name, (long long)d->values);
  for (int i = 0; i < d->tensor->shape.rank; i++) sp_text_add(context, " %lld", (long long)d->first[i]);
  sp_text_add(context, " ] %.9g | %.9g, %.9g, %.9g\n", d->a, d->b, d->absolute, d->relative);
}

/// Returns the report, and whether the checkpoints are equal.
static bool compare(sp_text *text, int64_t *values) {
  bool equal;
  sp_text_free(text);
  assert_ok(sp_checkpoint_diff(a, b, &(sp_diff_report){text, add_property, add_tensor}, &equal, values));
  return equal;
}

static void add_expected(sp_text *text, const char *what, int64_t count, const char *index, int vector, int64_t at,
                         double now, double other_was, double other_now) {
  double was = known_value(vector, at), one = fabs(was - now), two = fabs(other_was - other_now);
  double size = fmax(fabs(was), fabs(now)), other_size = fmax(fabs(other_was), fabs(other_now));
  sp_text_add(text, "%s: %lld [ %s ] %.9g | %.9g, %.9g, %.9g\n", what, (long long)count, index, was, now,
              fmax(one, two), fmax(one / size, other_size > 0 ? two / other_size : 0));
}

static void what_differs_is_told(void **unused) {
  (void)unused;
  sp_text found = {0}, expected = {0};
  int64_t values;
  for (int i = 0; i < 3; i++) {  // also between precisions
    sp_dtype left = i == 1 ? SP_FLOAT64 : SP_FLOAT32, right = i > 0 ? SP_FLOAT64 : SP_FLOAT32;
    save("a", &large_table, left, 2, false);
    save("b", &large_table, right, 2, false);
    assert_int_equal(compare(&found, &values), left == right);
    assert_string_equal(sp_text_string(&found), left == right ? "" : "precision: float32 | float64\n");
    assert_int_equal(values, 3 * (87241 + 3000));

    save("b", &large_table, right, 2, true);
    assert_false(compare(&found, &values));
    sp_text_free(&expected);
    if (left != right) sp_text_add(&expected, "precision: float32 | float64\n");
    sp_text_add(&expected, "rows_seen: 39488 | 39489\nstandardize_mean[2]: 0.20000000000000001 | 7\n");
    add_expected(&expected, "parameters dense_1/weight", 1, "5 17", 0, 3008 + 5 * 331 + 17, 1, 0, 0);
    add_expected(&expected, "momentum dense_2/weight", 2, "2 3 4", 2, 73200 + 2 * 29 * 97 + 3 * 97 + 4, 2,
                 known_value(2, 73200 + 14064), -3);
    assert_string_equal(sp_text_string(&found), expected.data);
  }

  save("b", &large_table, SP_FLOAT32, 1, false);
  save("a", &large_table, SP_FLOAT32, 2, false);
  assert_false(compare(&found, &values));
  assert_string_equal(found.data, "optimizer state: square_avg, momentum | square_avg\n");
  assert_int_equal(values, 2 * (87241 + 3000));

  save("b", &small_table, SP_FLOAT32, 2, false);
  assert_false(compare(&found, &values));
  assert_non_null(strstr(found.data, "model: tensor 1: conv_1/weight[13, 11, 7, 3] | dense_1/weight[7, 5]\n"));
  assert_non_null(strstr(found.data, "model: tensor 6: statistic norm_1/mean[50, 60] | missing\n"));
  assert_int_equal(values, 0);

  char path[400];
  save("b", &large_table, SP_FLOAT32, 2, false);
  snprintf(path, sizeof path, "%s/node-0000.h5", b);
  flip_byte(path, sp_file_size(path) - 9, 1);
  bool equal;
  assert_fails(sp_checkpoint_diff(a, b, &(sp_diff_report){&found, add_property, add_tensor}, &equal, &values),
               SP_ERR_CORRUPT, "checksum differs");
  assert_non_null(strstr(sp_error_message(), b));
  sp_text_free(&found);
  sp_text_free(&expected);
}

static void add_damage(void *context, const sp_damage *d) {
  sp_text_add(context, "%s", d->file);
  if (d->blocks > 0) {
    sp_text_add(context, " %s %lld+%lld (%s)", d->vector, (long long)d->first, (long long)d->blocks, d->tensors);
  }
  sp_text_add(context, ": %s\n", d->what);
}

static void examine(sp_text *text, const char *first) {
  sp_text_free(text);
  assert_fails(sp_checkpoint_examine(a, add_damage, text), SP_ERR_CORRUPT, first);
  assert_fails(sp_checkpoint_verify(a), SP_ERR_CORRUPT, first);
}

static void all_damage_is_told(void **unused) {
  (void)unused;
  sp_text found = {0};
  sp_snapshot snapshot;
  char part[400], path[400];
  save("a", &large_table, SP_FLOAT32, 2, false);
  assert_ok(sp_checkpoint_examine(a, add_damage, &found));
  assert_string_equal(sp_text_string(&found), "");
  assert_ok(sp_snapshot_open(a, &snapshot));
  int64_t parameters = snapshot.layout.part[0].offset[0], momentum = snapshot.layout.part[0].offset[2];
  sp_snapshot_free(&snapshot);

  snprintf(part, sizeof part, "%s/node-0000.h5", a);
  static const int64_t damaged[] = {3, 4, 5, 18, 22};
  for (int i = 0; i < 5; i++) flip_byte(part, parameters + damaged[i] * 4 * SP_BLOCK + 77, 4);
  flip_byte(part, momentum, 1);
  flip_byte(part, 100, 1);
  examine(&found, "node-0000.h5: outside its data sets: checksum differs");
  assert_string_equal(found.data,
                      "node-0000.h5: outside its data sets: checksum differs\n"
                      "node-0000.h5 parameters 3+3 (dense_1/weight): checksum differs\n"
                      "node-0000.h5 parameters 18+1 (dense_2/weight): checksum differs\n"
                      "node-0000.h5 parameters 22+1 (norm_1/mean): checksum differs\n"
                      "node-0000.h5 momentum 0+1 (conv_1/weight to dense_1/weight): checksum differs\n");
  flip_byte(part, 100, 1);
  examine(&found, "node-0000.h5: parameters: block 3 (dense_1/weight): checksum differs");

  assert_int_equal(truncate(part, momentum + 2 * 4 * SP_BLOCK + 1), 0);
  examine(&found, "node-0000.h5: has ");
  assert_non_null(strstr(found.data,
                         "node-0000.h5 parameters 22+1 (norm_1/mean): checksum differs\n"
                         "node-0000.h5 momentum 0+1 (conv_1/weight to dense_1/weight): checksum differs\n"
                         "node-0000.h5 momentum 2+21 (dense_1/weight to norm_1/mean): is truncated\n"));
  unlink(part);
  examine(&found, "node-0000.h5: is missing");
  assert_non_null(strstr(found.data, "\nnode-0000.h5 square_avg 0+23 (conv_1/weight to norm_1/mean): No such file"));

  save("a", &large_table, SP_FLOAT32, 2, false);
  snprintf(path, sizeof path, "%s/state.h5", a);
  flip_byte(path, 5000, 1);
  unlink(part);
  examine(&found, "node-0000.h5: is missing");
  assert_string_equal(found.data, "node-0000.h5: is missing\nstate.h5: checksum differs\n");
  snprintf(path, sizeof path, "%s/manifest", a);
  flip_byte(path, 60, 1);
  examine(&found, "manifest: checksum differs");
  assert_string_equal(found.data, "manifest: checksum differs\n");
  sp_text_free(&found);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_differs_is_told, setup, teardown),
      cmocka_unit_test_setup_teardown(all_damage_is_told, setup, teardown),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  MPI_Finalize();
  return failed;
}
