// Who has the signals of a crash, and when. That a crash is told is tested with the program: fault/plug_in.sh.
#include "base/crash.h"

#include <signal.h>
#include <stdbool.h>

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
  sp_crash_tell();
  assert_true(all_mine());
  for (int i = 0; i < 2; i++) {
    sp_crash_begin("a", "b");
    assert_false(all_mine());
    sp_crash_end();
    assert_true(all_mine());
  }
  for (int i = 0; i < 5; i++) sigaction(number[i], &before[i], NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(signals_are_taken_when_asked_and_given_back)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
