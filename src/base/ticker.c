// SPDX-License-Identifier: Apache-2.0
// A thread that calls a function periodically.
#include "base/ticker.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/locale.h"
#include "base/memory.h"
#include "base/task.h"

struct sp_ticker {
  double seconds;
  void (*tick)(void *context);
  void *context;
  pthread_t thread;
  pthread_mutex_t mutex;  // for `over`
  pthread_cond_t wake;
  bool over;
};

static struct timespec next_tick(const sp_ticker *t) {
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  time_t whole = (time_t)t->seconds;
  long nanoseconds = next.tv_nsec + (long)((t->seconds - (double)whole) * 1e9);
  return (struct timespec){next.tv_sec + whole + nanoseconds / 1000000000, nanoseconds % 1000000000};
}

static void *run(void *argument) {
  sp_ticker *t = argument;
  sp_locale_enter();  // a new thread starts with the locale of the process
  pthread_mutex_lock(&t->mutex);
  while (!t->over) {
    struct timespec next = next_tick(t);
    int woken = 0;
    while (!t->over && woken != ETIMEDOUT) woken = pthread_cond_timedwait(&t->wake, &t->mutex, &next);
    if (t->over) break;
    pthread_mutex_unlock(&t->mutex);
    t->tick(t->context);
    pthread_mutex_lock(&t->mutex);
  }
  pthread_mutex_unlock(&t->mutex);
  return NULL;
}

static void destroy(sp_ticker *t) {
  pthread_cond_destroy(&t->wake);
  pthread_mutex_destroy(&t->mutex);
  free(t);
}

sp_status sp_ticker_start(double seconds, void (*tick)(void *context), void *context, sp_ticker **out) {
  sp_ticker *t;
  pthread_condattr_t monotonic;
  SP_TRY(sp_allocate(1, sizeof *t, "thread", &t));
  t->seconds = seconds;
  t->tick = tick;
  t->context = context;
  pthread_mutex_init(&t->mutex, NULL);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&t->wake, &monotonic);
  pthread_condattr_destroy(&monotonic);
  sp_status status = sp_thread_start(run, t, &t->thread);
  if (status == SP_OK) {
    *out = t;
  } else {
    destroy(t);
  }
  return status;
}

void sp_ticker_stop(sp_ticker *t) {
  if (!t) return;
  pthread_mutex_lock(&t->mutex);
  t->over = true;
  pthread_cond_signal(&t->wake);
  pthread_mutex_unlock(&t->mutex);
  pthread_join(t->thread, NULL);
  destroy(t);
}
