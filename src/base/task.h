// SPDX-License-Identifier: Apache-2.0
// A background thread for work that must not delay the caller, one piece of work at a time.
#ifndef SP_BASE_TASK_H
#define SP_BASE_TASK_H

#include <pthread.h>
#include <stdbool.h>

#include "shardprop/status.h"

/// Start a thread in which all signals are blocked; the main thread handles them. Errors: SP_ERR_MEMORY.
sp_status sp_thread_start(void *(*run)(void *), void *context, pthread_t *out);

typedef struct sp_task sp_task;
typedef sp_status sp_work(void *context);

/// Start the thread. Errors: SP_ERR_MEMORY.
sp_status sp_task_create(sp_task **out);
void sp_task_free(sp_task *task);  ///< waits for the running work; NULL is fine

/// Let the thread do a piece of work. The caller must have fetched the previous result with sp_task_result.
void sp_task_start(sp_task *task, sp_work *work, void *context);

/// Returns whether the work has ended, without waiting or locking.
bool sp_task_over(const sp_task *task);

/// Wait until the work has ended. Returns its status and records its message as the caller's.
/// SP_OK when none was started.
sp_status sp_task_result(sp_task *task);

#endif
