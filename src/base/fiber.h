// SPDX-License-Identifier: Apache-2.0
// Fibers: functions with a stack of their own that one thread runs in turns. A fiber runs until it pauses or returns; it
// continues where it paused. There is no parallelism, so no locks are needed.
#ifndef SP_BASE_FIBER_H
#define SP_BASE_FIBER_H

#include <stdbool.h>

#include "shardprop/status.h"

typedef struct sp_fiber sp_fiber;

/// Create a fiber that does not run yet, with a stack of 1 MiB, of which only what is used takes memory, above a page that
/// must not be touched. The caller frees it with sp_fiber_free. Errors: SP_ERR_MEMORY.
sp_status sp_fiber_create(sp_fiber **out);
void sp_fiber_free(sp_fiber *fiber);  ///< of a fiber that does not run; NULL is fine

/// Run `run(context)` in the fiber until it pauses or returns. Returns whether it has paused. Not from within a fiber.
bool sp_fiber_start(sp_fiber *fiber, void (*run)(void *context), void *context);

/// Continue a fiber that has paused, until it pauses again or returns. Returns whether it has paused.
bool sp_fiber_resume(sp_fiber *fiber);

/// Pause the fiber, from within it.
void sp_fiber_pause(sp_fiber *fiber);

#endif
