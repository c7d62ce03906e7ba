// SPDX-License-Identifier: Apache-2.0
// The public optimizer on arrays of a program's own: alone, and shared out over ranks.
#include <mpi.h>

#include "check.h"
#include "shardprop/optimizer.h"

static int size, rank;

enum { STEPS = 5 };

static double gradient_of(int64_t i, int step) { return sin((double)(i % 1000) + step) + 0.25; }

/// Steps on a vector of n values that begins as 1, 1, …; `whole` is the result of one process alone.
static void same_as_alone(const char *section, int64_t n, double *parameters, double *whole, double *gradient) {
  sp_optimizer *shared, *alone;
  assert_ok(sp_optimizer_create(MPI_COMM_WORLD, section, SP_REAL64, n, &shared));
  assert_ok(sp_optimizer_create(MPI_COMM_NULL, section, SP_REAL64, n, &alone));
  assert_ok(sp_optimizer_set_length(shared, 2, STEPS));
  assert_ok(sp_optimizer_set_length(alone, 2, STEPS));
  for (int64_t i = 0; i < n; i++) parameters[i] = whole[i] = 1;
  for (int step = 0; step < STEPS; step++) {
    for (int64_t i = 0; i < n; i++) gradient[i] = gradient_of(i, step);
    assert_ok(sp_optimizer_step(shared, parameters, gradient));
    assert_ok(sp_optimizer_step(alone, whole, gradient));
  }
  assert_int_equal(sp_optimizer_steps(shared), STEPS);
  if (n > 0) assert_memory_equal(parameters, whole, (size_t)n * sizeof *parameters);
  if (n > 0) assert_true(parameters[n - 1] != 1);
  int64_t mine = sp_optimizer_state_bytes(shared), all;
  MPI_Allreduce(&mine, &all, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
  assert_int_equal(all, sp_optimizer_state_bytes(alone));
  int64_t block = 4096 * (int64_t)sizeof(double), slots = n > 0 ? all / (n * (int64_t)sizeof(double)) : 0;
  assert_true(mine <= all / size + slots * block);  // k/R of the state, in whole blocks
  sp_optimizer_free(shared);
  sp_optimizer_free(alone);
}

static void an_optimizer_has_the_same_bits_alone_and_shared(void **state) {
  (void)state;
  static double parameters[50000], whole[50000], gradient[50000];
  const int64_t lengths[] = {0, 1, 4096, 4097, 40960, 50000};
  for (int i = 0; i < 6; i++) {
    same_as_alone("rmsprop", lengths[i], parameters, whole, gradient);
    same_as_alone("rmsprop: {lr: 0.01, momentum: 0.9, centered: true}", lengths[i], parameters, whole, gradient);
    same_as_alone("rmsprop:\n  lr: 0.01\n  weight_decay: 0.1\n", lengths[i], parameters, whole, gradient);
    same_as_alone("{sgd: {lr: 0.1}, clip_norm: 0.5}", lengths[i], parameters, whole, gradient);
    same_as_alone("{adamw: ~, clip_norm: 0.5, clip_value: 0.9, l1: 0.01}", lengths[i], parameters, whole, gradient);
    same_as_alone("adam:\n  lr: 0.01\nschedule: {polynomial: ~, warmup: 1 epoch}\n", lengths[i], parameters, whole,
                  gradient);
  }
}

static void a_step_does_what_the_rule_says(void **state) {
  (void)state;
  sp_optimizer *optimizer;
  float p = 2, g = 3;
  assert_ok(
      sp_optimizer_create(MPI_COMM_WORLD, "rmsprop: {lr: 0.5, decay: 0.75, epsilon: 1e-8}", SP_REAL32, 1, &optimizer));
  assert_ok(sp_optimizer_step(optimizer, &p, &g));
  assert_near(p, 2 - 0.5 * 3 / sqrt(0.25 * 9), 1e-6);
  sp_optimizer_free(optimizer);
}

/// Penalty, then values, then norm, against the formulas in plain words.
static void a_gradient_is_clipped(void **state) {
  (void)state;
  enum { N = 9000 };
  static double p[N], before[N], gradient[N], expected[N];
  double squares = 0;
  sp_optimizer *optimizer;
  for (int i = 0; i < N; i++) {
    p[i] = before[i] = (double)(i % 3 - 1);
    gradient[i] = gradient_of(i, 0);
    double g = gradient[i] + 0.125 * p[i];
    expected[i] = fmax(-0.75, fmin(0.75, g));
    squares += expected[i] * expected[i];
  }
  assert_ok(sp_optimizer_create(MPI_COMM_WORLD, "{sgd: {lr: 1}, l1: 0.125, clip_value: 0.75, clip_norm: 2}", SP_REAL64,
                                N, &optimizer));
  assert_true(isnan(sp_optimizer_gradient_norm(optimizer)));
  assert_ok(sp_optimizer_step(optimizer, p, gradient));
  assert_near(sp_optimizer_gradient_norm(optimizer), sqrt(squares), 1e-10);
  for (int i = 0; i < N; i++) assert_near(p[i], before[i] - expected[i] * 2 / (sqrt(squares) + 1e-6), 1e-13);
  sp_optimizer_free(optimizer);
}

/// Squares of finite values may be more than float64 holds: no step, and no other norm. In float32 they never are.
static void a_norm_that_overflows_is_no_step(void **state) {
  (void)state;
  enum { N = 5000 };
  static double p[N], before[N], gradient[N];
  static float p32[N], gradient32[N];
  sp_optimizer *optimizer;
  assert_ok(sp_optimizer_create(MPI_COMM_WORLD, "{rmsprop: ~, clip_norm: 2}", SP_REAL64, N, &optimizer));
  gradient[N - 1] = 3;
  assert_ok(sp_optimizer_step(optimizer, p, gradient));
  memcpy(before, p, sizeof p);
  gradient[0] = 1e160;
  assert_fails(sp_optimizer_step(optimizer, p, gradient), SP_ERR_NONFINITE, "the norm of the gradient of step 2 ");
  assert_memory_equal(p, before, sizeof p);
  assert_true(sp_optimizer_gradient_norm(optimizer) == 3 && sp_optimizer_steps(optimizer) == 1);
  gradient[0] = 1e150;
  assert_ok(sp_optimizer_step(optimizer, p, gradient));
  assert_true(p[0] < 0);
  sp_optimizer_free(optimizer);

  assert_ok(sp_optimizer_create(MPI_COMM_WORLD, "{sgd: {lr: 1}, clip_norm: 2}", SP_REAL32, N, &optimizer));
  for (int i = 0; i < N; i++) gradient32[i] = 3e38f;
  assert_ok(sp_optimizer_step(optimizer, p32, gradient32));
  for (int i = 0; i < N; i++) assert_near(p32[i], -2 / sqrt(N), 1e-6);
  sp_optimizer_free(optimizer);
}

static void the_learning_rate_follows_the_schedule(void **state) {
  (void)state;
  sp_optimizer *optimizer;
  double p = 0, g = 1;
  const double expected[] = {1, 2, 2, 1, 0, 0};
  assert_ok(sp_optimizer_create(MPI_COMM_WORLD,
                                "{sgd: {lr: 2}, schedule: {polynomial: ~, warmup: 1 epoch, warmup_from: 0}}", SP_REAL64,
                                1, &optimizer));
  assert_true(isnan(sp_optimizer_learning_rate(optimizer)));
  assert_fails(sp_optimizer_step(optimizer, &p, &g), SP_ERR_USAGE, "schedule polynomial");
  assert_fails(sp_optimizer_set_length(optimizer, 0, 4), SP_ERR_USAGE, "at least 1 step");
  assert_true(p == 0 && sp_optimizer_steps(optimizer) == 0);
  assert_ok(sp_optimizer_set_length(optimizer, 2, 4));
  for (int i = 0; i < 6; i++) {
    double before = p;
    assert_true(sp_optimizer_learning_rate(optimizer) == expected[i]);
    assert_ok(sp_optimizer_step(optimizer, &p, &g));
    assert_true(before - p == expected[i]);
  }
  sp_optimizer_free(optimizer);
}

enum { SAVED_VALUES = 10000, SAVED_STEPS = 12, SAVED_AT = 7 };

/// Steps [first, last) and the epochs, of two steps each, that they end; no epoch has a better score.
static void make_steps(sp_optimizer *optimizer, int first, int last, double *parameters) {
  static double gradient[SAVED_VALUES];
  for (int step = first; step < last; step++) {
    for (int64_t i = 0; i < SAVED_VALUES; i++) gradient[i] = gradient_of(i, step);
    assert_ok(sp_optimizer_step(optimizer, parameters, gradient));
    if (step % 2 == 1) sp_optimizer_end_epoch(optimizer, 1, true);
  }
}

/// All ranks share it and save, each continues alone and saves, and all share it again.
static void an_optimizer_goes_on_where_another_was(void **state) {
  (void)state;
  static double whole[SAVED_VALUES], parameters[SAVED_VALUES], slot[3][SAVED_VALUES];
  static const char section[] =
      "rmsprop: {lr: 0.01, momentum: 0.9, centered: true}\n"
      "schedule: {plateau: {factor: 0.5, patience: 1}, warmup: 3 steps}\n";
  static const int stop[] = {0, SAVED_AT, SAVED_AT + 2, SAVED_STEPS};
  sp_optimizer *optimizer;
  sp_optimizer_progress progress = {.steps = -1};
  assert_ok(sp_optimizer_create(MPI_COMM_WORLD, section, SP_REAL64, SAVED_VALUES, &optimizer));
  assert_fails(sp_optimizer_set_progress(optimizer, &progress), SP_ERR_USAGE, "at least 0");
  assert_fails(sp_optimizer_get_slot(optimizer, 3, slot[0]), SP_ERR_USAGE, "a slot below 3, got 3");
  assert_fails(sp_optimizer_set_slot(optimizer, -1, slot[0]), SP_ERR_USAGE, "a slot below 3, got -1");
  assert_string_equal(sp_optimizer_slot(optimizer, 0), "square_avg");
  assert_null(sp_optimizer_slot(optimizer, 3));
  assert_ok(sp_optimizer_set_length(optimizer, 2, SAVED_STEPS));
  make_steps(optimizer, 0, SAVED_STEPS, whole);
  assert_true(sp_optimizer_learning_rate(optimizer) == 0.01 / 4);
  sp_optimizer_free(optimizer);

  for (int part = 0; part < 3; part++) {
    MPI_Comm comm = part == 1 ? MPI_COMM_NULL : MPI_COMM_WORLD;
    assert_ok(sp_optimizer_create(comm, section, SP_REAL64, SAVED_VALUES, &optimizer));
    assert_ok(sp_optimizer_set_length(optimizer, 2, SAVED_STEPS));
    for (int i = 0; i < 3 && part > 0; i++) assert_ok(sp_optimizer_set_slot(optimizer, i, slot[i]));
    if (part > 0) assert_ok(sp_optimizer_set_progress(optimizer, &progress));
    make_steps(optimizer, stop[part], stop[part + 1], parameters);
    memset(slot, 0, sizeof slot);
    for (int i = 0; i < 3; i++) assert_ok(sp_optimizer_get_slot(optimizer, i, slot[i]));
    progress = sp_optimizer_get_progress(optimizer);
    assert_int_equal(progress.steps, stop[part + 1]);
    sp_optimizer_free(optimizer);
  }
  assert_memory_equal(parameters, whole, sizeof whole);
  for (int i = 0; i < 3; i++) assert_true(slot[i][SAVED_VALUES - 1] != 0);
}

static void an_optimizer_refuses_what_is_wrong(void **state) {
  (void)state;
  sp_optimizer *optimizer = NULL;
  assert_fails(sp_optimizer_create(MPI_COMM_WORLD, "rmsprop: {lr: -1}", SP_REAL32, 10, &optimizer), SP_ERR_CONFIG,
               "lr");
  assert_fails(sp_optimizer_create(MPI_COMM_WORLD, "rmsprob", SP_REAL32, 10, &optimizer), SP_ERR_CONFIG, "rmsprop");
  assert_fails(
      sp_optimizer_create(MPI_COMM_WORLD, "rmsprop:\n  momentum: 0\n  nesterov: true\n", SP_REAL32, 10, &optimizer),
      SP_ERR_CONFIG, "optimizer:3:3: optimizer.rmsprop.nesterov: ");
  assert_fails(sp_optimizer_create(MPI_COMM_WORLD, "sgd: {lr: 1e39}", SP_REAL32, 10, &optimizer), SP_ERR_CONFIG,
               "optimizer:1:7: optimizer.sgd.lr: expected at most 3.40282e+38, the largest float32 number, got 1e");
  assert_fails(sp_optimizer_create(MPI_COMM_WORLD, "schedule: {warmup: 1 minute}", SP_REAL32, 10, &optimizer),
               SP_ERR_CONFIG, "optimizer:1:12: optimizer.schedule.warmup: ");
  assert_fails(sp_optimizer_create(MPI_COMM_WORLD, "{sgd: ~, groups: [{tensors: x}]}", SP_REAL32, 10, &optimizer),
               SP_ERR_CONFIG, "optimizer:1:10: optimizer.groups: needs named tensors");
  assert_fails(sp_optimizer_create(MPI_COMM_WORLD, "accumulate: 2", SP_REAL32, 10, &optimizer), SP_ERR_CONFIG,
               "training runs");
  assert_fails(sp_optimizer_create(MPI_COMM_WORLD, "average: 0.5", SP_REAL32, 10, &optimizer), SP_ERR_CONFIG,
               "training runs");
  assert_fails(sp_optimizer_create(MPI_COMM_WORLD, "", SP_REAL32, 10, &optimizer), SP_ERR_CONFIG, "empty");
  assert_fails(sp_optimizer_create(MPI_COMM_WORLD, "rmsprop", SP_REAL32, -1, &optimizer), SP_ERR_USAGE, "-1");
  assert_fails(sp_optimizer_create(MPI_COMM_WORLD, "rmsprop", (sp_real)64, 10, &optimizer), SP_ERR_USAGE, "got 64");
  assert_null(optimizer);

  static float parameters[20000], gradient[20000], before[20000];
  assert_ok(sp_optimizer_create(MPI_COMM_WORLD, "rmsprop", SP_REAL32, 20000, &optimizer));
  gradient[19999] = INFINITY;  // only one rank sees it
  gradient[0] = 1;
  assert_fails(sp_optimizer_step(optimizer, parameters, gradient), SP_ERR_NONFINITE, "step 1");
  assert_memory_equal(parameters, before, sizeof parameters);
  gradient[19999] = 1;
  assert_ok(sp_optimizer_step(optimizer, parameters, gradient));
  assert_true(parameters[0] < 0 && parameters[19999] < 0);
  sp_optimizer_free(optimizer);
}

static void ranks_must_give_the_same(void **state) {
  (void)state;
  if (size == 1) skip();
  sp_optimizer *optimizer = NULL;
  bool last = rank == size - 1;
  char text[100];
  snprintf(text, sizeof text, "rank %d on host ", size - 1);
  assert_fails(sp_optimizer_create(MPI_COMM_WORLD, "sgd", SP_REAL32, last ? 20000 : 10, &optimizer), SP_ERR_USAGE,
               "got 20000 values of float32, expected 10 values of float32 as on the first rank");
  assert_non_null(strstr(sp_error_message(), text));
  assert_fails(sp_optimizer_create(MPI_COMM_WORLD, "sgd", last ? SP_REAL64 : SP_REAL32, 10, &optimizer), SP_ERR_USAGE,
               "got 10 values of float64, expected 10 values of float32");
  assert_fails(sp_optimizer_create(MPI_COMM_WORLD, last ? "sgd: {lr: 2}" : "sgd: {lr: 3}", SP_REAL32, 10, &optimizer),
               SP_ERR_USAGE, "section differs from that of the first rank");
  assert_fails(sp_optimizer_create(MPI_COMM_WORLD, rank == 0 ? "rmsprob" : "rmsprop", SP_REAL32, 10, &optimizer),
               SP_ERR_CONFIG, "rank 0 on host ");  // not that the others differ from it
  assert_null(optimizer);
  assert_ok(sp_optimizer_create(MPI_COMM_WORLD, last ? "sgd" : "sgd: {momentum: 0}", SP_REAL32, 10, &optimizer));
  sp_optimizer_free(optimizer);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_optimizer_has_the_same_bits_alone_and_shared),
      cmocka_unit_test(a_step_does_what_the_rule_says),
      cmocka_unit_test(a_gradient_is_clipped),
      cmocka_unit_test(a_norm_that_overflows_is_no_step),
      cmocka_unit_test(the_learning_rate_follows_the_schedule),
      cmocka_unit_test(an_optimizer_goes_on_where_another_was),
      cmocka_unit_test(an_optimizer_refuses_what_is_wrong),
      cmocka_unit_test(ranks_must_give_the_same),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  MPI_Finalize();
  return failed;
}
