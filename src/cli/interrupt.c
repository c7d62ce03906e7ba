// Signals that end a command which makes a file.
// May include: everything.
#include "cli/interrupt.h"

#include <stddef.h>

volatile sig_atomic_t sp_interrupt_caught;

static void catch_signal(int number) { sp_interrupt_caught = number; }

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = sizeof signals / sizeof *signals };

void sp_interrupt_begin(void) {
  struct sigaction action = {.sa_handler = catch_signal};  // no SA_RESTART: a read that waits ends, too
  sigemptyset(&action.sa_mask);
  sp_interrupt_caught = 0;
  for (int i = 0; i < SIGNALS; i++) {
    struct sigaction before;
    sigaction(signals[i], NULL, &before);
    if (before.sa_handler != SIG_IGN) sigaction(signals[i], &action, NULL);  // nohup stays in force
  }
  signal(SIGXFSZ, SIG_IGN);
}

// Not what was there before: a library that MPI loads may have taken a signal for itself, as UCX does with SIGHUP.
void sp_interrupt_end(void) {
  for (int i = 0; i < SIGNALS; i++) {
    struct sigaction now;
    sigaction(signals[i], NULL, &now);
    if (now.sa_handler == catch_signal) signal(signals[i], SIG_DFL);
  }
}
