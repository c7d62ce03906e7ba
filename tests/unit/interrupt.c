// SPDX-License-Identifier: Apache-2.0
// Which signals ask the process to stop: all whose default action ends it, unless they are ignored or handled already.
#include "base/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include "check.h"

static int handled;

static void count(int number) {
  (void)number;
  handled++;
}

static const int stops[] = {SIGTERM, SIGINT,  SIGHUP,    SIGQUIT, SIGUSR1, SIGUSR2,  SIGXCPU,
                            SIGPWR,  SIGALRM, SIGVTALRM, SIGPROF, SIGIO,   SIGSTKFLT};

static void (*handler_of(int number))(int) {
  struct sigaction now;
  assert_int_equal(sigaction(number, NULL, &now), 0);
  return now.sa_handler;
}

static void stops_at(int number) {
  void (*before)(int) = handler_of(number);  // a library may have one: UCX has one for SIGHUP
  sp_interrupt_listen();
  assert_false(sp_interrupted());
  raise(number);
  assert_int_equal(sp_interrupt_signal(), number);
  assert_int_equal(sp_interrupt_check(), SP_STOPPED);
  sp_interrupt_end();
  assert_true(handler_of(number) == before);
}

static void signals_that_would_end_the_process_ask_for_a_stop(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) stops_at(stops[i]);
  for (int number = SIGRTMIN; number <= SIGRTMAX; number++) stops_at(number);
}

/// A second call, once MPI is initialised, takes back what a library has taken, but for what libraries use.
static void handlers_of_profilers_and_libraries_stay(void **state) {
  (void)state;
  const int used[] = {SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT, SIGRTMIN + 2};
  for (size_t i = 0; i < sizeof used / sizeof *used; i++) {
    for (int late = 0; late < 2; late++) {
      handled = 0;
      if (late) sp_interrupt_listen();
      signal(used[i], count);
      sp_interrupt_listen();
      raise(used[i]);
      assert_int_equal(handled, 1);
      assert_false(sp_interrupted());
      sp_interrupt_end();
      if (late) sp_interrupt_end();
      signal(used[i], SIG_DFL);
    }
  }
  sp_interrupt_listen();
  signal(SIGHUP, count);
  sp_interrupt_listen();
  raise(SIGHUP);
  assert_int_equal(sp_interrupt_signal(), SIGHUP);
  sp_interrupt_end();
  sp_interrupt_end();
}

static void what_the_parent_ignores_stays_ignored(void **state) {
  (void)state;
  signal(SIGHUP, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  sp_interrupt_listen();
  raise(SIGHUP);
  assert_false(sp_interrupted());
  raise(SIGTERM);  // batch systems announce the end of a job with it
  assert_int_equal(sp_interrupt_signal(), SIGTERM);
  sp_interrupt_end();
  assert_true(handler_of(SIGHUP) == SIG_IGN && handler_of(SIGTERM) == SIG_IGN);
  signal(SIGHUP, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
}

static void signals_have_names(void **state) {
  (void)state;
  char name[SP_INTERRUPT_NAME];
  assert_string_equal(sp_interrupt_name(SIGTERM, name), "SIGTERM");
  assert_string_equal(sp_interrupt_name(SIGRTMIN, name), "SIGRTMIN");
  assert_string_equal(sp_interrupt_name(SIGRTMIN + 3, name), "SIGRTMIN+3");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(signals_that_would_end_the_process_ask_for_a_stop),
      cmocka_unit_test(handlers_of_profilers_and_libraries_stay),
      cmocka_unit_test(what_the_parent_ignores_stays_ignored),
      cmocka_unit_test(signals_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
