// SPDX-License-Identifier: Apache-2.0
// Schedules against torch.optim.lr_scheduler of PyTorch 1.13, step by step. schedules.h5 holds one group a case: the learning
// rates of a run whose rule has 1, and the sections `schedule` that stand for them, a line each; `plateau` has the scores of
// epochs besides. Written by scripts/make_golden.py.
#include <hdf5.h>

#include "schedules.h"

enum { MOST_TEXT = 1024, CASES = 60, PLATEAUS = 6 };

typedef struct golden_case {
  char name[128], schedules[MOST_TEXT];
  int64_t steps, epoch_steps;  // of the run
  double *expected;            // (count)
  double *scores;              // (count - 1) of epochs, or NULL
  int64_t count;
  bool higher_is_better;
} golden_case;

static int64_t integer_of(hid_t object, const char *name) {
  int64_t value = 0;
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  assert_true(attribute >= 0 && H5Aread(attribute, H5T_NATIVE_INT64, &value) >= 0);
  H5Aclose(attribute);
  return value;
}

static double *values_of(hid_t group, const char *name, int64_t *count) {
  hid_t set = H5Dopen2(group, name, H5P_DEFAULT), space = H5Dget_space(set);
  assert_true(set >= 0);
  *count = H5Sget_simple_extent_npoints(space);
  double *values = calloc((size_t)*count, sizeof *values);
  assert_true(values && H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  H5Sclose(space);
  H5Dclose(set);
  return values;
}

static void read_case(hid_t group, golden_case *out) {
  hid_t attribute = H5Aopen(group, "schedules", H5P_DEFAULT), type = H5Aget_type(attribute);
  assert_true(attribute >= 0 && H5Tget_size(type) < MOST_TEXT);
  assert_true(H5Aread(attribute, type, out->schedules) >= 0);
  H5Tclose(type);
  H5Aclose(attribute);
  out->expected = values_of(group, "expected", &out->count);
  if (H5Lexists(group, "scores", H5P_DEFAULT) <= 0) return;
  int64_t scores;
  out->scores = values_of(group, "scores", &scores);
  assert_int_equal(scores, out->count - 1);
  out->higher_is_better = integer_of(group, "higher_is_better") == 1;
}

/// `check` every case of a kind, once for each of its texts. How many cases there were.
static int with_every_case(const char *kind, void (*check)(const golden_case *, const sp_schedule_options *)) {
  hid_t file = H5Fopen(SP_TEST_DATA "/schedules.h5", H5F_ACC_RDONLY, H5P_DEFAULT),
        cases = H5Gopen2(file, kind, H5P_DEFAULT);
  H5G_info_t info;
  assert_true(file >= 0 && cases >= 0 && H5Gget_info(cases, &info) >= 0);
  for (hsize_t i = 0; i < info.nlinks; i++) {
    golden_case golden = {.steps = integer_of(file, "steps"), .epoch_steps = integer_of(file, "epoch_steps")};
    assert_true(H5Lget_name_by_idx(cases, ".", H5_INDEX_NAME, H5_ITER_INC, i, golden.name, sizeof golden.name,
                                   H5P_DEFAULT) > 0);
    hid_t group = H5Gopen2(cases, golden.name, H5P_DEFAULT);
    read_case(group, &golden);
    H5Gclose(group);
    char *rest = NULL;
    for (char *text = strtok_r(golden.schedules, "\n", &rest); text; text = strtok_r(NULL, "\n", &rest)) {
      const sp_schedule_options *schedule;
      sp_document *document = read_schedule(text, &schedule);
      assert_ok(sp_schedule_check(schedule));
      assert_false(sp_schedule_is_constant(schedule));
      check(&golden, schedule);
      sp_document_free(document);
    }
    free(golden.expected);
    free(golden.scores);
  }
  H5Gclose(cases);
  H5Fclose(file);
  return (int)info.nlinks;
}

/// PyTorch multiplies step by step, and so rounds more often.
static void compare(const golden_case *golden, const char *what, int64_t i, double got) {
  double expected = golden->expected[i];
  if (fabs(got - expected) <= 1e-12 * expected + 1e-15) return;
  fail_msg("%s, %s %lld: %.17g, expected %.17g", golden->name, what, (long long)i, got, expected);
}

static void check_rates(const golden_case *golden, const sp_schedule_options *schedule) {
  assert_int_equal(golden->count, golden->steps);
  for (int64_t step = 0; step < golden->count; step++) {
    const sp_schedule_place place = {step, golden->epoch_steps, golden->steps, 0};
    compare(golden, "step", step, sp_schedule_factor(schedule, &place));
  }
}

static void check_plateau(const golden_case *golden, const sp_schedule_options *schedule) {
  sp_plateau_state state = {.best = (double)NAN};
  for (int64_t epoch = 0; epoch < golden->count; epoch++) {
    const sp_schedule_place place = {epoch * golden->epoch_steps, golden->epoch_steps, golden->steps, state.reductions};
    compare(golden, "epoch", epoch, sp_schedule_factor(schedule, &place));
    if (epoch == golden->count - 1) break;
    sp_schedule_observe(schedule, golden->scores[epoch], golden->higher_is_better, &state);
  }
}

static void schedules_are_those_of_pytorch(void **unused) {
  (void)unused;
  assert_int_equal(with_every_case("rates", check_rates), CASES);
}

static void plateau_is_that_of_pytorch(void **unused) {
  (void)unused;
  assert_int_equal(with_every_case("plateaus", check_plateau), PLATEAUS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(schedules_are_those_of_pytorch),
      cmocka_unit_test(plateau_is_that_of_pytorch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
