// SPDX-License-Identifier: Apache-2.0
// Signal handlers for crashes, installed around calls of foreign functions.
#include "base/crash.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

static const struct {
  int number;
  const char *name;
} fatal[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"}, {SIGILL, "SIGILL"}, {SIGABRT, "SIGABRT"}};
enum { FATAL = sizeof fatal / sizeof *fatal };

static bool reporting;
static struct sigaction saved[FATAL];
static _Thread_local const char *running[2];  // NULL on a thread that has not called sp_crash_begin
static int exit_status;

static size_t append(char *line, size_t used, size_t most, const char *text) {
  while (*text && used < most) line[used++] = *text++;
  return used;
}

// Uses a single write, so that the lines of several ranks do not mix.
static void report(const char *signal) {
  const char *parts[] = {"shardprop: error: ", running[0], ": ", running[1], " crashed (", signal, ")\n"};
  char line[1024];
  size_t used = 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) used = append(line, used, sizeof line, parts[i]);
  ssize_t unused = write(STDERR_FILENO, line, used);
  (void)unused;
}

static void crashed(int number) {
  for (int i = 0; i < FATAL; i++) {
    if (fatal[i].number == number && running[0]) report(fatal[i].name);
  }
  if (running[0] && exit_status) _exit(exit_status);
  sp_crash_end();
  raise(number);
}

void sp_crash_report(void) {
  static _Alignas(16) char stack[65536];  // for a handler that runs after a stack overflow
  stack_t mine = {.ss_sp = stack, .ss_size = sizeof stack}, old;
  if (sigaltstack(NULL, &old) == 0 && (old.ss_flags & SS_DISABLE)) sigaltstack(&mine, NULL);
  reporting = true;
}

bool sp_crash_is_reported(void) { return reporting; }

void sp_crash_begin(const char *who, const char *what) { sp_crash_begin_exit(who, what, 0); }

void sp_crash_begin_exit(const char *who, const char *what, int status) {
  struct sigaction action = {.sa_handler = crashed, .sa_flags = SA_ONSTACK};
  if (!reporting) return;
  running[0] = who;
  running[1] = what;
  exit_status = status;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < FATAL; i++) sigaction(fatal[i].number, &action, &saved[i]);
}

void sp_crash_end(void) {
  for (int i = 0; reporting && i < FATAL; i++) sigaction(fatal[i].number, &saved[i], NULL);
  running[0] = NULL;
}
