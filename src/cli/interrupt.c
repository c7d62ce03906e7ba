// Signals that end a command which makes a file.
// May include: everything.
#include "cli/interrupt.h"

#include <stddef.h>

volatile sig_atomic_t sp_interrupt_caught;

static void catch_signal(int number) { sp_interrupt_caught = number; }

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = sizeof signals / sizeof *signals };
static struct sigaction before[SIGNALS];

void sp_interrupt_begin(void) {
  struct sigaction action = {.sa_handler = catch_signal};  // no SA_RESTART: a read that waits ends, too
  sigemptyset(&action.sa_mask);
  sp_interrupt_caught = 0;
  for (int i = 0; i < SIGNALS; i++) {
    sigaction(signals[i], NULL, &before[i]);
    if (before[i].sa_handler != SIG_IGN) sigaction(signals[i], &action, NULL);  // nohup stays in force
  }
  signal(SIGXFSZ, SIG_IGN);
}

void sp_interrupt_end(void) {
  for (int i = 0; i < SIGNALS; i++) sigaction(signals[i], &before[i], NULL);
}
