// Where the parameters and the optimizer's slots of a state lie.
#include "train/state_memory.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"

static sp_status bytes_of(int64_t blocks, const sp_state *state, const char *what, int64_t *bytes) {
  int64_t block = SP_BLOCK * (int64_t)sp_dtype_size(state->precision);
  return sp_multiply_size(blocks, block, bytes) ? SP_OK
                                                : sp_fail(SP_ERR_MEMORY, "%s: larger than can be addressed", what);
}

/// The slots of the node's ranks, a rank's one after the other, in the order of the ranks.
static sp_status open_slots(const sp_comm *comm, const sp_shards *shards, sp_state *state, sp_state_memory *m) {
  int64_t mine = sp_shard_blocks(shards, comm->rank), before = 0, all = 0, bytes;
  size_t block = SP_BLOCK * sp_dtype_size(state->precision);
  for (int r = 0; r < comm->node_size; r++) {
    int64_t blocks = sp_shard_blocks(shards, comm->rank - comm->node_rank + r) * state->slots;
    before += r < comm->node_rank ? blocks : 0;
    all += blocks;
  }
  SP_TRY(sp_comm_agree(comm, bytes_of(all, state, "optimizer state", &bytes)));
  SP_TRY(sp_window_open(comm, bytes, "optimizer state", &m->slots));
  for (int i = 0; i < state->slots; i++) state->slot[i] = (char *)m->slots.memory + (size_t)(before + i * mine) * block;
  return SP_OK;
}

static sp_status open_shared(const sp_comm *comm, const sp_shards *shards, sp_state *state, sp_state_memory *m) {
  int64_t bytes;
  SP_TRY(sp_comm_agree(comm, bytes_of(shards->blocks, state, "parameters", &bytes)));
  SP_TRY(sp_window_open(comm, bytes, "parameters", &m->parameters));
  state->parameters = m->parameters.memory;
  state->parameters_shared = true;
  return open_slots(comm, shards, state, m);
}

static sp_status allocate_own(const sp_comm *comm, const sp_shards *shards, sp_state *state, sp_state_memory *m) {
  int64_t mine = sp_shard_blocks(shards, comm->rank);
  size_t block = SP_BLOCK * sp_dtype_size(state->precision);
  sp_status status = sp_allocate(shards->blocks, block, "parameters", &m->own_parameters);
  if (status == SP_OK) status = sp_allocate(mine * state->slots, block, "optimizer state", &m->own_slots);
  SP_TRY(sp_comm_agree(comm, status));
  state->parameters = m->own_parameters;
  state->parameters_shared = false;
  for (int i = 0; i < state->slots; i++) state->slot[i] = (char *)m->own_slots + (size_t)(i * mine) * block;
  return SP_OK;
}

sp_status sp_state_memory_open(const sp_comm *comm, const sp_exchange_options *options, const sp_shards *shards,
                               sp_state *state, sp_state_memory *out) {
  if (options->path != SP_PATH_MPI) {
    sp_status status = open_shared(comm, shards, state, out);
    if (status != SP_ERR_LIBRARY || options->path == SP_PATH_WINDOW) return status;
    sp_state_memory_close(out);
    if (comm->rank == 0) sp_warn("%s; everything goes by messages, which is slower", sp_error_message());
  }
  return allocate_own(comm, shards, state, out);
}

void sp_state_memory_close(sp_state_memory *m) {
  sp_window_close(&m->parameters);
  sp_window_close(&m->slots);
  free(m->own_parameters);
  free(m->own_slots);
  *m = (sp_state_memory){0};
}
