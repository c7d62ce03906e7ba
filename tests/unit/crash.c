// SPDX-License-Identifier: Apache-2.0
// When the handlers of fatal signals are installed. fault/plug_in.sh tests the message of a crash.
#include "base/crash.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static void mine(int number) { (void)number; }

static bool all_mine(void) {
  const int number[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
  int count = 0;
  for (int i = 0; i < 5; i++) {
    struct sigaction now;
    sigaction(number[i], NULL, &now);
    count += now.sa_handler == mine;
  }
  assert_true(count == 0 || count == 5);
  return count == 5;
}

static void signals_are_taken_when_asked_and_given_back(void **state) {
  (void)state;
  const int number[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
  struct sigaction action = {.sa_handler = mine}, before[5];
  for (int i = 0; i < 5; i++) sigaction(number[i], &action, &before[i]);
  sp_crash_begin("a", "b");  // nobody asked: those of the process stay
  assert_true(all_mine());
  sp_crash_end();
  assert_true(all_mine());
  sp_crash_report();
  assert_true(all_mine());
  for (int i = 0; i < 2; i++) {
    sp_crash_begin("a", "b");
    assert_false(all_mine());
    sp_crash_end();
    assert_true(all_mine());
  }
  for (int i = 0; i < 5; i++) sigaction(number[i], &before[i], NULL);
}

static void a_crash_may_exit_with_a_status(void **state) {
  (void)state;
  for (int status = 0; status <= 3; status += 3) {
    int ended;
    pid_t child = fork();
    if (child == 0) {
      close(STDERR_FILENO);
      signal(SIGSEGV, SIG_DFL);
      sp_crash_report();
      sp_crash_begin_exit("data.h5", "HDF5", status);
      raise(SIGSEGV);
      _exit(0);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    if (status > 0) assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == status);
    if (status == 0) assert_true(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGSEGV);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(signals_are_taken_when_asked_and_given_back),
                                     cmocka_unit_test(a_crash_may_exit_with_a_status)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
