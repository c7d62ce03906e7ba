// SPDX-License-Identifier: Apache-2.0
// The list of observers: each event is passed to all observers that handle it, in the order in which they were added.
#include "train/observer.h"

#include "check.h"

static char calls[400];

static void note(const void *context, const char *event) {
  snprintf(calls + strlen(calls), sizeof calls - strlen(calls), "%s%s ", (const char *)context, event);
}

static sp_status on_begin(void *context, const sp_standing *s) {
  note(context, "begin");
  return s->step == 13 ? sp_fail(SP_ERR_IO, "%s cannot begin", (const char *)context) : SP_OK;
}

static void on_step(void *context, const sp_standing *s, const sp_scores *batch, const sp_scores *epoch) {
  assert_int_equal(s->step, 3);
  assert_true(batch->value[0] == 1 && epoch->value[0] == 2);
  note(context, "step");
}

static void on_end(void *context, const sp_standing *s, sp_ending ending, const char *why) {
  (void)s;
  assert_int_equal(ending, SP_ENDING_STOPPED);
  assert_string_equal(why, "signal SIGUSR1");
  note(context, "end");
}

static void on_finish(void *context) { note(context, "finish"); }

static void on_close(void *context) { note(context, "close"); }

static const sp_observer_type whole = {
    .begin = on_begin, .step = on_step, .end = on_end, .finish = on_finish, .close = on_close};
static const sp_observer_type few = {.step = on_step}, none = {0};
static char a[] = "a.", b[] = "b.", c[] = "c.", d[] = "d.";

static void an_event_reaches_those_that_take_it(void **state) {
  (void)state;
  sp_observers list = {0};
  const sp_standing at = {.step = 3};
  const sp_scores batch = {.count = 1, .value = {1}}, epoch = {.count = 1, .value = {2}};
  *calls = '\0';
  assert_ok(sp_observers_add(&list, (sp_observer){&whole, a}));
  assert_ok(sp_observers_add(&list, (sp_observer){&none, b}));
  assert_ok(sp_observers_add(&list, (sp_observer){&few, c}));
  assert_ok(sp_observers_add(&list, (sp_observer){&whole, d}));
  sp_observers_ready(&list, &at, 0);
  assert_ok(sp_observers_begin(&list, &at));
  sp_observers_step(&list, &at, &batch, &epoch);
  sp_observers_epoch(&list, &at, &batch, &epoch, true);
  sp_observers_checkpoint(&list, &at, &(sp_saved){0});
  sp_observers_skipped(&list, &at, 2, 1);
  sp_observers_end(&list, &at, SP_ENDING_STOPPED, "signal SIGUSR1");
  sp_observers_fail(&list, 3, "");
  sp_observers_finish(&list);
  sp_observers_over(&list, SP_ENDING_STOPPED, NULL);
  sp_observers_close(&list);
  assert_string_equal(calls, "a.begin d.begin a.step c.step d.step a.end d.end a.finish d.finish a.close d.close ");
  assert_int_equal(list.count, 0);
}

static void a_failure_to_begin_is_reported(void **state) {
  (void)state;
  sp_observers list = {0};
  *calls = '\0';
  assert_ok(sp_observers_add(&list, (sp_observer){&whole, a}));
  assert_ok(sp_observers_add(&list, (sp_observer){&whole, b}));
  assert_fails(sp_observers_begin(&list, &(sp_standing){.step = 13}), SP_ERR_IO, "a. cannot begin");
  assert_string_equal(calls, "a.begin ");
}

static void a_full_list_takes_no_more(void **state) {
  (void)state;
  sp_observers list = {0};
  for (int i = 0; i < SP_MAX_OBSERVERS; i++) assert_ok(sp_observers_add(&list, (sp_observer){&none, a}));
  assert_fails(sp_observers_add(&list, (sp_observer){&none, a}), SP_ERR_MEMORY, "observers");
  assert_int_equal(list.count, SP_MAX_OBSERVERS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_event_reaches_those_that_take_it),
      cmocka_unit_test(a_failure_to_begin_is_reported),
      cmocka_unit_test(a_full_list_takes_no_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
