// SPDX-License-Identifier: Apache-2.0
// A call in a child process: its status is returned, and a crash or an endless loop is an error that names the place.
#include "base/trial.h"

#include <signal.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "check.h"

static int calls;

static sp_status succeeds(void *context) {
  (void)context;
  calls++;
  return SP_OK;
}

static sp_status fails(void *context) { return sp_fail(SP_ERR_IO, "%s: cannot be read", (const char *)context); }

static sp_status crashes(void *context) {
  sp_trial_at(context);
  raise(SIGSEGV);
  return SP_OK;
}

static sp_status aborts(void *context) {
  sp_trial_at(context);
  abort();
}

static sp_status loops(void *context) {
  sp_trial_at(context);
  raise(SIGXCPU);  // what the limit of processor time sends
  return SP_OK;
}

static sp_status waits(void *context) {
  sp_trial_at(context);
  raise(SIGALRM);  // what the limit of time sends
  return sp_fail(SP_ERR_DATA, "the limit of time is ignored");
}

static sp_status within(void *context) { return sp_trial(fails, context, "HDF5"); }

static void crashes_are_errors(void **state) {
  (void)state;
  char path[] = "data.h5";
  assert_ok(sp_trial(crashes, path, "HDF5"));  // in a process of another program there is no trial
  sp_crash_report();
  assert_ok(sp_trial(succeeds, path, "HDF5"));
  assert_int_equal(calls, 0);  // only the child has counted
  assert_fails(sp_trial(fails, path, "HDF5"), SP_ERR_IO, "data.h5: cannot be read");
  assert_ok(sp_trial(within, path, "HDF5"));
  assert_fails(sp_trial(crashes, path, "HDF5"), SP_ERR_DATA,
               "data.h5: is damaged: HDF5 crashes (SIGSEGV) when it reads");
  assert_fails(sp_trial(aborts, path, "HDF5"), SP_ERR_DATA,
               "data.h5: is damaged: HDF5 crashes (SIGABRT) when it reads");
  assert_fails(sp_trial(loops, path, "HDF5"), SP_ERR_DATA,
               "data.h5: is damaged: HDF5 cannot read its structure within 10 seconds");
  assert_ok(sp_trial(waits, path, "HDF5"));
}

static sp_status takes_long(void *context) {
  sp_trial_at(context);
  usleep(1200000);
  return SP_OK;
}

static void a_long_call_is_announced(void **state) {
  (void)state;
  char path[] = "data.h5", line[300] = "";
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  sp_crash_report();
  sp_log_set_copy(ends[1]);
  assert_ok(sp_trial(takes_long, path, "HDF5"));
  sp_log_set_copy(-1);
  assert_true(read(ends[0], line, sizeof line - 1) > 0);
  assert_string_equal(line,
                      "shardprop: data.h5: HDF5 is still reading the structure of the file, for at most 10 seconds of "
                      "processor time\n");
  close(ends[0]);
  close(ends[1]);
}

static sp_status signals_parent(void *context) {
  sp_trial_at(context);
  kill(getppid(), SIGTERM);
  while (getppid() > 1) pause();
  return SP_OK;
}

static void a_signal_ends_the_wait(void **state) {
  (void)state;
  char path[] = "data.h5";
  sp_crash_report();
  sp_interrupt_listen();
  assert_fails(sp_trial(signals_parent, path, "HDF5"), SP_STOPPED, "SIGTERM");
  sp_interrupt_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(crashes_are_errors), cmocka_unit_test(a_long_call_is_announced),
                                     cmocka_unit_test(a_signal_ends_the_wait)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
