// SPDX-License-Identifier: Apache-2.0
// Lanes in lockstep: each of them sees the sums of all, from whatever depth it asks for them; in each stretch they run in
// their order.
#include "train/lockstep.h"

#include "base/fiber.h"
#include "check.h"

enum { LANES = 5, SUMS = 3, ROUNDS = 4 };

typedef struct work {
  sp_lockstep *lockstep;
  int64_t lanes;
  int additions, ended;
  char order[200];  // a letter for each stretch of a lane, a + for each addition
  size_t length;
} work;

static void note(work *w, char what) {
  assert_true(w->length < sizeof w->order - 1);
  w->order[w->length++] = what;
}

/// Replace the sums from a call as deep as the lane's number, with other values in each frame.
static void descend(work *w, int64_t lane, int64_t depth, double *sums) {
  volatile int64_t kept[64];
  for (int i = 0; i < 64; i++) kept[i] = lane * 1000 + depth * 64 + i;
  if (depth > 0) {
    descend(w, lane, depth - 1, sums);
  } else {
    sp_lockstep_add(w->lockstep, lane, SUMS, sums);
  }
  for (int i = 0; i < 64; i++) assert_int_equal(kept[i], lane * 1000 + depth * 64 + i);
}

static void run(void *context, int64_t lane) {
  work *w = context;
  for (int round = 0; round < ROUNDS; round++) {
    double sums[SUMS];
    note(w, (char)('a' + lane));
    for (int i = 0; i < SUMS; i++) sums[i] = (double)(lane + 10 * round + 100 * i);
    descend(w, lane, lane, sums);
    for (int i = 0; i < SUMS; i++) {
      double lanes = (double)w->lanes;
      assert_true(sums[i] == lanes * (lanes - 1) / 2 + lanes * (10 * round + 100 * i));
    }
  }
  w->ended++;
}

static void add(void *context, int64_t n, double *mine, double *total) {
  work *w = context;
  assert_int_equal(n, SUMS);
  w->additions++;
  note(w, '+');
  for (int64_t i = 0; i < n; i++) {
    total[i] = 0;
    for (int64_t lane = 0; lane < w->lanes; lane++) total[i] += mine[lane * n + i];
  }
}

static void check(int64_t lanes, const char *order) {
  work w = {.lanes = lanes};
  assert_ok(sp_lockstep_create(lanes, SUMS, &w.lockstep));
  sp_lockstep_work functions = {run, add, &w};
  for (int time = 1; time <= 2; time++) {  // fibers are used again
    w.length = 0;
    memset(w.order, 0, sizeof w.order);
    sp_lockstep_run(w.lockstep, &functions);
    assert_int_equal(w.additions, time * ROUNDS);
    assert_int_equal(w.ended, time * lanes);
    assert_string_equal(w.order, order);
  }
  sp_lockstep_free(w.lockstep);
}

static void lanes_wait_for_each_other(void **state) {
  (void)state;
  check(LANES, "abcde+abcde+abcde+abcde+");
  check(2, "ab+ab+ab+ab+");
  check(1, "a+a+a+a+");
}

static void without_sums(void *context, int64_t lane) { note(context, (char)('a' + lane)); }

static void lanes_may_add_nothing(void **state) {
  (void)state;
  work w = {.lanes = 3};
  assert_ok(sp_lockstep_create(3, SUMS, &w.lockstep));
  sp_lockstep_run(w.lockstep, &(sp_lockstep_work){without_sums, add, &w});
  assert_string_equal(w.order, "abc");
  sp_lockstep_free(w.lockstep);
}

// --- fibers -------------------------------------------------------------------------------------------------------

typedef struct counter {
  sp_fiber *fiber;
  int count;
} counter;

static void count(void *context) {
  counter *c = context;
  char deep[200000];  // most of the stack is there
  memset(deep, c->count, sizeof deep);
  for (int i = 0; i < 3; i++) {
    c->count++;
    sp_fiber_pause(c->fiber);
  }
  c->count += deep[77777] == 0 ? 100 : 0;
}

static void a_fiber_continues_where_it_paused(void **state) {
  (void)state;
  counter c = {.count = 0};
  assert_ok(sp_fiber_create(&c.fiber));
  assert_true(sp_fiber_start(c.fiber, count, &c));
  assert_int_equal(c.count, 1);
  assert_true(sp_fiber_resume(c.fiber));
  assert_true(sp_fiber_resume(c.fiber));
  assert_int_equal(c.count, 3);
  assert_false(sp_fiber_resume(c.fiber));
  assert_int_equal(c.count, 103);
  sp_fiber_free(c.fiber);
  sp_fiber_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lanes_wait_for_each_other),
      cmocka_unit_test(lanes_may_add_nothing),
      cmocka_unit_test(a_fiber_continues_where_it_paused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
