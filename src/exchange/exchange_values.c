// SPDX-License-Identifier: Apache-2.0
// The values that an exchange operates on.
#include "exchange/exchange_values.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "model/parameters.h"

static sp_status bytes_of(int64_t blocks, sp_dtype precision, const char *what, int64_t *bytes) {
  int64_t block = SP_BLOCK * (int64_t)sp_dtype_size(precision);
  return sp_multiply_size(blocks, block, bytes) ? SP_OK
                                                : sp_fail(SP_ERR_MEMORY, "%s: larger than can be addressed", what);
}

sp_status sp_exchange_values_memory(const sp_exchange_options *options, const sp_shards *shards, sp_dtype precision,
                                    int arrays, sp_exchange_values_bytes *out) {
  sp_exchange_values_bytes bytes = {.shared = options->path != SP_PATH_MPI};
  SP_TRY(bytes_of(shards->blocks, precision, "parameters", &bytes.parameters));
  SP_TRY(bytes_of(sp_shard_blocks(shards, shards->rank) * arrays, precision, "optimizer state", &bytes.shard));
  *out = bytes;
  return SP_OK;
}

/// Compute the size of the arrays of all ranks of the node, which are stored in rank order,
/// and where this rank's begin.
static sp_status shards_of_node(const sp_comm *comm, const sp_exchange_options *options, const sp_shards *shards,
                                sp_dtype precision, int arrays, int64_t *bytes, int64_t *before) {
  *bytes = 0;
  for (int r = 0; r < comm->node_size; r++) {
    sp_shards of = {shards->blocks, comm->rank - comm->node_rank + r, shards->ranks};
    sp_exchange_values_bytes mine;
    SP_TRY(sp_exchange_values_memory(options, &of, precision, arrays, &mine));
    if (r == comm->node_rank) *before = *bytes;
    if (!sp_add_size(*bytes, mine.shard, bytes)) {
      return sp_fail(SP_ERR_MEMORY, "optimizer state: larger than can be addressed");
    }
  }
  return SP_OK;
}

static sp_status open_shared(const sp_comm *comm, const sp_exchange_options *options, const sp_shards *shards,
                             sp_dtype precision, int arrays, int64_t parameters, sp_exchange_values *v) {
  int64_t bytes = 0, before = 0;
  SP_TRY(sp_window_open(comm, parameters, "parameters", &v->parameters_window));
  SP_TRY(sp_comm_agree(comm, shards_of_node(comm, options, shards, precision, arrays, &bytes, &before)));
  SP_TRY(sp_window_open(comm, bytes, "optimizer state", &v->shard_window));
  v->shared = true;
  v->parameters = v->parameters_window.memory;
  v->shard = (char *)v->shard_window.memory + before;
  return SP_OK;
}

static sp_status allocate_own(const sp_comm *comm, const sp_exchange_values_bytes *bytes, sp_exchange_values *v) {
  sp_status status = sp_allocate(bytes->parameters, 1, "parameters", &v->own_parameters);
  if (status == SP_OK) status = sp_allocate(bytes->shard, 1, "optimizer state", &v->own_shard);
  SP_TRY(sp_comm_agree(comm, status));
  v->parameters = v->own_parameters;
  v->shard = v->own_shard;
  return SP_OK;
}

sp_status sp_exchange_values_open(const sp_comm *comm, const sp_exchange_options *options, const sp_shards *shards,
                                  sp_dtype precision, int arrays, sp_exchange_values *out) {
  sp_exchange_values v = {0};
  sp_exchange_values_bytes bytes;
  SP_TRY(sp_comm_agree(comm, sp_exchange_values_memory(options, shards, precision, arrays, &bytes)));
  sp_status status = SP_OK;
  bool shares = bytes.shared;
  if (shares) {
    status = open_shared(comm, options, shards, precision, arrays, bytes.parameters, &v);
    if (status == SP_ERR_LIBRARY && options->path == SP_PATH_AUTO) {
      sp_exchange_values_close(&v);
      if (comm->rank == 0) sp_warn("%s; using MPI messages instead, which is slower", sp_error_message());
      shares = false;
    }
  }
  if (!shares) status = allocate_own(comm, &bytes, &v);
  if (status == SP_OK) {
    *out = v;
  } else {
    sp_exchange_values_close(&v);
  }
  return status;
}

void sp_exchange_values_close(sp_exchange_values *v) {
  sp_window_close(&v->parameters_window);
  sp_window_close(&v->shard_window);
  free(v->own_parameters);
  free(v->own_shard);
  *v = (sp_exchange_values){0};
}
