// SPDX-License-Identifier: Apache-2.0
// A thread beside, for work that must not hold up the caller: one piece of work at a time.
#ifndef SP_BASE_TASK_H
#define SP_BASE_TASK_H

#include <pthread.h>
#include <stdbool.h>

#include "shardprop/status.h"

/// Start a thread that takes no signals: they are the main thread's. Errors: SP_ERR_MEMORY.
sp_status sp_thread_start(void *(*run)(void *), void *context, pthread_t *out);

typedef struct sp_task sp_task;
typedef sp_status sp_work(void *context);

/// Start the thread. Errors: SP_ERR_MEMORY.
sp_status sp_task_create(sp_task **out);
void sp_task_free(sp_task *task);  ///< after the work under way; NULL is fine

/// Let the thread do a piece of work. The result of the one before must have been taken.
void sp_task_start(sp_task *task, sp_work *work, void *context);

/// Has it ended? One look at memory.
bool sp_task_over(const sp_task *task);

/// Wait until it has ended: what it came to, with its message as the caller's. SP_OK when nothing was started.
sp_status sp_task_result(sp_task *task);

#endif
