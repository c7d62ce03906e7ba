// SPDX-License-Identifier: Apache-2.0
// Lanes in lockstep: the passes of all lanes of a rank. Where a pass needs a sum over all lanes, it waits until all of them
// have reached that place. Each lane runs in a fiber of its own, so that a layer, however deep within blocks, gets the sum from
// a function call.
#ifndef SP_TRAIN_LOCKSTEP_H
#define SP_TRAIN_LOCKSTEP_H

#include <stdint.h>

#include "shardprop/status.h"

typedef struct sp_lockstep sp_lockstep;

/// The work of the lanes. Functions are called with `context`.
typedef struct sp_lockstep_work {
  /// Run lane `lane`, from 0. It calls sp_lockstep_add as often as all other lanes, with the same n each time.
  void (*run)(void *context, int64_t lane);
  /// Add n values per lane over all lanes of all ranks: mine (lanes, n), which may be overwritten; total (n).
  void (*add)(void *context, int64_t n, double *mine, double *total);
  void *context;
} sp_lockstep_work;

/// Create the fibers of `lanes` lanes that add at most `most` values at a time. The caller frees it with
/// sp_lockstep_free. Collective: no. Errors: SP_ERR_MEMORY.
sp_status sp_lockstep_create(int64_t lanes, int64_t most, sp_lockstep **out);
void sp_lockstep_free(sp_lockstep *lockstep);  ///< NULL is fine

/// Run all lanes to their end. Between two sums, they run one after the other in their order. One lane runs on the stack of
/// the caller. Collective: if `add` is.
void sp_lockstep_run(sp_lockstep *lockstep, const sp_lockstep_work *work);

/// Replace n sums of a lane by their totals over all lanes, from within its `run`.
void sp_lockstep_add(sp_lockstep *lockstep, int64_t lane, int64_t n, double *sums);

#endif
