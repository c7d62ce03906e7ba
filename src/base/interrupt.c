// Signals that ask the process to stop.
#include "base/interrupt.h"

#include <stddef.h>
#include <unistd.h>

#include "base/unfinished.h"

static const struct {
  int number;
  const char *name;
  bool may_be_ignored;  // by the parent process; the others are how batch systems announce the end of a job
} stops[] = {{SIGHUP, "SIGHUP", true},       {SIGINT, "SIGINT", true},     {SIGQUIT, "SIGQUIT", true},
             {SIGTERM, "SIGTERM", false},    {SIGUSR1, "SIGUSR1", false},  {SIGUSR2, "SIGUSR2", false},
             {SIGXCPU, "SIGXCPU", false},    {SIGALRM, "SIGALRM", true},   {SIGVTALRM, "SIGVTALRM", true},
             {SIGPROF, "SIGPROF", true},     {SIGPWR, "SIGPWR", true}};
enum { STOPS = sizeof stops / sizeof *stops };

static const int harmless[] = {SIGPIPE, SIGXFSZ};  // the write that caused them reports the error
enum { HARMLESS = sizeof harmless / sizeof *harmless };

static struct sigaction before[STOPS], before_harmless[HARMLESS];
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

/// The process ends as this signal would have ended it.
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

static void take(int number, void (*handler)(int), bool may_be_ignored, struct sigaction *old) {
  sigaction(number, NULL, old);
  if (old->sa_handler != SIG_IGN || !may_be_ignored) set(number, handler);
}

void sp_interrupt_write_errors(void) {
  for (int i = 0; i < HARMLESS; i++) take(harmless[i], do_nothing, true, &before_harmless[i]);
}

void sp_interrupt_remove_unfinished(void) {
  for (int i = 0; i < STOPS && listening == 0; i++) {
    struct sigaction now;
    sigaction(stops[i].number, NULL, &now);
    if (now.sa_handler != SIG_IGN) set(stops[i].number, end);
  }
}

void sp_interrupt_leave_to_parent(void) {
  for (int i = 0; i < STOPS; i++) set(stops[i].number, SIG_IGN);
}

/// A library that was initialised meanwhile may have taken some: UCX, which MPI may load, takes SIGHUP.
static void take_again(void) {
  for (int i = 0; i < STOPS; i++) {
    bool ignored = before[i].sa_handler == SIG_IGN && stops[i].may_be_ignored;
    set(stops[i].number, ignored ? SIG_IGN : stop);
  }
}

void sp_interrupt_listen(void) {
  if (listening++ > 0) {
    take_again();
    return;
  }
  requested = interrupts = quits = 0;
  for (int i = 0; i < STOPS; i++) take(stops[i].number, stop, stops[i].may_be_ignored, &before[i]);
  sp_interrupt_write_errors();
}

void sp_interrupt_end(void) {
  if (--listening > 0) return;
  for (int i = 0; i < STOPS; i++) sigaction(stops[i].number, &before[i], NULL);
  for (int i = 0; i < HARMLESS; i++) sigaction(harmless[i], &before_harmless[i], NULL);
  requested = 0;  // the next training of this process may be one that does not listen
}

bool sp_interrupted(void) { return requested != 0; }

int sp_interrupt_signal(void) { return requested; }

const char *sp_interrupt_name(int signal) {
  for (int i = 0; i < STOPS; i++) {
    if (stops[i].number == signal) return stops[i].name;
  }
  return signal == SIGPIPE ? "SIGPIPE" : "a signal";
}

void sp_interrupt_request(int signal) {
  if (listening > 0 && !requested) requested = signal;
}

sp_status sp_interrupt_check(void) {
  if (!requested) return SP_OK;
  return sp_fail(SP_STOPPED, "stopped by %s before training began: start again to go on", sp_interrupt_name(requested));
}
