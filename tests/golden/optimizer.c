// SPDX-License-Identifier: Apache-2.0
// Update rules against trajectories of PyTorch 1.13 and of the rule of Keras 2.11, step by step. optimizer.h5 holds one
// group a case: the start, the gradients, and the parameters after each step. Written by scripts/make_golden.py.
#include <hdf5.h>

#include "base/memory.h"
#include "rules.h"

enum { MOST_PIECES = 7 };

typedef struct golden_case {
  chosen_rule rule;
  sp_dtype precision;
  int64_t steps, n;
  void *start, *gradients;  ///< (n), (steps, n) in the precision
  void *expected;           ///< (steps, n)
} golden_case;

static void *read_values(hid_t group, const char *name, sp_dtype precision, hsize_t extent[2]) {
  void *values = NULL;
  hid_t set = H5Dopen2(group, name, H5P_DEFAULT), space = H5Dget_space(set);
  assert_true(set >= 0 && H5Sget_simple_extent_dims(space, extent, NULL) >= 1);
  assert_ok(sp_allocate(H5Sget_simple_extent_npoints(space), sp_dtype_size(precision), name, &values));
  hid_t type = precision == SP_FLOAT32 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
  assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  H5Sclose(space);
  H5Dclose(set);
  return values;
}

static void read_case(hid_t group, golden_case *out) {
  char text[512] = {0};
  hid_t attribute = H5Aopen(group, "optimizer", H5P_DEFAULT), type = H5Aget_type(attribute);
  assert_true(attribute >= 0 && H5Tget_size(type) < sizeof(text));
  assert_true(H5Aread(attribute, type, text) >= 0);
  H5Tclose(type);
  H5Aclose(attribute);
  choose_rule(text, &out->rule);

  hid_t set = H5Dopen2(group, "params", H5P_DEFAULT), stored = H5Dget_type(set);
  out->precision = H5Tget_size(stored) == 4 ? SP_FLOAT32 : SP_FLOAT64;
  H5Tclose(stored);
  H5Dclose(set);

  hsize_t extent[2];
  out->start = read_values(group, "p0", out->precision, extent);
  out->gradients = read_values(group, "grads", out->precision, extent);
  out->expected = read_values(group, "params", out->precision, extent);
  out->steps = (int64_t)extent[0];
  out->n = (int64_t)extent[1];
}

static void free_case(golden_case *golden) {
  free(golden->start);
  free(golden->gradients);
  free(golden->expected);
}

/// All parameters after all steps, (steps, n); the caller frees them.
static char *run(const golden_case *golden, int pieces) {
  size_t row = (size_t)golden->n * sp_dtype_size(golden->precision);
  void *trajectory = NULL, *slots[SP_MAX_SLOTS];
  assert_ok(sp_allocate(golden->steps, row, "trajectory", &trajectory));
  sp_update update = {.n = golden->n, .scale = 1, .lr_factor = 1};
  for (int s = 0; s < SP_MAX_SLOTS; s++) {
    assert_ok(sp_allocate(1, row, "slot", &slots[s]));
    update.slot[s] = slots[s];
    if (s < sp_rule_of(&golden->rule.selected)->slots(golden->rule.options)) {
      sp_rule_start_slot(&golden->rule.selected, golden->precision, s, golden->n, slots[s]);
    }
  }
  const char *before = golden->start;
  for (int64_t t = 0; t < golden->steps; t++) {
    update.p = (char *)trajectory + (size_t)t * row;
    update.gradient = (sp_addends){(char *)golden->gradients + (size_t)t * row, NULL};
    update.step = t + 1;
    memcpy(update.p, before, row);
    update_in_pieces(&golden->rule, golden->precision, &update, pieces);
    before = update.p;
  }
  for (int s = 0; s < SP_MAX_SLOTS; s++) free(slots[s]);
  return trajectory;
}

/// The rules that round where PyTorch does, whose float32 kernels have fused multiply-adds.
static bool rounds_as_pytorch(const char *name, const golden_case *golden) {
  return golden->precision == SP_FLOAT32 && (strncmp(name, "rmsprop", 7) == 0 || strncmp(name, "sgd", 3) == 0);
}

/// The tolerance the trajectories were published with; none where the bits are PyTorch's.
static void compare(const char *name, const golden_case *golden, const void *trajectory) {
  double relative = golden->precision == SP_FLOAT32 ? 2e-6 : 1e-12;
  double absolute = golden->precision == SP_FLOAT32 ? 1e-7 : 0;
  if (rounds_as_pytorch(name, golden)) relative = absolute = 0;
  for (int64_t i = 0; i < golden->steps * golden->n; i++) {
    double got = value_at(golden->precision, trajectory, i);
    double expected = value_at(golden->precision, golden->expected, i);
    if (!(fabs(got - expected) <= relative * fabs(expected) + absolute)) {
      fail_msg("%s: step %lld, value %lld: %.17g, expected %.17g", name, (long long)(i / golden->n + 1),
               (long long)(i % golden->n), got, expected);
    }
  }
}

static void check_case(hid_t file, const char *name) {
  golden_case golden;
  hid_t group = H5Gopen2(file, name, H5P_DEFAULT);
  read_case(group, &golden);
  H5Gclose(group);

  size_t size = (size_t)(golden.steps * golden.n) * sp_dtype_size(golden.precision);
  char *whole = run(&golden, 1);
  compare(name, &golden, whole);
  for (int pieces = 2; pieces <= MOST_PIECES; pieces++) {
    char *cut = run(&golden, pieces);
    assert_memory_equal(cut, whole, size);
    free(cut);
  }
  free(whole);
  free_case(&golden);
}

static void rules_follow_the_trajectories(void **unused) {
  (void)unused;
  hid_t file = H5Fopen(SP_TEST_DATA "/optimizer.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
  assert_true(file >= 0);
  H5G_info_t info;
  assert_true(H5Gget_info(file, &info) >= 0);
  assert_int_equal(info.nlinks, 50);
  for (hsize_t i = 0; i < info.nlinks; i++) {
    char name[128];
    assert_true(H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof(name), H5P_DEFAULT) > 0);
    check_case(file, name);
  }
  H5Fclose(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rules_follow_the_trajectories)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
