// SPDX-License-Identifier: Apache-2.0
// Signals that ask the process to stop.
#define _GNU_SOURCE
#include "base/interrupt.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/unfinished.h"

/// Whether a signal becomes a request to stop, depending on its previous disposition.
typedef enum rule {
  NEVER,
  ALWAYS,          // batch systems announce the end of a job with it
  UNLESS_IGNORED,  // the parent process may have set it to be ignored (nohup)
  IF_UNUSED        // a profiler or another library may have a handler for it
} rule;

/// All signals that can be caught and whose default action ends the process, except those of a crash and `harmless`.
static rule rule_of(int number) {
  switch (number) {
    case SIGTERM:
    case SIGUSR1:
    case SIGUSR2:
    case SIGXCPU: return ALWAYS;
    case SIGHUP:
    case SIGINT:
    case SIGQUIT:
    case SIGPWR: return UNLESS_IGNORED;
    case SIGALRM:
    case SIGVTALRM:
    case SIGPROF:
#ifdef SIGSTKFLT
    case SIGSTKFLT:
#endif
    case SIGIO: return IF_UNUSED;
    default: return number >= SIGRTMIN && number <= SIGRTMAX ? IF_UNUSED : NEVER;
  }
}

static const int harmless[] = {SIGPIPE, SIGXFSZ};  // the write that caused them reports the error
enum { HARMLESS = sizeof harmless / sizeof *harmless };

static struct sigaction before[_NSIG], before_harmless[HARMLESS];  // before[i] of signal i
static int listening;
static volatile sig_atomic_t requested, interrupts, quits;  // requested: the first signal

static void stop(int number) {
  if (!requested) requested = number;
  if (number == SIGINT && ++interrupts > 1) _exit(130);
  if (number == SIGQUIT && ++quits > 1) {
    signal(SIGQUIT, SIG_DFL);  // a core dump
    raise(SIGQUIT);
  }
}

/// A handler, because SIG_IGN would be inherited by programs that this one starts.
static void do_nothing(int number) { (void)number; }

/// Remove unfinished files, then let the signal end the process by its default action.
static void end(int number) {
  sp_unfinished_remove();
  signal(number, SIG_DFL);
  raise(number);
}

static void set(int number, void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, NULL);
}

static bool is_ours(int number, const struct sigaction *now) {
  switch (rule_of(number)) {
    case ALWAYS: return true;
    case UNLESS_IGNORED: return now->sa_handler != SIG_IGN;
    case IF_UNUSED: return now->sa_handler == SIG_DFL || now->sa_handler == end;
    case NEVER: break;
  }
  return false;
}

/// Set a handler for all signals that are requests to stop.
static void take_stops(void (*handler)(int)) {
  for (int number = 1; number < _NSIG; number++) {
    struct sigaction now;
    if (rule_of(number) != NEVER && sigaction(number, NULL, &now) == 0 && is_ours(number, &now)) set(number, handler);
  }
}

void sp_interrupt_write_errors(void) {
  for (int i = 0; i < HARMLESS; i++) {
    sigaction(harmless[i], NULL, &before_harmless[i]);
    if (before_harmless[i].sa_handler != SIG_IGN) set(harmless[i], do_nothing);
  }
}

void sp_interrupt_remove_unfinished(void) {
  if (listening == 0) take_stops(end);
}

void sp_interrupt_leave_to_parent(void) {
  for (int number = 1; number < _NSIG; number++) {
    if (rule_of(number) != NEVER) set(number, SIG_IGN);
  }
}

/// Install the handlers again. A library that was initialised in between may have replaced some: UCX, which MPI may
/// load, handles SIGHUP.
static void take_again(void) {
  for (int number = 1; number < _NSIG; number++) {
    if (rule_of(number) == NEVER || rule_of(number) == IF_UNUSED) continue;
    set(number, is_ours(number, &before[number]) ? stop : SIG_IGN);
  }
}

void sp_interrupt_listen(void) {
  if (listening++ > 0) {
    take_again();
    return;
  }
  requested = interrupts = quits = 0;
  for (int number = 1; number < _NSIG; number++) {
    if (rule_of(number) != NEVER) sigaction(number, NULL, &before[number]);
  }
  take_stops(stop);
  sp_interrupt_write_errors();
}

void sp_interrupt_end(void) {
  if (--listening > 0) return;
  for (int number = 1; number < _NSIG; number++) {
    if (rule_of(number) != NEVER) sigaction(number, &before[number], NULL);
  }
  for (int i = 0; i < HARMLESS; i++) sigaction(harmless[i], &before_harmless[i], NULL);
  requested = 0;  // the next training in this process may not listen
}

bool sp_interrupted(void) { return requested != 0; }

int sp_interrupt_signal(void) { return requested; }

const char *sp_interrupt_name(int signal, char name[SP_INTERRUPT_NAME]) {
  const char *short_name = sigabbrev_np(signal);
  if (signal >= SIGRTMIN && signal <= SIGRTMAX) {
    snprintf(name, SP_INTERRUPT_NAME, signal > SIGRTMIN ? "SIGRTMIN+%d" : "SIGRTMIN", signal - SIGRTMIN);
  } else if (short_name) {
    snprintf(name, SP_INTERRUPT_NAME, "SIG%s", short_name);
  } else {
    snprintf(name, SP_INTERRUPT_NAME, "%d", signal);
  }
  return name;
}

void sp_interrupt_request(int signal) {
  if (listening > 0 && !requested) requested = signal;
}

sp_status sp_interrupt_check(void) {
  char name[SP_INTERRUPT_NAME];
  if (!requested) return SP_OK;
  return sp_fail(SP_STOPPED, "stopped by %s before training began: start again to continue",
                 sp_interrupt_name(requested, name));
}
