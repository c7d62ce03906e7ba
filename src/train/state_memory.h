// Where the parameters and the optimizer's slots of a state lie: in the values of an exchange.
#ifndef SP_TRAIN_STATE_MEMORY_H
#define SP_TRAIN_STATE_MEMORY_H

#include "checkpoint/run_state.h"
#include "exchange/exchange_values.h"

typedef struct sp_state_memory {
  sp_exchange_values values;
} sp_state_memory;

/// Set state->parameters (the whole vector) and state->slot (state->slots of them, this rank's shard), all zero.
/// Collective: yes. Errors: as of sp_exchange_values_open.
sp_status sp_state_memory_open(const sp_comm *comm, const sp_exchange_options *options, const sp_shards *shards,
                               sp_state *state, sp_state_memory *out);
void sp_state_memory_close(sp_state_memory *memory);  ///< a zeroed one is fine

#endif
