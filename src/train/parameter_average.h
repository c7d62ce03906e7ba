// SPDX-License-Identifier: Apache-2.0
// The moving average of the parameters (optimizer.average): its start, and its use in place of the parameters for an
// evaluation. A rank holds the average of its shard, in a slot of the state; shard_update.c updates it.
#ifndef SP_TRAIN_PARAMETER_AVERAGE_H
#define SP_TRAIN_PARAMETER_AVERAGE_H

#include "checkpoint/run_state.h"
#include "comm/comm.h"
#include "exchange/shard.h"

typedef struct sp_parameter_average {
  void *values;         ///< a slot of the state; NULL: there is no average, or the shard is empty
  int *gather_scratch;  ///< (3 * ranks); NULL: there is no average
} sp_parameter_average;

/// Set the average to a copy of the parameters. Does nothing without an average. Collective: no, but on all ranks.
void sp_parameter_average_start(const sp_parameter_average *average, const sp_shards *shards, const sp_state *state);

/// Swap the parameters and their average on all ranks, until the next call. The last step must be settled, and the state must
/// not be saved in between. Does nothing without an average.
/// Collective: yes. Errors: none.
void sp_parameter_average_swap(const sp_parameter_average *average, const sp_comm *comm, const sp_shards *shards,
                               sp_state *state);

#endif
