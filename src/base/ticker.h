// SPDX-License-Identifier: Apache-2.0
// A thread that does something again and again beside the program, and takes none of its signals.
#ifndef SP_BASE_TICKER_H
#define SP_BASE_TICKER_H

#include "shardprop/status.h"

typedef struct sp_ticker sp_ticker;

/// Call `tick(context)` every `seconds`, from a thread of its own, until sp_ticker_stop. Ticks are not made up for: a
/// program that was stopped for an hour goes on with the next one.
/// Errors: SP_ERR_MEMORY.
sp_status sp_ticker_start(double seconds, void (*tick)(void *context), void *context, sp_ticker **out);

/// Returns when no tick is under way, and none will follow. NULL is fine. Not to be called from a tick.
void sp_ticker_stop(sp_ticker *ticker);

#endif
