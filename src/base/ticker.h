// SPDX-License-Identifier: Apache-2.0
// A background thread that calls a function periodically. Signals are blocked in it.
#ifndef SP_BASE_TICKER_H
#define SP_BASE_TICKER_H

#include "shardprop/status.h"

typedef struct sp_ticker sp_ticker;

/// Call `tick(context)` every `seconds`, from a separate thread, until sp_ticker_stop. Missed ticks are skipped: a
/// program that was suspended for an hour continues with the next tick.
/// Errors: SP_ERR_MEMORY.
sp_status sp_ticker_start(double seconds, void (*tick)(void *context), void *context, sp_ticker **out);

/// Stop the ticks. Waits for a running tick; none follows. NULL is fine. Must not be called from a tick.
void sp_ticker_stop(sp_ticker *ticker);

#endif
