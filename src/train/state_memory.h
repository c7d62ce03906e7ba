// Where the parameters and the optimizer's slots of a state lie: in memory that the ranks of a node share.
#ifndef SP_TRAIN_STATE_MEMORY_H
#define SP_TRAIN_STATE_MEMORY_H

#include "checkpoint/run_state.h"
#include "comm/window.h"
#include "exchange/exchange_options.h"
#include "exchange/shard.h"

typedef struct sp_state_memory {
  sp_window parameters, slots;  ///< of the node
  void *own_parameters, *own_slots;  ///< where memory is not shared
} sp_state_memory;

/// Set state->parameters (the whole vector) and state->slot (state->slots of them, this rank's shard), all zero. With
/// `path: auto`, where the ranks of a node cannot share memory, every rank gets its own, and a warning is given.
/// Collective: yes. Errors: SP_ERR_MEMORY; with `path: window` also SP_ERR_LIBRARY. Agreed on.
sp_status sp_state_memory_open(const sp_comm *comm, const sp_exchange_options *options, const sp_shards *shards,
                               sp_state *state, sp_state_memory *out);
void sp_state_memory_close(sp_state_memory *memory);  ///< a zeroed one is fine

#endif
