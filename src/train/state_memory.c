// Where the parameters and the optimizer's slots of a state lie.
#include "train/state_memory.h"

sp_status sp_state_memory_open(const sp_comm *comm, const sp_exchange_options *options, const sp_shards *shards,
                               sp_state *state, sp_state_memory *out) {
  sp_exchange_values *values = &out->values;
  size_t slot = (size_t)sp_shard_blocks(shards, comm->rank) * SP_BLOCK * sp_dtype_size(state->precision);
  SP_TRY(sp_exchange_values_open(comm, options, shards, state->precision, state->slots, values));
  state->parameters = values->parameters;
  state->parameters_shared = values->shared;
  for (int i = 0; i < state->slots; i++) state->slot[i] = (char *)values->shard + (size_t)i * slot;
  return SP_OK;
}

void sp_state_memory_close(sp_state_memory *memory) { sp_exchange_values_close(&memory->values); }
