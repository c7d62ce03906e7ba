// SPDX-License-Identifier: Apache-2.0
// A background thread for work that must not delay the caller.
#include "base/task.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/locale.h"
#include "base/memory.h"

struct sp_task {
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  sp_work *work;  // pending or running; NULL: none
  void *context;
  bool ends;
  _Atomic bool over;  // whether `work` is NULL, readable without the mutex
  sp_status status;   // the result of the last work
  char *message;
};

static void *run(void *given) {
  sp_task *task = given;
  sp_locale_enter();  // a new thread starts with the locale of the process
  pthread_mutex_lock(&task->mutex);
  while (true) {
    while (!task->work && !task->ends) pthread_cond_wait(&task->changed, &task->mutex);
    if (!task->work) break;
    pthread_mutex_unlock(&task->mutex);
    sp_status status = task->work(task->context);
    char *message = status == SP_OK ? NULL : strdup(sp_error_message());
    pthread_mutex_lock(&task->mutex);
    task->status = status;
    task->message = message;
    task->work = NULL;
    atomic_store_explicit(&task->over, true, memory_order_release);
    pthread_cond_broadcast(&task->changed);
  }
  pthread_mutex_unlock(&task->mutex);
  return NULL;
}

sp_status sp_thread_start(void *(*run_thread)(void *), void *context, pthread_t *out) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = pthread_create(out, NULL, run_thread, context);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return failed ? sp_fail(SP_ERR_MEMORY, "cannot start a thread: %s", strerror(failed)) : SP_OK;
}

static void destroy(sp_task *task) {
  pthread_cond_destroy(&task->changed);
  pthread_mutex_destroy(&task->mutex);
  free(task->message);
  free(task);
}

sp_status sp_task_create(sp_task **out) {
  sp_task *task;
  SP_TRY(sp_allocate(1, sizeof *task, "thread", &task));
  pthread_mutex_init(&task->mutex, NULL);
  pthread_cond_init(&task->changed, NULL);
  task->over = true;
  sp_status status = sp_thread_start(run, task, &task->thread);
  if (status == SP_OK) {
    *out = task;
  } else {
    destroy(task);
  }
  return status;
}

void sp_task_free(sp_task *task) {
  if (!task) return;
  pthread_mutex_lock(&task->mutex);
  task->ends = true;
  pthread_cond_broadcast(&task->changed);
  pthread_mutex_unlock(&task->mutex);
  pthread_join(task->thread, NULL);
  destroy(task);
}

void sp_task_start(sp_task *task, sp_work *work, void *context) {
  pthread_mutex_lock(&task->mutex);
  task->work = work;
  task->context = context;
  atomic_store_explicit(&task->over, false, memory_order_relaxed);
  pthread_cond_broadcast(&task->changed);
  pthread_mutex_unlock(&task->mutex);
}

bool sp_task_over(const sp_task *task) { return atomic_load_explicit(&task->over, memory_order_acquire); }

sp_status sp_task_result(sp_task *task) {
  pthread_mutex_lock(&task->mutex);
  while (task->work) pthread_cond_wait(&task->changed, &task->mutex);
  sp_status status = task->status;
  char *message = task->message;
  task->status = SP_OK;
  task->message = NULL;
  pthread_mutex_unlock(&task->mutex);
  if (status != SP_OK) status = sp_fail(status, "%s", message ? message : "not enough memory for the message");
  free(message);
  return status;
}
